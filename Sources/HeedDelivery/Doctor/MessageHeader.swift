// The header of a raw message (RFC 5322): fields in order, unfolded, and as they stood.

/// A message's header fields.
package struct MessageHeader: Sendable {
    /// One field.
    package struct Field: Hashable, Sendable {
        /// The name as it was written.
        package let name: String
        /// What follows the colon, with its line breaks taken out.
        package let value: String
        /// True when it is written on more than one line.
        package let isFolded: Bool
        /// The longest of its lines, in bytes.
        package let longestLine: Int
    }

    /// At most so much of a message is its header; a real one has a few kilobytes.
    package static let bytesMaximum = 1 << 20

    /// The fields, first one first.
    package let fields: [Field]

    /// Reads the header of a message; nil when the first lines are no header.
    ///
    /// Lines may end with CRLF or, as in many saved messages, with LF.
    package init?(_ message: some BidirectionalCollection<UInt8>) {
        var drafts: [(name: String, lines: [String])] = []
        for line in MessageHeader.lines(message.prefix(MessageHeader.bytesMaximum)) {
            if let first = line.first, first == " " || first == "\t" {
                guard !drafts.isEmpty else { return nil }
                drafts[drafts.count - 1].lines.append(line)
                continue
            }
            // An mbox file begins with a line that is no field.
            if drafts.isEmpty, line.hasPrefix("From ") { continue }
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = line[..<colon]
            guard !name.isEmpty, name.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                return nil
            }
            drafts.append((String(name), [line]))
        }
        guard !drafts.isEmpty else { return nil }
        fields = drafts.map { name, lines in
            Field(
                name: name,
                value: String(lines.joined().dropFirst(name.count + 1)),
                isFolded: lines.count > 1,
                longestLine: lines.map(\.utf8.count).max() ?? 0
            )
        }
    }

    /// The fields of a name, in any case.
    package func fields(named name: String) -> [Field] {
        fields.filter { $0.name.lowercased() == name.lowercased() }
    }

    /// The lines before the first empty one.
    private static func lines(_ bytes: some BidirectionalCollection<UInt8>) -> [String] {
        var lines: [String] = []
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            let line = line.last == 0x0D ? line.dropLast() : line
            if line.isEmpty { break }
            lines.append(String(decoding: line, as: UTF8.self))
        }
        return lines
    }
}

/// The URIs of a List-Unsubscribe field (RFC 2369 §2), most wanted first.
///
/// A list is read as mail programs do: white space in angle brackets is left out, comments are
/// passed over, and at the first thing that is neither the rest is ignored.
func listURIs(_ value: String) -> [String] {
    var uris: [String] = []
    var rest = value[...]
    while true {
        skipComments(&rest)
        guard rest.first == "<", let end = rest.firstIndex(of: ">") else { return uris }
        uris.append(String(rest[..<end].dropFirst().filter { !$0.isWhitespace }))
        rest = rest[end...].dropFirst()
        skipComments(&rest)
        guard rest.first == "," else { return uris }
        rest = rest.dropFirst()
    }
}

private func skipComments(_ text: inout Substring) {
    while let first = text.first {
        if first.isWhitespace {
            text = text.dropFirst()
        } else if first == "(", let end = text.firstIndex(of: ")") {
            text = text[end...].dropFirst()
        } else {
            return
        }
    }
}

/// The tags of a DKIM signature (RFC 6376 §3.2), white space left out.
func signatureTags(_ value: String) -> [String: String] {
    var tags: [String: String] = [:]
    for part in value.split(separator: ";") {
        let sides = part.split(separator: "=", maxSplits: 1)
        guard sides.count == 2 else { continue }
        tags[sides[0].filter { !$0.isWhitespace }] = sides[1].filter { !$0.isWhitespace }
    }
    return tags
}
