// A webhook as it left the program, checked by the reference implementation of Standard Webhooks.

import Foundation
import Testing

@Suite("Contract")
struct ContractTests {
    private struct Caught: Encodable {
        let secret: String
        let headers: [String: String]
        let body: String
    }

    /// Delivers one webhook to a receiver and hands out the message with the secret.
    private func delivery(_ place: Workplace) async throws -> (secret: String, message: Message) {
        let receiver = try Receiver()
        receiver.goUp()
        let server = try await place.serve()
        try await place.register()
        let added = try await place.done(
            "connector",
            "add",
            "webhook",
            "crm",
            "--url",
            receiver.url
        )
        let secret = try #require(added.output.split(whereSeparator: \.isWhitespace).last)
        #expect(try await server.optOut("Zoë@bücher.example", "newsletter").status == 202)
        try await eventually("the webhook arrives") { !receiver.messages.isEmpty }
        return (String(secret), try #require(receiver.messages.first))
    }

    private func verify(_ place: Workplace, _ caught: Caught) async throws -> Ending {
        let python = Workplace.root + "/.venv/bin/python"
        guard FileManager.default.isExecutableFile(atPath: python) else {
            throw Failure("there is no \(python): scripts/venv.sh makes it")
        }
        let line = String(decoding: try JSONEncoder().encode(caught), as: UTF8.self)
        let script = Workplace.root + "/Tests/Contract/webhook_verify.py"
        return try await place.run(python, [script], input: line + "\n")
    }

    @Test func theReferenceLibraryAcceptsOurSignature() async throws {
        try await Workplace.open { place in
            let (secret, message) = try await delivery(place)
            let accepted = try await verify(
                place,
                Caught(secret: secret, headers: message.headers, body: message.text)
            )
            #expect(accepted.exitCode == 0, "\(accepted.errors)")
            let changed = try await verify(
                place,
                Caught(secret: secret, headers: message.headers, body: message.text + " ")
            )
            #expect(changed.exitCode == 1, "\(changed.errors)")

            let body = try JSON(message.text)
            #expect(body["type"].string == "optout.requested")
            #expect(body["data"]["address"].string == "Zoë@bücher.example")
            #expect(body["data"]["scope"].string == "newsletter")
            #expect(message.start == "POST /hook HTTP/1.1")
            #expect(message.headers["content-type"] == "application/json")
        }
    }
}
