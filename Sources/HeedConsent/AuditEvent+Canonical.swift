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
        var json = CanonicalObject()
        json.add("actor", actor.id)
        json.add("actorType", actor.kind.rawValue)
        json.add("at") { at.appendText(to: &$0) }
        if let contact { json.add("contact") { contact.appendText(to: &$0) } }
        if let detailsHash { json.add("details") { appendHexadecimal(detailsHash, to: &$0) } }
        if !facts.isEmpty { json.add("facts", facts) }
        if let from { json.add("from", from) }
        json.add("id") { id.appendText(to: &$0) }
        json.add("kind", kind)
        if let scope { json.add("scope", scope) }
        if let source { json.add("source", source.text) }
        if let subject { json.add("subject") { appendHexadecimal(subject, to: &$0) } }
        if let to { json.add("to", to) }
        json.add("v", AuditEvent.canonicalVersion)
        json.close()
        return json.bytes
    }
}

/// A JSON object in the making; its members must come in the order of their names' UTF-16 code
/// units (RFC 8785 §3.2.3).
private struct CanonicalObject {
    private(set) var bytes: [UInt8] = []
    private var isFirst = true

    init() {
        bytes.reserveCapacity(512)
        bytes.append(UInt8(ascii: "{"))
    }

    mutating func add(_ name: String, _ text: String) {
        begin(name)
        quote(text)
    }

    /// Text that needs no escapes, written by `append`.
    mutating func add(_ name: String, _ append: (inout [UInt8]) -> Void) {
        begin(name)
        bytes.append(UInt8(ascii: "\""))
        append(&bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func add(_ name: String, _ number: Int) {
        begin(name)
        bytes.append(contentsOf: String(number).utf8)
    }

    mutating func add(_ name: String, _ members: [String: String]) {
        begin(name)
        bytes.append(UInt8(ascii: "{"))
        isFirst = true
        let sorted = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
        for (name, text) in sorted { add(name, text) }
        close()
    }

    mutating func close() {
        bytes.append(UInt8(ascii: "}"))
        isFirst = false
    }

    private mutating func begin(_ name: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        quote(name)
        bytes.append(UInt8(ascii: ":"))
    }

    private mutating func quote(_ text: String) { appendQuoted(text, to: &bytes) }
}

/// Writes a JSON string with the escapes of RFC 8785 §3.2.2.2 and no others behind other text.
package func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    defer { bytes.append(UInt8(ascii: "\"")) }
    // Nearly all text is copied as it is.
    guard text.utf8.contains(where: needsEscape) else {
        bytes.append(contentsOf: text.utf8)
        return
    }
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x08: bytes.append(contentsOf: "\\b".utf8)
        case 0x09: bytes.append(contentsOf: "\\t".utf8)
        case 0x0A: bytes.append(contentsOf: "\\n".utf8)
        case 0x0C: bytes.append(contentsOf: "\\f".utf8)
        case 0x0D: bytes.append(contentsOf: "\\r".utf8)
        case 0..<0x20: bytes.append(contentsOf: "\\u00\(hexadecimal([byte]))".utf8)
        default: bytes.append(byte)
        }
    }
}

private func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}
