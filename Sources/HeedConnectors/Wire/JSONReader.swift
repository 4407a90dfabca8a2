// Reads JSON (RFC 8259) in one pass, because messages are read before it is known who sent them.

/// Takes one JSON document apart.
///
/// Its time grows with the length of the text and with nothing else, whatever a stranger sends.
struct JSONReader {
    /// Values nested deeper are refused; no provider nests more than a handful.
    static let depthMaximum = 64

    private let bytes: [UInt8]
    private var position = 0
    /// The first name that stood twice in one object; the last value of such a name counts.
    private var repeated: String?

    /// Reads a whole document; nil when it is not JSON or nested too deep.
    static func document(_ bytes: [UInt8]) -> JSON? {
        var reader = JSONReader(bytes: bytes)
        return reader.whole()
    }

    /// The same where no name may stand twice.
    static func strictDocument(_ bytes: [UInt8]) throws(JSONFault) -> JSON {
        var reader = JSONReader(bytes: bytes)
        guard let value = reader.whole() else { throw .malformed }
        if let name = reader.repeated { throw .repeated(name) }
        return value
    }

    private mutating func whole() -> JSON? {
        guard let value = value(depth: 0) else { return nil }
        skipSpace()
        return position == bytes.count ? value : nil
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    private mutating func take(_ word: StaticString, as value: JSON) -> JSON? {
        for byte in word.description.utf8 where !take(byte) { return nil }
        return value
    }

    private mutating func value(depth: Int) -> JSON? {
        guard depth < JSONReader.depthMaximum else { return nil }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return list(depth: depth)
        case UInt8(ascii: "\""): return text().map(JSON.text)
        case UInt8(ascii: "t"): return take("true", as: .flag(true))
        case UInt8(ascii: "f"): return take("false", as: .flag(false))
        case UInt8(ascii: "n"): return take("null", as: .null)
        default: return number()
        }
    }

    private mutating func list(depth: Int) -> JSON? {
        position += 1
        var items: [JSON] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .list(items) }
        repeat {
            guard let item = value(depth: depth + 1) else { return nil }
            items.append(item)
            skipSpace()
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .list(items) : nil
    }

    private mutating func object(depth: Int) -> JSON? {
        position += 1
        var members: [String: JSON] = [:]
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipSpace()
            guard next == UInt8(ascii: "\""), let name = text() else { return nil }
            skipSpace()
            guard take(UInt8(ascii: ":")), let member = value(depth: depth + 1) else { return nil }
            if members.updateValue(member, forKey: name) != nil, repeated == nil { repeated = name }
            skipSpace()
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(members) : nil
    }

    private mutating func number() -> JSON? {
        let start = position
        _ = take(UInt8(ascii: "-"))
        // No leading zero before another digit (RFC 8259 §6).
        if !take(UInt8(ascii: "0")), digits() == 0 { return nil }
        if take(UInt8(ascii: ".")), digits() == 0 { return nil }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if digits() == 0 { return nil }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        return Double(text).flatMap { $0.isFinite ? .number($0) : nil }
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func text() -> String? {
        position += 1
        // Most texts have no escape.
        let start = position
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20
        {
            position += 1
        }
        var content = Array(bytes[start..<position])
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = escape() else { return nil }
                content += escaped
            case 0..<0x20: return nil
            default: content.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> [UInt8]? {
        guard let byte = next else { return nil }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return scalar().map { Array(String($0).utf8) }
        default: return nil
        }
    }

    /// The scalar of `\uXXXX`, or of two of them that make a pair; nil for half a pair.
    private mutating func scalar() -> Unicode.Scalar? {
        guard let first = unit() else { return nil }
        guard (0xD800...0xDBFF).contains(first) else { return Unicode.Scalar(first) }
        guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let second = unit(),
            (0xDC00...0xDFFF).contains(second)
        else { return nil }
        return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    }

    private mutating func unit() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        let digits = bytes[position..<position + 4]
        position += 4
        guard digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        return UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
