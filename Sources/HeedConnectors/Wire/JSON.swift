// JSON as a value, written with bytes that never change.

/// A JSON value.
///
/// Written with sorted members and no escape but those JSON demands (RFC 8259 §7), so that the same
/// value is always the same bytes.
package enum JSON: Hashable, Sendable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    /// Reads a document; nil when it is not JSON.
    package init?(_ bytes: some Sequence<UInt8>) {
        guard let value = JSONReader.document(Array(bytes)) else { return nil }
        self = value
    }

    /// Reads a document that callers of ours write; takes UTF-8 alone (RFC 8259 §8.1).
    ///
    /// - Throws: `JSONFault.repeated` for a name that stands twice in one object. Programs differ
    ///   in which of the two they take (RFC 8259 §4), and an opt-out must mean one person.
    package init(strictly bytes: some Sequence<UInt8>) throws(JSONFault) {
        self = try JSONReader.strictDocument(Array(bytes))
    }

    /// The document.
    package var bytes: [UInt8] { Array(written.utf8) }

    /// A member of an object; nil for other values and for `null`.
    package subscript(_ name: String) -> JSON? {
        guard case .object(let members) = self, let member = members[name], member != .null else {
            return nil
        }
        return member
    }

    /// The text, if it is one.
    package var text: String? { if case .text(let text) = self { text } else { nil } }

    /// The flag, if it is one.
    package var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }

    /// The items, if it is a list.
    package var list: [JSON]? { if case .list(let items) = self { items } else { nil } }

    /// The whole number, if it is one that is exact.
    package var whole: Int64? {
        guard case .number(let number) = self, abs(number) <= 9_007_199_254_740_992 else {
            return nil
        }
        return Int64(number.rounded(.towardZero))
    }

    /// A text or a whole number as text: ids come as either.
    package var name: String? { text ?? whole.map(String.init) }

    private var written: String {
        switch self {
        case .null: "null"
        case .flag(let flag): flag ? "true" : "false"
        case .number(let number): whole.map(String.init) ?? String(number)
        case .text(let text): quoted(text)
        case .list(let items): "[" + items.map(\.written).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }
                .map { quoted($0.key) + ":" + $0.value.written }
                .joined(separator: ",") + "}"
        }
    }
}

/// Why a document of our callers is not taken.
package enum JSONFault: Error, Equatable {
    /// It is not JSON, or nested too deep.
    case malformed
    /// This name stands twice in one object.
    case repeated(String)
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral {
    package init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(Dictionary(members) { _, last in last })
    }

    package init(arrayLiteral items: JSON...) { self = .list(items) }
}

/// A JSON string with no escape but those JSON demands (RFC 8259 §7).
private func quoted(_ text: String) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let bytes = text.utf8.flatMap { byte -> [UInt8] in
        switch byte {
        case 0x22, 0x5C: [0x5C, byte]
        case 0..<0x20: Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        default: [byte]
        }
    }
    return "\"\(String(decoding: bytes, as: UTF8.self))\""
}
