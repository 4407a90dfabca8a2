// A plain message as the wire has it (RFC 5322), safe against header injection.

package import HeedConsent
import HeedLedger

/// A message of text, perhaps with the same words as HTML, to one person.
package struct MailMessage: Sendable {
    /// The longest subject, in bytes.
    package static let subjectBytesMaximum = 200
    /// The longest text, in bytes.
    package static let textBytesMaximum = 65_536

    /// Who sends it: an address without a name.
    package let from: String
    /// Whom it is for: an address without a name, its domain in ASCII (RFC 5890 A-labels).
    package let to: String
    private let subject: String
    private let text: String
    private let html: String?
    private let headers: [(name: String, value: String)]

    /// Makes a message; refuses what would break out of a header or an envelope.
    ///
    /// - Parameters:
    ///   - from: The sender's address.
    ///   - to: The receiver's address.
    ///   - subject: One line.
    ///   - text: The body; lines end in `\n`.
    ///   - html: The same words as HTML, for programs that show it instead.
    ///   - headers: Further header fields, ASCII, such as `List-Unsubscribe`.
    /// - Throws: `invalid`, naming the part.
    package init(
        from: String,
        to: String,
        subject: String,
        text: String,
        html: String? = nil,
        headers: [(name: String, value: String)] = []
    ) throws(Refusal) {
        for (field, address) in [("from", from), ("to", to)] {
            guard MailMessage.isAddress(address) else {
                throw Refusal(.invalid, field: field, "this is not an address mail can go to")
            }
        }
        guard !subject.utf8.contains(where: MailMessage.isControl),
            (1...MailMessage.subjectBytesMaximum).contains(subject.utf8.count)
        else {
            throw Refusal(.invalid, field: "subject", "a subject is one line of 1 to 200 bytes")
        }
        guard max(text.utf8.count, html?.utf8.count ?? 0) <= MailMessage.textBytesMaximum else {
            throw Refusal(.invalid, field: "text", "a text has at most 65536 bytes")
        }
        for (name, value) in headers {
            let isName = !name.isEmpty && name.utf8.allSatisfy { 0x21...0x7E ~= $0 && $0 != 0x3A }
            guard isName, value.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else {
                throw Refusal(.invalid, field: "headers", "a header field is one line of ASCII")
            }
        }
        self.from = MailMessage.withASCIIDomain(from)
        self.to = MailMessage.withASCIIDomain(to)
        self.subject = subject
        self.text = text
        self.html = html
        self.headers = headers
    }

    /// The message with CR LF line ends and without the final dot of SMTP.
    ///
    /// The body is base64 (RFC 2045 §6.8): it survives servers that take seven bits, and no line of
    /// it starts with a dot.
    ///
    /// - Parameters:
    ///   - time: The date of the message.
    ///   - id: The unique left side of its Message-ID: letters, digits and hyphens.
    /// - Returns: The bytes, ending in CR LF.
    package func bytes(at time: Timestamp, id: String) -> [UInt8] {
        let domain = from.split(separator: "@").last.map(String.init) ?? "localhost"
        var lines = [
            "Date: \(MailMessage.date(time))", "From: <\(from)>", "To: <\(to)>",
            "Subject: \(MailMessage.encoded(subject))", "Message-ID: <\(id)@\(domain)>",
            "MIME-Version: 1.0",
        ]
        let (content, body) = content(id)
        lines += content + ["Auto-Submitted: auto-generated"]
        lines += headers.map { "\($0.name): \($0.value)" }
        lines += [""] + body
        return Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// The headers that say what the body is, and its lines.
    private func content(_ id: String) -> (headers: [String], body: [String]) {
        let plain = MailMessage.part("plain", text)
        guard let html = html.map({ MailMessage.part("html", $0) }) else { return plain }
        // No line of a part begins so: base64 has no hyphens.
        let boundary = "heed-\(id)"
        // The last one is the one to be shown (RFC 2046 §5.1.4).
        let parts = [plain, html].flatMap { ["--" + boundary] + $0.headers + [""] + $0.body }
        return (
            ["Content-Type: multipart/alternative; boundary=\"\(boundary)\""],
            parts + ["--\(boundary)--"]
        )
    }

    private static func part(
        _ type: String,
        _ text: String
    ) -> (headers: [String], body: [String]) {
        let body = text.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n")
        return (
            [
                "Content-Type: text/\(type); charset=utf-8", "Content-Transfer-Encoding: base64",
            ],
            base64Lines(Array(body.utf8))
        )
    }

    /// `Sat, 31 Jan 2026 09:30:00 +0000` (RFC 5322 §3.3).
    static func date(_ time: Timestamp) -> String {
        // 2026-01-31T09:30:00Z, or with a fraction.
        let text = time.text
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        let parts = text.prefix(10).split(separator: "-").map(String.init)
        let month = months[(Int(parts[1]) ?? 1) - 1]
        let clock = text.dropFirst(11).prefix(8)
        return "\(days[Int(time.day.weekday)]), \(parts[2]) \(month) \(parts[0]) \(clock) +0000"
    }

    /// The subject as it is when ASCII, else in encoded words of at most 75 characters (RFC 2047).
    static func encoded(_ text: String) -> String {
        guard !text.utf8.allSatisfy({ 0x20...0x7E ~= $0 }) else { return text }
        var words: [String] = []
        var chunk: [UInt8] = []
        for character in text {
            let bytes = Array(String(character).utf8)
            // 45 bytes are 60 characters of base64; a character is never split over two words.
            if chunk.count + bytes.count > 45, !chunk.isEmpty {
                words.append("=?utf-8?B?\(Base64.encode(chunk))?=")
                chunk = []
            }
            chunk += bytes
        }
        words.append("=?utf-8?B?\(Base64.encode(chunk))?=")
        return words.joined(separator: "\r\n ")
    }

    /// Whether an address in the envelope has characters beyond ASCII, which not every server takes
    /// (RFC 6531).
    var needsUTF8: Bool { !(from + to).utf8.allSatisfy { $0 < 0x80 } }

    /// The address as every server understands its domain; as it is where that has no such form.
    private static func withASCIIDomain(_ address: String) -> String {
        guard let at = address.lastIndex(of: "@"),
            let domain = asciiDomain(String(address[address.index(after: at)...]))
        else { return address }
        return address[...at] + domain
    }

    /// An address that cannot leave its place in a command or a header.
    static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        let hasForbidden = text.unicodeScalars.contains {
            $0.value <= 0x20 || $0.value == 0x7F || "<>\"\\,;:()[]".unicodeScalars.contains($0)
        }
        return parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && !hasForbidden
            && (3...254).contains(text.utf8.count)
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }

    /// Lines of 76 characters (RFC 2045 §6.8).
    static func base64Lines(_ bytes: [UInt8]) -> [String] {
        stride(from: 0, to: bytes.count, by: 57).map {
            Base64.encode(Array(bytes[$0..<min($0 + 57, bytes.count)]))
        }
    }
}

extension MailMessage: CustomStringConvertible {
    /// Says only that there is a message: every part of one may name a person.
    package var description: String { "<mail message>" }
}
