// Messages over a real socket to a scripted mail server, and every way it can go wrong.

import HeedConsent
import HeedDelivery
import Testing

@Suite("SMTPMailer")
struct SMTPMailerTests {
    private func send(
        _ answers: [String: String],
        greeting: String = "220 mx",
        security: MailSecurity = .none,
        timeoutSeconds: Int64 = 120
    ) async throws -> (MailOutcome, [String]) {
        let listener = try await ScriptedMailServer.listen(answers, greeting: greeting)
        var server = MailServer(
            host: "127.0.0.1",
            port: listener.port,
            security: security
        )
        server.timeoutSeconds = timeoutSeconds
        server.client = "node.example"
        let message = try MailMessage(
            from: "heed@shop.example",
            to: "ada@mail.example",
            subject: "Confirm",
            text: "Hello\n"
        )
        let bytes = message.bytes(at: Timestamp(seconds: 1_769_851_800), id: "m1")
        let outcome = await SMTPMailer(server).send(message, bytes: bytes)
        try await listener.close()
        return (outcome, listener.lines)
    }

    @Test func aMessageIsHandedOver() async throws {
        let (outcome, lines) = try await send(ScriptedMailServer.good)
        #expect(outcome == .accepted("SMTP 250 2.0.0"))
        let expected = [
            "EHLO node.example", "MAIL FROM:<heed@shop.example>", "RCPT TO:<ada@mail.example>",
            "DATA", "Date: Sat, 31 Jan 2026 09:30:00 +0000",
        ]
        #expect(Array(lines.prefix(5)) == expected)
        #expect(lines.contains("SGVsbG8NCg=="))
    }

    @Test(arguments: ["EHLO", "MAIL", "RCPT", "DATA", "."])
    func aConnectionThatBreaksIsTriedLater(_ command: String) async throws {
        var answers = ScriptedMailServer.good
        answers[command] = "close"
        let (outcome, _) = try await send(answers)
        guard case .tryLater = outcome else {
            Issue.record("\(outcome)")
            return
        }
    }

    @Test func aRefusedReceiverIsRefused() async throws {
        var answers = ScriptedMailServer.good
        answers["RCPT"] = "550 5.1.1 no ada@mail.example here"
        #expect(try await send(answers).0 == .refused("SMTP 550 5.1.1"))
    }

    @Test func whatIsNoMailServerIsSaid() async throws {
        let (outcome, _) = try await send([:], greeting: "HTTP/1.1 400 Bad Request")
        #expect(outcome == .tryLater("the server does not speak SMTP"))
    }

    @Test func aSilentServerEndsInTime() async throws {
        let (outcome, _) = try await send([:], greeting: "", timeoutSeconds: 1)
        #expect(outcome == .tryLater("no complete answer in time"))
    }

    @Test func plainTextAfterSTARTTLSIsRefused() async throws {
        var answers = ScriptedMailServer.good
        answers["EHLO"] = "250-mx\r\n250 STARTTLS"
        answers["STARTTLS"] = "220 go\r\n250 injected"
        let (outcome, lines) = try await send(answers, security: .startTLS)
        #expect(outcome == .tryLater("the server does not speak SMTP"))
        #expect(!lines.contains { $0.hasPrefix("MAIL") })
    }

    @Test func nobodyThere() async throws {
        let server = MailServer(host: "127.0.0.1", port: 1, security: .none)
        let message = try MailMessage(
            from: "a@b.example",
            to: "c@d.example",
            subject: "s",
            text: ""
        )
        let outcome = await SMTPMailer(server).send(message, bytes: [])
        #expect(outcome == .tryLater("no connection, or it was lost"))
    }
}
