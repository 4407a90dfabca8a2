// What a client says to a mail server and how it takes the answers, without a network (RFC 5321).

import HeedLedger

/// The end of an attempt to hand over a message.
package enum MailOutcome: Hashable, Sendable {
    /// The server has it.
    case accepted(String)
    /// Not now: 4xx, a lost connection, a time-out.
    case tryLater(String)
    /// Never: 5xx.
    case refused(String)
}

/// How the connection to a mail server is protected.
package enum MailSecurity: String, CaseIterable, Sendable {
    /// TLS from the first byte (RFC 8314), usually port 465.
    case tls
    /// TLS after STARTTLS; a server that does not offer it is refused (RFC 3207).
    case startTLS = "starttls"
    /// No TLS; for a server on the same machine.
    case none
}

/// A name and a password.
package struct MailCredentials: Sendable, CustomStringConvertible {
    let user: String
    let password: String

    /// Takes both.
    package init(user: String, password: String) {
        self.user = user
        self.password = password
    }

    /// Nothing about either.
    package var description: String { "<mail credentials>" }
}

/// One conversation that hands over one message.
///
/// It is told each reply and says what comes next. Nothing of what the server says but its code and
/// enhanced code is kept, because servers repeat addresses in their texts.
struct SMTPDialogue {
    /// What to do next.
    enum Step: Equatable {
        /// Send this line; CR LF is included.
        case send(String)
        /// Protect the connection, then say `afterTLS()`.
        case startTLS
        /// Send the message and the final dot.
        case sendMessage
        /// Say QUIT; the attempt has come to its end.
        case end(MailOutcome)
    }

    private enum Stage {
        case greeting, hello, startTLS, helloAgain, authPlain, authLoginUser, authLoginPassword
        case from, to, data, message
    }

    private let client: String
    private let from: String
    private let to: String
    private let needsUTF8: Bool
    private let security: MailSecurity
    private let credentials: MailCredentials?
    private var stage = Stage.greeting
    /// Whether the server's last answer to EHLO offers addresses beyond ASCII.
    private var takesUTF8 = false

    /// Takes the name this client says it has, the envelope and how to log in.
    init(
        client: String,
        message: MailMessage,
        security: MailSecurity,
        credentials: MailCredentials?
    ) {
        self.client = client
        from = message.from
        to = message.to
        needsUTF8 = message.needsUTF8
        self.security = security
        self.credentials = credentials
    }

    /// Takes a complete reply.
    mutating func take(_ reply: SMTPReply) -> Step {
        if reply.code / 100 == 4 { return .end(.tryLater(reply.summary)) }
        if reply.code / 100 == 5 { return .end(.refused(reply.summary)) }
        guard reply.code == expected else {
            return .end(.tryLater("unexpected reply \(reply.summary)"))
        }
        switch stage {
        case .greeting: return go(.hello, "EHLO \(client)")
        case .hello where security == .startTLS:
            guard reply.offers("STARTTLS") else {
                return .end(.refused("the server offers no STARTTLS"))
            }
            return go(.startTLS, "STARTTLS")
        case .hello, .helloAgain: return authenticate(reply)
        case .startTLS: return .startTLS
        case .authLoginUser:
            return go(.authLoginPassword, encoded(credentials?.password ?? ""))
        case .authPlain, .authLoginPassword: return beginMail()
        case .from: return go(.to, "RCPT TO:<\(to)>")
        case .to: return go(.data, "DATA")
        case .data:
            stage = .message
            return .sendMessage
        case .message: return .end(.accepted(reply.summary))
        }
    }

    /// The connection is protected now; what the server said before is forgotten (RFC 3207 §4.2).
    mutating func afterTLS() -> Step { go(.helloAgain, "EHLO \(client)") }

    private var expected: Int {
        switch stage {
        case .greeting, .startTLS: 220
        case .hello, .helloAgain, .from, .to, .message: 250
        case .authPlain, .authLoginPassword: 235
        case .authLoginUser: 334
        case .data: 354
        }
    }

