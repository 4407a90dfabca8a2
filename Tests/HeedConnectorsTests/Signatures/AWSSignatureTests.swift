// Signature Version 4 against its published examples and against Amazon's own client library.

import HeedConnectors
import HeedConsent
import Testing

/// A request and the signature others made for it.
///
/// The first four are of the published test suite, the rest were made with botocore 1.43.
private struct AWSVector: Sendable {
    var method = "GET"
    var host = "email.us-east-1.amazonaws.com"
    var path = "/"
    var query: [(String, String)] = []
    var headers: [(name: String, value: String)] = []
    var body = ""
    var service = "ses"
    var token: String?
    let signed: String
    let signature: String

    static let all = [
        AWSVector(
            host: "example.amazonaws.com",
            service: "service",
            signed: "host;x-amz-date",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        AWSVector(
            method: "POST",
            host: "example.amazonaws.com",
            service: "service",
            signed: "host;x-amz-date",
            signature: "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"
        ),
        AWSVector(
            host: "example.amazonaws.com",
            query: [("Param2", "value2"), ("Param1", "value1")],
            service: "service",
            signed: "host;x-amz-date",
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        ),
        AWSVector(
            host: "example.amazonaws.com",
            headers: [("My-Header1", " value1  two  ")],
            service: "service",
            signed: "host;my-header1;x-amz-date",
            signature: "9872f539ecaf251f24cf2a5d2ab50ca379daa9772e89519ddf44740df1d2eacd"
        ),
        AWSVector(
            method: "PUT",
            path: "/v2/email/suppression/addresses",
            headers: [("content-type", "application/json")],
            body: #"{"EmailAddress": "user+tag@example.com", "Reason": "COMPLAINT"}"#,
            signed: "content-type;host;x-amz-date",
            signature: "85bd9c9f3d78562ff89e4847f0dbefc196d5f8c13368b67b1b1a5a5431e84277"
        ),
        AWSVector(
            method: "DELETE",
            path: "/v2/email/suppression/addresses/user%2Btag%40example.com",
            signed: "host;x-amz-date",
            signature: "e814d0228b51d0935eb1c64a420a2519440b3dba60f39ee4d730b5d42bc3c3c5"
        ),
        AWSVector(
            path: "/v2/email/suppression/addresses",
            query: [("Reason", "BOUNCE"), ("Reason", "COMPLAINT"), ("PageSize", "10")],
            signed: "host;x-amz-date",
            signature: "01d2f5f5d7baab7ccbba98e76fab547edbdc34bdc193e6e0cb94a93ad62d99c0"
        ),
        AWSVector(
            path: "/v2/email/account",
            token: "the-token",
            signed: "host;x-amz-date;x-amz-security-token",
            signature: "903b72f42c570a9ac6d7cca09880696b7d9f94690780dca54816df5e5c2b6157"
        ),
    ]
}

@Suite("AWS signatures")
struct AWSSignatureTests {
    /// 2015-08-30T12:36:00Z, the instant of the published examples.
    private let now = Timestamp(seconds: 1_440_938_160)

    private func key(_ vector: AWSVector) -> AWSSigningKey {
        AWSSigningKey(
            accessKeyID: "AKIDEXAMPLE",
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            sessionToken: vector.token,
            region: "us-east-1",
            service: vector.service
        )
    }

    private func draft(_ vector: AWSVector) -> AWSSigningKey.Draft {
        AWSSigningKey.Draft(
            method: vector.method,
            host: vector.host,
            path: vector.path,
            query: vector.query,
            headers: vector.headers,
            body: Array(vector.body.utf8)
        )
    }

    @Test(arguments: AWSVector.all.indices)
    func signatures(_ index: Int) {
        let vector = AWSVector.all[index]
        let found = key(vector).headers(for: draft(vector), at: now)
        let scope = "AKIDEXAMPLE/20150830/us-east-1/\(vector.service)/aws4_request"
        let token = vector.token.map { ["x-amz-security-token: \($0)"] } ?? []
        #expect(
            found.map { "\($0.name): \($0.value)" } == ["x-amz-date: 20150830T123600Z"] + token
                + [
                    "authorization: AWS4-HMAC-SHA256 Credential=\(scope), "
                        + "SignedHeaders=\(vector.signed), Signature=\(vector.signature)"
                ]
        )
    }

    @Test func everyPartIsCovered() {
        let vector = AWSVector.all[4]
        let key = key(vector)
        let original = key.headers(for: draft(vector), at: now).last?.value
        var changed: [AWSVector] = Array(repeating: vector, count: 5)
        changed[0].method = "POST"
        changed[1].path += "x"
        changed[2].body += " "
        changed[3].host = "email.us-east-2.amazonaws.com"
        changed[4].headers[0].value = "application/jsom"
        for vector in changed {
            #expect(key.headers(for: draft(vector), at: now).last?.value != original)
        }
        let later = key.headers(for: draft(vector), at: now.adding(seconds: 1))
        #expect(later.last?.value != original)
    }

    @Test func theKeyIsNotPrinted() {
        let key = key(AWSVector.all[7])
        var text = ""
        dump(key, to: &text)
        text += "\(key)" + String(reflecting: key)
        for secret in ["wJalr", "the-token", "AKID"] { #expect(!text.contains(secret)) }
    }
}
