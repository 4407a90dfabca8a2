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
        return String(try #require(text.firstMatch(of: /http:\/\/127\.0\.0\.1:\d+(\/c\/\S+)/)?.1))
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
}
