// Each channel by itself: what arrives, and what becomes of a notice that did not.

import Foundation
import HeedConnectors
import HeedConsent
import Logging
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("AlertChannel")
struct AlertChannelTests {
    private let now = TestClock().now
    private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func notice(
        _ reason: AlertNotice.Reason = .began,
        _ kind: Alert.Kind = .oldJob
    ) throws -> AlertNotice {
        let rules = AlertRules()
        var incident = Incident(
            kind: kind,
            since: now.adding(seconds: -14_400),
            detail: "the oldest job, 0190 (tell-connector, lane opt-out), is due"
        )
        if reason == .resolved { incident.overAt = now }
        let told = reason == .lasts ? Telling(.began, at: incident.since) : nil
        let notice = try #require(rules.notice(about: incident, after: told, at: now))
        #expect(notice.reason == reason)
        return notice
    }

    @Test(arguments: [
        (AlertNotice.Reason.began, Alert.Kind.oldJob, "error"), (.lasts, .oldJob, "error"),
        (.resolved, .oldJob, "notice"), (.began, .logDiffers, "critical"),
        (.began, .deadlinePast, "critical"), (.resolved, .logDiffers, "notice"),
    ])
    func theLogTakesEverything(
        _ reason: AlertNotice.Reason,
        _ kind: Alert.Kind,
        _ level: String
    ) async throws {
        let lines = LogLines()
        let outcome = await AlertChannel.log(lines.logger).tell(try notice(reason, kind))
        #expect(outcome == .taken)
        #expect(
            lines.all == [
                "\(level) alert \(reason) alert=\(kind.rawValue) "
                    + "detail=\(text(reason)) "
                    + "since=2026-01-31T05:30:00Z"
            ]
        )
    }

    /// What is over is not told as if it lasted.
    private func text(_ reason: AlertNotice.Reason) -> String {
        (reason == .resolved ? "this is over; it was: " : "")
            + "the oldest job, 0190 (tell-connector, lane opt-out), is due"
    }

    private func webhook(_ transport: ScriptedTransport) throws -> AlertChannel {
        try .webhook(
            url: "https://ops.example/alerts",
            secret: secret,
            transport: transport,
            now: { [now] in now }
        )
    }

    @Test func aWebhookIsSignedAndHoldsTheAlert() async throws {
        let transport = ScriptedTransport(.answer(204))
        let notice = try notice(.resolved)
        #expect(try await webhook(transport).tell(notice) == .taken)
        let request = try #require(transport.sent.first)
        #expect(request.method == "POST" && request.url == "https://ops.example/alerts")
        try WebhookSecret(secret).verify(headers: request.headers, body: request.body, at: now)
        #expect(request.headers.first { $0.name == "webhook-id" }?.value == notice.id)
        #expect(
            String(decoding: request.body, as: UTF8.self) == #"{"data":{"alert":"old-job","#
                + #""detail":"\#(text(.resolved))","#
                + #""resolvedAt":"2026-01-31T09:30:00Z","since":"2026-01-31T05:30:00Z"},"#
                + #""timestamp":"2026-01-31T09:30:00Z","type":"alert.resolved"}"#
        )
    }

    @Test(arguments: [
        (Turn.answer(500), "HTTP 500"), (.answer(301), "HTTP 301"), (.answer(410), "HTTP 410"),
        (.fail(.unreachable), "unreachable"), (.loseReply, "reply-lost"),
    ])
    func aWebhookThatFailsSaysWhy(_ turn: Turn, _ reason: String) async throws {
        #expect(try await webhook(ScriptedTransport(turn)).tell(notice()) == .failed(reason))
    }

    @Test(arguments: [
        ("http://ops.example/", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "url"),
        ("https://ops.example/", "whsec_short", "secret"),
    ])
    func aWebhookThatCannotBeIsRefused(_ url: String, _ secret: String, _ field: String) {
        let refusal = #expect(throws: Refusal.self) {
            try AlertChannel.webhook(
                url: url,
                secret: secret,
                transport: ScriptedTransport(.answer(204)),
                now: { [now] in now }
            )
        }
        #expect(refusal?.field == field)
    }

    private func mail(port: Int, to: String = "ops@shop.example") throws -> AlertChannel {
        var server = MailServer(host: "127.0.0.1", port: port, security: .none)
        server.timeoutSeconds = 3600
        return try .mail(
            .init(number: 1, to: to, from: "heed@shop.example"),
            by: SMTPMailer(server),
            now: { [now] in now }
        )
    }

    @Test(arguments: [
        (AlertNotice.Reason.began, "Subject: Heed alert: old-job"),
        (.lasts, "Subject: Heed alert lasts: old-job"),
        (.resolved, "Subject: Heed alert resolved: old-job"),
    ])
    func aMailIsHandedOver(_ reason: AlertNotice.Reason, _ subject: String) async throws {
        let server = try await ScriptedMailServer.listen()
        let notice = try notice(reason)
        #expect(try await mail(port: server.port).tell(notice) == .taken)
        let lines = server.lines
        #expect(lines.contains("RCPT TO:<ops@shop.example>") && lines.contains(subject))
        #expect(lines.contains("Message-ID: <\(notice.id)@shop.example>"))
        let body = try #require(lines.firstIndex(of: "").map { lines[($0 + 1)...] })
        let base64 = body.prefix { $0 != "." }.joined()
        let text = String(decoding: Data(base64Encoded: base64) ?? Data(), as: UTF8.self)
        #expect(text.hasPrefix(self.text(reason) + "\r\n"))
        #expect(text.contains("Resolved: 2026-01-31T09:30:00Z") == (reason == .resolved))
        try await server.close()
    }

    /// A server repeats the address in what it says; nothing of that is kept.
    @Test func aMailThatIsNotTakenSaysWhy() async throws {
        var answers = ScriptedMailServer.good
        answers["RCPT"] = "550 5.1.1 no ops@shop.example here"
        let server = try await ScriptedMailServer.listen(answers)
        let refused = try await mail(port: server.port).tell(notice())
        #expect(refused == .failed("SMTP 550 5.1.1"))
        try await server.close()
        let gone = try await mail(port: server.port).tell(notice())
        #expect(gone == .failed("no connection, or it was lost"))
    }

    @Test func aMailboxThatCannotBeIsRefused() {
        let refusal = #expect(throws: Refusal.self) { try mail(port: 25, to: "ops") }
        #expect(refusal?.field == "to")
    }
}
