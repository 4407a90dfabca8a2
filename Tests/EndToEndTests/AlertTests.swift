// A stopped worker is told to operators by a webhook, and so is that it works again.

import Foundation
import Testing

@Suite("Alerts")
struct AlertTests {
    private static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private func bodies(_ receiver: Receiver) throws -> [JSON] {
        try receiver.messages.map { try JSON($0.text) }
    }

    private func has(_ type: String, _ alert: String, _ receiver: Receiver) throws -> Bool {
        try bodies(receiver).contains {
            $0["type"].string == type && $0["data"]["alert"].string == alert
        }
    }

    /// The settings of alerts as flags, with a threshold of a second.
    private func flags(_ place: Workplace, _ receiver: Receiver) throws -> [String] {
        try place.write(AlertTests.secret + "\n", to: "secret")
        return [
            "--alert-after-seconds", "1", "--alert-webhook-url", receiver.url,
            "--alert-webhook-secret-file", "secret",
        ]
    }

    @Test func aStoppedWorkerIsToldAndSoIsItsReturn() async throws {
        try await Workplace.open { place in
            let receiver = try Receiver()
            receiver.goUp()
            let flags = try flags(place, receiver)
            // The same by the environment.
            let server = try await place.serve(
                "--role",
                "api",
                environment: [
                    "HEED_ALERT_AFTER_SECONDS": "1", "HEED_ALERT_WEBHOOK_URL": receiver.url,
                    "HEED_ALERT_WEBHOOK_SECRET": AlertTests.secret,
                ]
            )
            try await place.register()
            #expect(try await server.optOut("ada@mail.example", "newsletter").status == 202)
            let queue = try await server.get("/v1/queue").json
            let job = try #require(queue["jobs"].list.first?["id"].string)
            try await eventually("the alert is told") {
                try has("alert.began", "old-job", receiver)
            }
            let began = try #require(try bodies(receiver).first)
            #expect(began["data"]["detail"].string?.contains(job) == true)
            #expect(!(receiver.messages.first?.text.contains("mail.example") ?? true))
            try await eventually("the log has it") {
                server.program.errors.contains("alert began")
            }
            // Counted once the receiver's answer is there, which the log does not wait for.
            try await eventually("it is measured") {
                let open = try await server.get("/metrics").text
                let taken = "heed_alert_notices_total{channel=\"webhook\",outcome=\"taken\"}"
                return open.contains("heed_alerts_open{kind=\"old-job\"} 1\n")
                    && open.contains(taken)
            }
            let worker = try await place.start(worker: flags + ["--metrics-port", "0"])
            try await eventually("the end is told") {
                try has("alert.resolved", "old-job", receiver)
            }
            try await eventually("it is over") {
                let text = try await server.get("/metrics").text
                return text.contains("heed_alerts_open{kind=\"old-job\"} 0\n")
            }
            #expect(worker.errors.contains("Measurements: http://127.0.0.1:"))
            worker.send(SIGTERM)
            #expect(try await worker.end() == 0)
            #expect(try await server.stop() == 0)
            // Each notice once, whichever process told it.
            let ids = receiver.messages.compactMap { $0.headers["webhook-id"] }
            #expect(ids.count == Set(ids).count)
        }
    }

    /// What was told survives a restart, and a deaf receiver is told when it is back.
    @Test func aRestartTellsNothingAnewAndADeafReceiverIsToldLater() async throws {
        try await Workplace.open { place in
            let receiver = try Receiver()
            let flags = try flags(place, receiver)
            func serve() async throws -> Server {
                try await place.serve(flags: ["--role", "api"] + flags)
            }
            let first = try await serve()
            try await place.register()
            #expect(try await first.optOut("ada@mail.example", "newsletter").status == 202)
            try await eventually("the receiver cannot be told") {
                first.program.errors.contains("an alert is to be told again")
            }
            #expect(try await first.stop() == 0)
            receiver.goUp()
            let second = try await serve()
            try await eventually("it is told") { try has("alert.began", "old-job", receiver) }
            // A notice is written down after it was told; cut before that, it is told twice.
            try await eventually("it is written down") {
                try await place.rows("SELECT count(*) FROM alert_notices WHERE reason = 'began'")
                    == ["2"]
            }
            try await second.cut()
            let third = try await serve()
            let before = try await third.get("/metrics").text
            #expect(before.contains("heed_alerts_open{kind=\"old-job\"} 1\n"))
            #expect(try await third.optOut("bob@mail.example", "newsletter").status == 202)
            let ids = receiver.messages.compactMap { $0.headers["webhook-id"] }
            #expect(Set(ids).count == 1)
            #expect(!third.program.errors.contains("alert began"))
        }
    }

    @Test(
        arguments: [
            (["HEED_ALERT_AFTER_SECONDS": "0"], "alertAfterSeconds:"),
            (["HEED_ALERT_WEBHOOK_URL": "https://a.example/"], "alertWebhookSecret:"),
            (["HEED_ALERT_MAIL_TO": "ops@shop.example"], "alertMailHost:"),
            (
                [
                    "HEED_ALERT_WEBHOOK_URL": "http://a.example/",
                    "HEED_ALERT_WEBHOOK_SECRET": AlertTests.secret,
                ], "alertWebhookUrl:"
            ),
            (["HEED_METRICS_PORT": "65536"], "metricsPort:"),
        ] as [([String: String], String)]
    )
    func wrongSettingsAreRefusedByNameAndMakeNothing(
        _ environment: [String: String],
        _ field: String
    ) async throws {
        try await Workplace.open { place in
            let ending = try await place.heed("serve", "--port", "0", environment: environment)
            #expect(ending.exitCode == 2)
            #expect(ending.errorLines.count == 1 && ending.errors.contains(field))
            #expect(!FileManager.default.fileExists(atPath: place.path("heed-data")))
        }
    }
}