    private mutating func authenticate(_ reply: SMTPReply) -> Step {
        takesUTF8 = reply.offers("SMTPUTF8")
        guard let credentials else { return beginMail() }
        // A password is never said in the clear.
        guard security != .none else { return .end(.refused("a login needs TLS")) }
        let ways = reply.parameters(of: "AUTH")
        if ways.contains("PLAIN") {
            let secret = "\u{0}\(credentials.user)\u{0}\(credentials.password)"
            return go(.authPlain, "AUTH PLAIN \(encoded(secret))")
        }
        guard ways.contains("LOGIN") else {
            return .end(.refused("the server offers neither AUTH PLAIN nor LOGIN"))
        }
        return go(.authLoginUser, "AUTH LOGIN \(encoded(credentials.user))")
    }

    /// Says who sends; an address beyond ASCII goes only to a server that takes it, because another
    /// may deliver it to somebody else (RFC 6531 §3.2).
    private mutating func beginMail() -> Step {
        guard needsUTF8 else { return go(.from, "MAIL FROM:<\(from)>") }
        guard takesUTF8 else {
            return .end(.refused("the server takes no address beyond ASCII (SMTPUTF8)"))
        }
        return go(.from, "MAIL FROM:<\(from)> SMTPUTF8")
    }

    private mutating func go(_ next: Stage, _ line: String) -> Step {
        stage = next
        return .send(line + "\r\n")
    }

    private func encoded(_ text: String) -> String { Base64.encode(Array(text.utf8)) }
}

/// A reply of one or more lines (RFC 5321 §4.2).
struct SMTPReply: Equatable {
    /// The longest reply that is read, in lines.
    static let linesMaximum = 100

    /// Three digits.
    let code: Int
    /// What follows the code on each line.
    let lines: [String]

    /// The code and the enhanced code (RFC 3463), and nothing else.
    var summary: String {
        let word = lines.last?.split(separator: " ").first.map(String.init) ?? ""
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        let isEnhanced = parts.count == 3 && parts.allSatisfy { Int($0) != nil && $0.count <= 3 }
        return isEnhanced ? "SMTP \(code) \(word)" : "SMTP \(code)"
    }

    /// True when the server named an extension in its answer to EHLO.
    func offers(_ name: String) -> Bool {
        lines.dropFirst().contains { $0.split(separator: " ").first?.uppercased() == name }
    }

    /// What follows an extension's name.
    func parameters(of name: String) -> [String] {
        let line = lines.dropFirst().first { $0.split(separator: " ").first?.uppercased() == name }
        return line?.split(separator: " ").dropFirst().map { $0.uppercased() } ?? []
    }
}

/// Collects lines to replies.
struct SMTPReplyReader {
    private var code: Int?
    private var lines: [String] = []

    /// Takes a line without its end.
    ///
    /// - Returns: a reply when the line was its last; nil when more follow.
    /// - Throws: `MailProtocolError` for what is no reply.
    mutating func take(_ line: String) throws(MailProtocolError) -> SMTPReply? {
        let digits = line.utf8.prefix(3)
        guard digits.count == 3, digits.allSatisfy({ 0x30...0x39 ~= $0 }),
            let number = Int(line.prefix(3)), code ?? number == number,
            lines.count < SMTPReply.linesMaximum
        else { throw MailProtocolError() }
        let mark = line.utf8.dropFirst(3).first
        guard mark == nil || mark == UInt8(ascii: " ") || mark == UInt8(ascii: "-") else {
            throw MailProtocolError()
        }
        code = number
        lines.append(String(line.dropFirst(4)))
        guard mark != UInt8(ascii: "-") else { return nil }
        defer { (code, lines) = (nil, []) }
        return SMTPReply(code: number, lines: lines)
    }
}

/// The server said something that is not SMTP.
struct MailProtocolError: Error {}
