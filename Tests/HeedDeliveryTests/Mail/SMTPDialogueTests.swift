// The conversation with a mail server, as transcripts.

import HeedConsent
import Testing

@testable import HeedDelivery

@Suite("SMTPDialogue")
struct SMTPDialogueTests {
    private func dialogue(
        _ security: MailSecurity = .none,
        _ credentials: MailCredentials? = nil,
        to: String = "ada@mail.example"
    ) throws -> SMTPDialogue {
        SMTPDialogue(
            client: "node.example",
            message: try MailMessage(
                from: "heed@shop.example",
                to: to,
                subject: "s",
                text: "t"
            ),
            security: security,
            credentials: credentials
        )
    }

    private func reply(_ text: String) throws -> SMTPReply {
        var reader = SMTPReplyReader()
        for line in text.split(separator: "\n").dropLast() {
            let partial = try reader.take(String(line))
            #expect(partial == nil)
        }
        return try #require(try reader.take(String(text.split(separator: "\n").last ?? "")))
    }

    @Test func handsOverAMessage() throws {
        var talk = try dialogue()
        #expect(try talk.take(reply("220 mx ready")) == .send("EHLO node.example\r\n"))
        #expect(
            try talk.take(reply("250-mx\n250 SIZE 1000"))
                == .send("MAIL FROM:<heed@shop.example>\r\n")
        )
        #expect(try talk.take(reply("250 2.1.0 ok")) == .send("RCPT TO:<ada@mail.example>\r\n"))
        #expect(try talk.take(reply("250 2.1.5 ok")) == .send("DATA\r\n"))
        #expect(try talk.take(reply("354 go")) == .sendMessage)
        let end = SMTPDialogue.Step.end(.accepted("SMTP 250 2.0.0"))
        #expect(try talk.take(reply("250 2.0.0 queued for ada@mail.example")) == end)
    }

    /// RFC 6531 §3.2: an address beyond ASCII goes only where it is understood; a domain has a form
    /// that every server understands.
    @Test func addressesBeyondASCII() throws {
        var plain = try dialogue(to: "jürgen@bücher.example")
        _ = try plain.take(reply("220 mx"))
        let end = SMTPDialogue.Step.end(
            .refused("the server takes no address beyond ASCII (SMTPUTF8)")
        )
        #expect(try plain.take(reply("250-mx\n250 8BITMIME")) == end)
        var able = try dialogue(to: "jürgen@bücher.example")
        _ = try able.take(reply("220 mx"))
        let from = SMTPDialogue.Step.send("MAIL FROM:<heed@shop.example> SMTPUTF8\r\n")
        #expect(try able.take(reply("250-mx\n250 SMTPUTF8")) == from)
        let to = SMTPDialogue.Step.send("RCPT TO:<jürgen@xn--bcher-kva.example>\r\n")
        #expect(try able.take(reply("250 ok")) == to)
        var domain = try dialogue(to: "ada@bücher.example")
        _ = try domain.take(reply("220 mx"))
        #expect(try domain.take(reply("250 mx")) == .send("MAIL FROM:<heed@shop.example>\r\n"))
        #expect(
            try domain.take(reply("250 ok")) == .send("RCPT TO:<ada@xn--bcher-kva.example>\r\n")
        )
    }

    @Test func protectsAndLogsIn() throws {
        var talk = try dialogue(.startTLS, MailCredentials(user: "u", password: "p"))
        _ = try talk.take(reply("220 mx"))
        #expect(try talk.take(reply("250-mx\n250 STARTTLS")) == .send("STARTTLS\r\n"))
        #expect(try talk.take(reply("220 go ahead")) == .startTLS)
        #expect(talk.afterTLS() == .send("EHLO node.example\r\n"))
        #expect(
            try talk.take(reply("250-mx\n250 AUTH LOGIN PLAIN"))
                == .send("AUTH PLAIN AHUAcA==\r\n")
        )
        #expect(
            try talk.take(reply("235 2.7.0 ok")) == .send("MAIL FROM:<heed@shop.example>\r\n")
        )
    }

    @Test func logsInStepByStepWhereThatIsAllThereIs() throws {
        var talk = try dialogue(.tls, MailCredentials(user: "u", password: "p"))
        _ = try talk.take(reply("220 mx"))
        #expect(try talk.take(reply("250-mx\n250 AUTH LOGIN")) == .send("AUTH LOGIN dQ==\r\n"))
        #expect(try talk.take(reply("334 UGFzc3dvcmQ6")) == .send("cA==\r\n"))
        #expect(try talk.take(reply("235 ok")) == .send("MAIL FROM:<heed@shop.example>\r\n"))
    }

    /// Each stage met with a refusal, a delay and nonsense.
    @Test(
        arguments: [
            [], ["220 mx"], ["220 mx", "250 mx"], ["220 mx", "250 mx", "250 ok"],
            ["220 mx", "250 mx", "250 ok", "250 ok"],
            ["220 mx", "250 mx", "250 ok", "250 ok", "354 go"],
        ] as [[String]]
    )
    func everyStageCanFail(_ before: [String]) throws {
        for (answer, outcome) in [
            ("550 5.1.1 no such ada@mail.example", MailOutcome.refused("SMTP 550 5.1.1")),
            ("451 4.3.0 later", .tryLater("SMTP 451 4.3.0")),
            ("299 what", .tryLater("unexpected reply SMTP 299")),
        ] {
            var talk = try dialogue()
            for line in before { _ = try talk.take(reply(line)) }
            #expect(try talk.take(reply(answer)) == .end(outcome))
        }
    }

    @Test func aServerThatOffersNoTLSGetsNothing() throws {
        var talk = try dialogue(.startTLS)
        _ = try talk.take(reply("220 mx"))
        let step = try talk.take(reply("250 mx"))
        #expect(step == .end(.refused("the server offers no STARTTLS")))
    }

    @Test func aPasswordIsNeverSaidInTheClear() throws {
        var talk = try dialogue(.none, MailCredentials(user: "u", password: "p"))
        _ = try talk.take(reply("220 mx"))
        let step = try talk.take(reply("250-mx\n250 AUTH PLAIN"))
        #expect(step == .end(.refused("a login needs TLS")))
        #expect("\(MailCredentials(user: "u", password: "p"))" == "<mail credentials>")
    }

    @Test(arguments: ["", "25", "abc", "250_x", "2500 x"])
    func whatIsNoReplyIsRefused(_ line: String) {
        var reader = SMTPReplyReader()
        #expect(throws: MailProtocolError.self) { try reader.take(line) }
    }

    @Test func linesOfAReplyHaveOneCode() throws {
        var reader = SMTPReplyReader()
        _ = try reader.take("250-mx")
        #expect(throws: MailProtocolError.self) { try reader.take("251 mx") }
    }

    @Test func dotsAreStuffed() {
        let text = Array(".a\r\n..\r\nb.\r\n".utf8)
        #expect(stuffed(text) == Array("..a\r\n...\r\nb.\r\n".utf8))
    }
}
