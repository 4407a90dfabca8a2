// The two encodings of a form body (RFC 8058 §3.2), read within tight limits and without surprises.

import HeedConsent
import NIOCore

/// The fields of a posted form; what cannot be read has none, and is never an error.
///
/// By hand, because a one-click body is one field and a form library would take files and sizes
/// that this route must refuse.
struct FormBody {
    /// At most so many parts or pairs of a one-click body are looked at.
    static let partsMaximum = 8
    /// At most so many of a page's own form.
    static let boxesMaximum = 256

    private let fields: [(name: String, value: String)]

    /// Reads a body by its content type; without one it is taken as URL-encoded.
    ///
    /// - Parameters:
    ///   - body: The body.
    ///   - contentType: Its type.
    ///   - maximum: At most so many parts or pairs are looked at.
    init(_ body: ByteBuffer, contentType: String?, maximum: Int = FormBody.partsMaximum) {
        let text = String(buffer: body)
        let type = contentType ?? ""
        let kind = type.prefix { $0 != ";" }.lowercased().trimmingSpaces
        if kind == "multipart/form-data", let boundary = FormBody.boundary(in: type) {
            fields = FormBody.parts(text, boundary: boundary, maximum)
        } else {
            fields = FormBody.pairs(text, maximum)
        }
    }

    /// The value of a field, by its exact name.
    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    /// All values of a field.
    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }

    /// The values of fields whose names begin alike, by the rest of their names.
    func values(startingWith prefix: String) -> [String: String] {
        let matching = fields.filter { $0.name.hasPrefix(prefix) }
        return Dictionary(
            matching.map { (String($0.name.dropFirst(prefix.count)), $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    private static func boundary(in contentType: String) -> String? {
        for parameter in contentType.split(separator: ";").dropFirst() {
            let pair = parameter.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, String(pair[0]).trimmingSpaces.lowercased() == "boundary" else {
                continue
            }
            let value = String(pair[1]).trimmingSpaces
            let unquoted =
                value.hasPrefix("\"") ? String(value.dropFirst().prefix { $0 != "\"" }) : value
            // RFC 2046 §5.1.1: 1 to 70 characters.
            return (1...70).contains(unquoted.utf8.count) ? unquoted : nil
        }
        return nil
    }

    private static func parts(
        _ text: String,
        boundary: String,
        _ maximum: Int
    ) -> [(name: String, value: String)] {
        let lines = text.replacing("\r\n", with: "\n")
        let delimiter = "\n--" + boundary
        // A preamble comes before the first delimiter, `--` after one ends it (RFC 2046 §5.1.1).
        // §5.1.1).
        let parts = ("\n" + lines).split(separator: delimiter, omittingEmptySubsequences: false)
            .dropFirst().prefix { !$0.hasPrefix("--") }
        var fields: [(name: String, value: String)] = []
        for part in parts.prefix(maximum) {
            guard let end = part.firstRange(of: "\n\n") else { continue }
            guard let name = fieldName(in: part[..<end.lowerBound]) else { continue }
            var value = String(part[end.upperBound...])
            if value.hasSuffix("\n") { value.removeLast() }
            fields.append((name, value))
        }
        return fields
    }

    private static func fieldName(in headers: Substring) -> String? {
        for line in headers.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "content-disposition" else { continue }
            for parameter in parts[1].split(separator: ";").dropFirst() {
                let pair = parameter.split(separator: "=", maxSplits: 1)
                guard pair.count == 2, String(pair[0]).trimmingSpaces == "name" else { continue }
                return String(pair[1]).trimmingSpaces.replacing("\"", with: "")
            }
        }
        return nil
    }

    private static func pairs(_ text: String, _ maximum: Int) -> [(name: String, value: String)] {
        text.split(separator: "&").prefix(maximum).map { pair in
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = sides.count == 2 ? decoded(sides[1]) : ""
            return (decoded(sides[0]), value)
        }
    }

    /// Text without its encoding; what is encoded wrongly stays as it is.
    static func decoded(_ text: Substring) -> String {
        var octets: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let octet = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if octet == 0x25, let value = bytes(hexadecimal: digits)?.first {
                octets.append(value)
                rest = rest.dropFirst(2)
            } else {
                octets.append(octet == 0x2B ? 0x20 : octet)
            }
        }
        return String(decoding: octets, as: UTF8.self).trimmingSpaces
    }
}

extension String {
    /// Without white space at either end.
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text = text.dropFirst() }
        while let last = text.last, last.isWhitespace { text = text.dropLast() }
        return String(text)
    }
}
