// Reads the canonical bytes of an audit event back, for whoever checks the log against the tables.

extension AuditEvent {
    /// Reads what `canonical()` wrote; nil for anything else.
    ///
    /// It takes the canonical layout only: no spaces, strings everywhere but for `v`, no member it
    /// does not know, none twice.
    public init?(canonical bytes: [UInt8]) {
        var reader = CanonicalReader(bytes)
        guard let members = reader.line() else { return nil }
        self.init(members)
    }

    private init?(_ line: CanonicalReader.Line) {
        var texts = line.texts
        guard let id = texts.take("id").flatMap({ EventID(text: $0) }),
            let at = texts.take("at").flatMap({ Timestamp(text: $0) }),
            let kind = texts.take("kind"), let actor = texts.take("actor"),
            let actorKind = texts.take("actorType").flatMap({ Actor.Kind(rawValue: $0) })
        else { return nil }
        self.init(id: id, at: at, kind: kind, actor: Actor(actorKind, id: actor))
        if let text = texts.take("contact") {
            guard let contact = ContactID(text: text) else { return nil }
            self.contact = contact
        }
        if let text = texts.take("details") {
            guard let hash = HeedConsent.bytes(hexadecimal: text) else { return nil }
            detailsHash = hash
        }
        if let text = texts.take("subject") {
            guard let subject = HeedConsent.bytes(hexadecimal: text) else { return nil }
            self.subject = subject
        }
        scope = texts.take("scope")
        from = texts.take("from")
        to = texts.take("to")
        source = texts.take("source").map { Source(stored: $0) }
        facts = line.facts
        guard texts.isEmpty else { return nil }
    }
}

extension [String: String] {
    fileprivate mutating func take(_ name: String) -> String? { removeValue(forKey: name) }
}

/// Reads one line of canonical JSON, byte by byte.
private struct CanonicalReader {
    /// The members of a line.
    struct Line {
        var texts: [String: String] = [:]
        var facts: [String: String] = [:]
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The whole line; nil unless the bytes are exactly one of this version.
    mutating func line() -> Line? {
        var line = Line()
        var version: String?
        guard take(UInt8(ascii: "{")) else { return nil }
        repeat {
            guard let name = text(), take(UInt8(ascii: ":")) else { return nil }
            switch name {
            case "v":
                guard version == nil else { return nil }
                version = digits()
            case "facts":
                guard line.facts.isEmpty, let facts = object() else { return nil }
                line.facts = facts
            default:
                guard let value = text(), line.texts.updateValue(value, forKey: name) == nil
                else { return nil }
            }
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")), position == bytes.count,
            version == String(AuditEvent.canonicalVersion)
        else { return nil }
        return line
    }

    private mutating func object() -> [String: String]? {
        var members: [String: String] = [:]
        guard take(UInt8(ascii: "{")) else { return nil }
        repeat {
            guard let name = text(), take(UInt8(ascii: ":")), let value = text(),
                members.updateValue(value, forKey: name) == nil
            else { return nil }
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? members : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func digits() -> String {
        let start = position
        while position < bytes.count, (0x30...0x39).contains(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// A string with the escapes of RFC 8785 §3.2.2.2.
    private mutating func text() -> String? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                defer { position += 1 }
                return String(decoding: bytes[start..<position], as: UTF8.self)
            case UInt8(ascii: "\\"): return escaped(from: start)
            case 0..<0x20: return nil
            default: position += 1
            }
        }
        return nil
    }

    /// The rest of a string that has escapes; they are rare, so the common way copies once.
    private mutating func escaped(from start: Int) -> String? {
        var unescaped = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: unescaped, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let byte = escape() else { return nil }
                unescaped.append(byte)
            case 0..<0x20: return nil
            default: unescaped.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> UInt8? {
        guard position < bytes.count else { return nil }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): return byte
        case UInt8(ascii: "b"): return 0x8
        case UInt8(ascii: "t"): return 0x9
        case UInt8(ascii: "n"): return 0xA
        case UInt8(ascii: "f"): return 0xC
        case UInt8(ascii: "r"): return 0xD
        case UInt8(ascii: "u"):
            guard position + 4 <= bytes.count else { return nil }
            let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
            position += 4
            guard digits.hasPrefix("00") else { return nil }
            return HeedConsent.bytes(hexadecimal: digits.suffix(2))?.first
        default: return nil
        }
    }
}
