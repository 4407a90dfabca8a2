// Text as URLs and forms carry it: percent-encoded (RFC 3986 §2) or form-encoded.

import Foundation
import HeedConsent

/// Percent-encodes everything but the unreserved characters of RFC 3986 §2.3.
package func percentEncoded(_ text: String) -> String {
    let bytes = text.utf8.flatMap { byte -> [UInt8] in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: [byte]
        default: Array("%".utf8) + Array(hexadecimal([byte]).uppercased().utf8)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}

/// The body of an `application/x-www-form-urlencoded` message.
package func formEncoded(_ fields: [(String, String)]) -> [UInt8] {
    let pairs = fields.map { "\(percentEncoded($0.0))=\(percentEncoded($0.1))" }
    return Array(pairs.joined(separator: "&").utf8)
}

/// Reads `application/x-www-form-urlencoded`; nil when it is not UTF-8 or badly escaped.
///
/// Of a field that comes twice the first counts.
package func formDecoded(_ bytes: some Sequence<UInt8>) -> [String: String]? {
    var fields: [String: String] = [:]
    for pair in Array(bytes).split(separator: UInt8(ascii: "&")) {
        let parts = pair.split(
            separator: UInt8(ascii: "="),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        guard let name = formUnescaped(parts[0]),
            let value = formUnescaped(parts.count == 2 ? parts[1] : [])
        else { return nil }
        if fields[name] == nil { fields[name] = value }
    }
    return fields
}

private func formUnescaped(_ escaped: ArraySlice<UInt8>) -> String? {
    var unescaped: [UInt8] = []
    var rest = escaped
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "+"): unescaped.append(0x20)
        case UInt8(ascii: "%"):
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard let value = bytes(hexadecimal: digits), value.count == 1 else { return nil }
            unescaped += value
            rest = rest.dropFirst(2)
        default: unescaped.append(byte)
        }
    }
    return String(validating: unescaped, as: UTF8.self)
}

/// The value of an `authorization` field for a user name and password (RFC 7617).
package func basicCredentials(_ user: String, _ password: String) -> String {
    "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
}
