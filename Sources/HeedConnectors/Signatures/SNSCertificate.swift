// The certificate with which Amazon SNS signs, and the check of a signature by it.

import Crypto
import CryptoExtras
import Foundation
import HeedConsent

/// A certificate that was fetched from `amazonaws.com`.
///
/// That it is Amazon's is known by the TLS connection to a host in `amazonaws.com` over which it
/// came, so nobody else may hand one in: the file served there holds no chain that could be
/// checked again.
struct SNSCertificate: Sendable {
    private let key: _RSA.Signing.PublicKey
    private let validity: ClosedRange<Timestamp>

    /// Reads PEM (RFC 7468) and refuses a certificate that was not issued to SNS.
    init(pem: [UInt8]) throws(Refusal) {
        guard let body = SNSCertificate.der(pem: pem), let parts = SNSCertificate.parts(body),
            let key = try? _RSA.Signing.PublicKey(derRepresentation: Array(parts.key.whole)),
            let validity = SNSCertificate.validity(parts.validity)
        else {
            throw Refusal(.invalid, field: "SigningCertURL", "there is no certificate with RSA key")
        }
        let name = SNSCertificate.commonName(parts.subject) ?? ""
        guard name == "sns.amazonaws.com" || SNSHost.isSNS(name) else {
            throw Refusal(.invalid, field: "SigningCertURL", "the certificate is not for SNS")
        }
        self.key = key
        self.validity = validity
    }

    /// True when the certificate is valid at `now` and its key made the signature.
    func isValid(
        _ signature: [UInt8],
        for message: [UInt8],
        hash: SNSHash,
        at now: Timestamp
    )
        -> Bool
    {
        guard validity.contains(now) else { return false }
        let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
        switch hash {
        case .sha1:
            return key.isValidSignature(
                signature,
                for: Insecure.SHA1.hash(data: message),
                padding: .insecurePKCS1v1_5
            )
        case .sha256:
            return key.isValidSignature(
                signature,
                for: SHA256.hash(data: message),
                padding: .insecurePKCS1v1_5
            )
        }
    }

    private static func der(pem: [UInt8]) -> DERValue? {
        let text = String(decoding: pem, as: UTF8.self)
        guard let start = text.range(of: "-----BEGIN CERTIFICATE-----"),
            let end = text.range(of: "-----END CERTIFICATE-----"),
            start.upperBound < end.lowerBound
        else { return nil }
        let encoded = text[start.upperBound..<end.lowerBound].filter { !$0.isWhitespace }
        return Data(base64Encoded: encoded).flatMap { DERValue(Array($0)) }
    }

    /// The fields of the signed part that count here (RFC 5280 §4.1).
    private static func parts(
        _ certificate: DERValue
    ) -> (validity: DERValue, subject: DERValue, key: DERValue)? {
        guard certificate.tag == DERValue.sequence,
            let signed = certificate.children?.first, signed.tag == DERValue.sequence,
            let fields = signed.children
        else { return nil }
        // The version stands before the serial number, except in version 1.
        let first = fields.first?.tag == 0xA0 ? 1 : 0
        guard fields.count >= first + 6 else { return nil }
        let chosen = (fields[first + 3], fields[first + 4], fields[first + 5])
        guard chosen.0.tag == DERValue.sequence, chosen.1.tag == DERValue.sequence,
            chosen.2.tag == DERValue.sequence
        else { return nil }
        return chosen
    }

    private static func validity(_ value: DERValue) -> ClosedRange<Timestamp>? {
        guard let times = value.children, times.count == 2, let from = instant(times[0]),
            let until = instant(times[1]), from <= until
        else { return nil }
        return from...until
    }

    /// `YYMMDDHHMMSSZ`, or with four digits of the year (RFC 5280 §4.1.2.5).
    private static func instant(_ value: DERValue) -> Timestamp? {
        var text = String(decoding: value.content, as: UTF8.self)
        switch value.tag {
        case DERValue.utcTime: text = (text.prefix(2) < "50" ? "20" : "19") + text
        case DERValue.generalizedTime: break
        default: return nil
        }
        guard text.utf8.count == 15, text.hasSuffix("Z") else { return nil }
        var marked = ""
        for (index, character) in text.enumerated() {
            switch index {
            case 4, 6: marked += "-"
            case 8: marked += "T"
            case 10, 12: marked += ":"
            default: break
            }
            marked.append(character)
        }
        return Timestamp(text: marked)
    }

    private static func commonName(_ subject: DERValue) -> String? {
        for set in subject.children ?? [] {
            for pair in set.children ?? [] {
                guard let parts = pair.children, parts.count == 2,
                    // 2.5.4.3, id-at-commonName
                    parts[0].tag == DERValue.objectIdentifier, parts[0].content == [0x55, 4, 3]
                else { continue }
                return String(decoding: parts[1].content, as: UTF8.self)
            }
        }
        return nil
    }
}

/// The two hashes of SNS signatures.
enum SNSHash: Sendable {
    case sha1
    case sha256
}

/// Which hosts are Amazon's SNS.
enum SNSHost {
    /// True for `sns.REGION.amazonaws.com` and its Chinese twin.
    static func isSNS(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count == 4 || labels.count == 5 && labels[4] == "cn" else { return false }
        return labels[0] == "sns" && labels[2] == "amazonaws" && labels[3] == "com"
            && isPlainName(String(labels[1]), symbols: "-")
    }
}
