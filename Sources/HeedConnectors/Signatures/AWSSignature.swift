// The signature of requests to Amazon's services: Signature Version 4.

import Crypto
import Foundation
package import HeedConsent

/// The key that signs requests for one service in one region.
///
/// Prints redacted.
package struct AWSSigningKey: Sendable {
    private static let algorithm = "AWS4-HMAC-SHA256"

    private let accessKeyID: String
    private let secret: String
    private let sessionToken: String?
    private let region: String
    private let service: String

    /// Takes a key; the token belongs to temporary credentials.
    package init(
        accessKeyID: String,
        secret: String,
        sessionToken: String? = nil,
        region: String,
        service: String
    ) {
        self.accessKeyID = accessKeyID
        self.secret = secret
        self.sessionToken = sessionToken
        self.region = region
        self.service = service
    }

    /// A request before it is signed; path and query are not escaped yet.
    package struct Draft: Sendable {
        /// The HTTP method.
        package let method: String
        /// The host, with a port if it has one.
        package let host: String
        /// The path as it goes over the wire, escaped once.
        package let path: String
        /// The query's fields, not escaped.
        package let query: [(String, String)]
        /// Header fields that are signed besides the host and the date.
        package let headers: [(name: String, value: String)]
        /// The body.
        package let body: [UInt8]

        /// Makes a draft.
        package init(
            method: String,
            host: String,
            path: String,
            query: [(String, String)] = [],
            headers: [(name: String, value: String)] = [],
            body: [UInt8] = []
        ) {
            self.method = method
            self.host = host
            self.path = path
            self.query = query
            self.headers = headers
            self.body = body
        }
    }

    /// The header fields that prove the request, to be sent with those of the draft.
    package func headers(for draft: Draft, at now: Timestamp) -> [(name: String, value: String)] {
        let stamp = AWSSigningKey.stamp(now)
        var added = [(name: "x-amz-date", value: stamp)]
        if let sessionToken { added.append((name: "x-amz-security-token", value: sessionToken)) }
        let signed = draft.headers + added + [(name: "host", value: draft.host)]
        let names = signed.map { $0.name.lowercased() }.sorted().joined(separator: ";")
        let canonical = AWSSigningKey.canonical(draft, signed: signed, names: names)
        let scope = "\(stamp.prefix(8))/\(region)/\(service)/aws4_request"
        let toSign = [Self.algorithm, stamp, scope, sha256(Array(canonical.utf8))]
            .joined(separator: "\n")
        let signature = code(key(day: String(stamp.prefix(8))), toSign)
        let authorization =
            "\(Self.algorithm) Credential=\(accessKeyID)/\(scope), SignedHeaders=\(names), "
            + "Signature=\(hexadecimal(signature))"
        return added + [(name: "authorization", value: authorization)]
    }

    /// The text whose hash is signed.
    private static func canonical(
        _ draft: Draft,
        signed: [(name: String, value: String)],
        names: String
    ) -> String {
        // Every service but S3 escapes the escaped path once more.
        let path = draft.path.split(separator: "/", omittingEmptySubsequences: false)
            .map { percentEncoded(String($0)) }.joined(separator: "/")
        let query = draft.query
            .map { (percentEncoded($0.0), percentEncoded($0.1)) }
            .sorted { $0 < $1 }
            .map { "\($0.0)=\($0.1)" }
            .joined(separator: "&")
        let fields = signed.map { (name: $0.name.lowercased(), value: collapsed($0.value)) }
            .sorted { $0.name < $1.name }
            .map { "\($0.name):\($0.value)\n" }
            .joined()
        return [
            draft.method, path.isEmpty ? "/" : path, query, fields, names, sha256(draft.body),
        ].joined(separator: "\n")
    }

    /// A field value without white space around it and with one space for several inside.
    private static func collapsed(_ value: String) -> String {
        value.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    }

    private func key(day: String) -> [UInt8] {
        [region, service, "aws4_request"].reduce(code(Array("AWS4\(secret)".utf8), day)) {
            code($0, $1)
        }
    }

    private func code(_ key: [UInt8], _ text: String) -> [UInt8] {
        Array(
            HMAC<SHA256>.authenticationCode(
                for: Array(text.utf8),
                using: SymmetricKey(data: key)
            )
        )
    }

    /// The instant as `20150830T123600Z`.
    private static func stamp(_ now: Timestamp) -> String {
        let text = Timestamp(seconds: now.wholeSeconds).text
        return text.filter { $0 != "-" && $0 != ":" }
    }
}

extension AWSSigningKey: CustomStringConvertible, CustomReflectable {
    /// Says only that there is a key.
    package var description: String { "<signing key>" }

    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

private func sha256(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }
