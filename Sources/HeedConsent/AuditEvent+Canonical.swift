// The bytes of an audit event that are hashed and signed: canonical JSON, written by hand, version
// 1.

extension AuditEvent {
    /// The version of the canonical form; a new one is a new number, never a change of this.
    public static let canonicalVersion = 1

    /// The largest body a log entry may have (C2SP tlog-tiles: a 16-bit length).
    public static let canonicalBytesMaximum = 65_535

    /// Canonical JSON as of RFC 8785: members sorted by name, no spaces, only the escapes JSON
    /// needs.
    ///
    /// All values are strings except `v`. It is written by hand so that no library update can
    /// change a byte that has been signed; golden tests hold it.
    public func canonical() -> [UInt8] {
        var members: [(String, String)] = [
            ("actor", quoted(actor.id)), ("actorType", quoted(actor.kind.rawValue)),
            ("at", quoted(at.text)), ("id", quoted(id.text)), ("kind", quoted(kind)),
            ("v", String(AuditEvent.canonicalVersion)),
        ]
        let optional: [(String, String?)] = [
            ("contact", contact?.text), ("details", detailsHash.map(hexadecimal)), ("from", from),
            ("scope", scope), ("source", source?.text), ("subject", subject.map(hexadecimal)),
            ("to", to),
        ]
        for (name, value) in optional {
            if let value { members.append((name, quoted(value))) }
        }
        if !facts.isEmpty {
            members.append(("facts", object(facts.map { ($0.key, quoted($0.value)) })))
        }
        return Array(object(members).utf8)
    }
}

/// A JSON object with its members sorted by UTF-16 code units (RFC 8785 §3.2.3).
private func object(_ members: [(name: String, value: String)]) -> String {
    let sorted = members.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
    return "{" + sorted.map { quoted($0.name) + ":" + $0.value }.joined(separator: ",") + "}"
}

/// A JSON string with the escapes of RFC 8785 §3.2.2.2 and no others.
private func quoted(_ text: String) -> String {
    var escaped = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": escaped += "\\\""
        case "\\": escaped += "\\\\"
        case "\u{8}": escaped += "\\b"
        case "\u{9}": escaped += "\\t"
        case "\u{A}": escaped += "\\n"
        case "\u{C}": escaped += "\\f"
        case "\u{D}": escaped += "\\r"
        case _ where scalar.value < 0x20:
            escaped += "\\u00" + hexadecimal([UInt8(scalar.value)])
        default: escaped.unicodeScalars.append(scalar)
        }
    }
    return escaped + "\""
}
