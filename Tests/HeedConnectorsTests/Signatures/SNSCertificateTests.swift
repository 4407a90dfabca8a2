// Certificates: whose they are, until when they hold, and which are none.

import HeedConnectors
import HeedConsent
import Testing

@Suite("SNS certificates")
struct SNSCertificateTests {
    private func problem(_ pem: String, at now: Timestamp = Scene.now) throws -> String? {
        let connector = try made(
            .ses,
            [
                "region": "eu-central-1", "access-key-id": "AKID", "secret": "key",
                "topic-arn": SNSSample.topic,
            ]
        )
        return SNSEnvelope.note.read(by: connector, certificate: pem, at: now).problem
    }

    @Test func theNameMustBeThatOfSNS() throws {
        #expect(try problem(SNSSample.certificate) == nil)
        #expect(try problem(SNSSample.stranger) == "SigningCertURL")
        #expect(try problem(SNSSample.elliptic) == "SigningCertURL")
    }

    @Test func textAroundTheCertificateIsSkipped() throws {
        let text = "Subject: SNS\r\n" + SNSSample.certificate.replacing("\n", with: "\r\n") + "\n"
        #expect(try problem(text) == nil)
    }

    @Test(arguments: [
        "", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE----------END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMAMwAQA=\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----",
    ])
    func otherTextIsNoCertificate(_ text: String) throws {
        #expect(try problem(text) == "SigningCertURL")
    }

    @Test func aCutCertificateIsNone() throws {
        let lines = SNSSample.certificate.split(separator: "\n")
        for count in 1..<(lines.count - 2) {
            let cut = lines.prefix(1 + count) + lines.suffix(1)
            #expect(try problem(cut.joined(separator: "\n")) == "SigningCertURL")
        }
    }

    /// The certificate holds to 2026-06-30T23:59:59Z.
    @Test func aMessageAfterTheCertificateEndedIsNotBelieved() throws {
        let late = SNSEnvelope.note.with("Timestamp", "2026-07-01T00:00:00.000Z")
            .with("Signature", SNSSample.lateSHA256)
        let connector = try made(
            .ses,
            [
                "region": "eu-central-1", "access-key-id": "AKID", "secret": "key",
                "topic-arn": SNSSample.topic,
            ]
        )
        let last = try #require(Timestamp(text: "2026-06-30T23:59:59Z"))
        #expect(late.read(by: connector, at: last).problem == nil)
        #expect(late.read(by: connector, at: last.adding(seconds: 1)).problem == "Signature")
    }
}
