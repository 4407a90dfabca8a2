// The real binary asks by mail, a person presses the button, and from then on may be written to.

import Foundation
import Testing

@Suite("Double opt-in")
struct DoubleOptInTests {
    private static let request =
        #"{"address":"ada@mail.example","scope":"newsletter","policyVersion":"2026-01","#
        + #""source":"form","evidence":{"ip":"203.0.113.7"}}"#

    private func flags(_ sink: MailSink) -> [String: String] {
        [
            "HEED_MAIL_HOST": "127.0.0.1", "HEED_MAIL_PORT": String(sink.port),
            "HEED_MAIL_SECURITY": "none", "HEED_MAIL_FROM": "hello@shop.example",
            "HEED_RETRY_SCALE": "0.01",
        ]
    }

    /// The path of the link in the text of the newest message.
    private func path(_ sink: MailSink) throws -> String {
        let message = try #require(sink.messages.last)
        let text = try #require(MailSink.parts(message).first)
        let link = /http:\/\/127\.0\.0\.1:\d+(\/[cp]\/\S+)/
        return String(try #require(text.firstMatch(of: link)?.1))
    }

    /// Whether the log names no address but the one of the greeting's own example.
    private func namesNobody(_ server: Server) -> Bool {
        server.program.errors.ranges(of: "mail.example").count == 1
    }

    /// The first two attempts are turned away, so that the queue's retries are part of the way.
    @Test func joiningByMail() async throws {
        try await Workplace.open { place in
            let sink = try MailSink(refusals: 2)
            let server = try await place.serve(environment: flags(sink))
            try await place.register()
            let reply = try await server.post("/v1/double-opt-ins", Self.request)
            #expect(reply.status == 202)
            #expect(
                try await server.check("ada@mail.example", "newsletter")["reason"].string
                    == "unconfirmed"
            )
            try await eventually("the message comes") { sink.messages.count == 1 }
            let path = try path(sink)
            #expect(sink.messages[0].contains("To: <ada@mail.example>\r\n"))
            for _ in 0..<20 { #expect(try await server.get(path).status == 200) }
            #expect(
                try await server.check("ada@mail.example", "newsletter")["reason"].string
                    == "unconfirmed"
            )
            #expect(try await server.press(path, "confirm=yes").text.contains("Thank you"))
            #expect(
                try await server.check("ada@mail.example", "newsletter")["allowed"].flag
                    == true
            )
            #expect(try await server.press(path, "confirm=yes").text.contains("Thank you"))
            #expect(try await server.optOut("ada@mail.example", "global").status == 202)
            #expect(try await server.press(path, "confirm=yes").text.contains("not work any more"))
            let explained = try await place.heed("explain", "ada@mail.example")
            #expect(explained.output.contains("requested newsletter"))
            #expect(explained.output.contains("source double-opt-in"))
            #expect(explained.output.ranges(of: "granted newsletter").count == 1)
            server.program.send(SIGTERM)
            #expect(try await server.program.end() == 0)
            #expect(try await place.heed("verify").exitCode == 0)
        }
    }

    @Test func withoutAMailServerItSaysSo() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            let reply = try await server.post("/v1/double-opt-ins", Self.request)
            #expect(reply.status == 422)
            #expect(try reply.json["type"].string?.hasSuffix("/no-mail") == true)
        }
    }

    /// The same from the command line: a running server sends what was asked there.
    @Test func askingFromTheCommandLine() async throws {
        try await Workplace.open { place in
            let sink = try MailSink()
            let server = try await place.serve(environment: flags(sink))
            try await place.register()
            let asked = try await place.heed(
                ["consent", "ask", "ada@mail.example", "--scope", "newsletter"]
                    + ["--policy", "2026-01", "--locale", "de-AT"],
                environment: flags(sink)
            )
            #expect(asked.exitCode == 0 && asked.output.hasPrefix("asked by mail"))
            try await eventually("the message comes") { sink.messages.count == 1 }
            // "Bitte bestätigen: newsletter", as an encoded word.
            #expect(sink.messages[0].contains("Subject: =?utf-8?B?Qml0dGUgYmVzdMOkdGlnZW46"))
            #expect(try await server.press(path(sink), "confirm=yes").text.contains("Thank you"))
            #expect(
                try await server.check("ada@mail.example", "newsletter")["allowed"].flag
                    == true
            )
            #expect(try await server.stop() == 0)
        }
    }

    /// Without an old mail: an address, a message, and everything is stopped by its link.
    @Test func theWayInByAnAddress() async throws {
        try await Workplace.open { place in
            let sink = try MailSink()
            try FileManager.default.createDirectory(
                atPath: place.path("pages"),
                withIntermediateDirectories: false
            )
            try place.write(#"{"mailChoicesSubject":"Your way in"}"#, to: "pages/en.json")
            let environment = flags(sink).merging(["HEED_PAGES_FOLDER": "pages"]) { $1 }
            let server = try await place.serve(environment: environment)
            try await place.register()
            let grant =
                #"{"address":"ada@mail.example","scope":"newsletter","decision":"granted","#
                + #""basis":"consent","source":"form","policyVersion":"2026-01"}"#
            #expect(try await server.post("/v1/consents", grant).status == 201)
            #expect(try await server.get("/p").text.contains("Send me the link"))
            let unknown = try await server.press("/p", "address=bob%40mail.example").text
            let known = try await server.press("/p", "address=ada%40mail.example").text
            #expect(known == unknown && known.contains("Look at your inbox"))
            try await eventually("the message comes") { sink.messages.count == 1 }
            #expect(sink.messages[0].contains("To: <ada@mail.example>\r\n"))
            #expect(sink.messages[0].contains("Subject: Your way in\r\n"))
            let page = try await server.press(path(sink), "do=leave-all")
            #expect(page.text.contains("You will get no more mailings"))
            #expect(
                try await server.check("ada@mail.example", "newsletter")["reason"].string
                    == "globalOptOut"
            )
            try await eventually("nothing is left to do") {
                try await place.heed("queue", "list", "--lane", "mail").output.contains("JOB")
                    == false
            }
            #expect(namesNobody(server))
            #expect(sink.messages.count == 1)
            #expect(try await server.stop() == 0)
        }
    }

    /// An address that the mail server will not have is told to operators until they drop it.
    @Test func aMessageThatIsGivenUpIsAnAlert() async throws {
        try await Workplace.open { place in
            let sink = try MailSink(refusals: 1, code: "550 5.1.1 nobody")
            // A threshold of a second, so that it looks often.
            let environment = flags(sink).merging(["HEED_ALERT_AFTER_SECONDS": "1"]) { $1 }
            let server = try await place.serve(environment: environment)
            try await place.register()
            #expect(try await server.post("/v1/double-opt-ins", Self.request).status == 202)
            try await eventually("the alert is told") {
                server.program.errors.contains("alert=buried-mail")
            }
            let queue = try await server.get("/v1/queue?lane=mail").json
            let job = try #require(queue["jobs"].list.first?["id"].string)
            #expect(server.program.errors.contains(job))
            #expect(try await place.heed("queue", "drop", job).exitCode == 0)
            try await eventually("it is over") {
                try await server.get("/metrics").text
                    .contains("heed_alerts_open{kind=\"buried-mail\"} 0\n")
            }
            #expect(namesNobody(server))
            #expect(sink.messages.isEmpty)
            #expect(try await server.stop() == 0)
        }
    }
}
