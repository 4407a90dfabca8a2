// Asking for a link by an address: the same work for everybody, and one message an hour.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("RequestPreferenceLink")
struct RequestPreferenceLinkTests {
    private func ask(_ installation: Installation, _ text: String) async throws {
        let command = try RequestPreferenceLink(address: Address(email: text), language: "de")
        let key = command.repeatKey(at: installation.clock.now)
        _ = try await installation.engine.perform(command, as: .person, once: key)
    }

    /// Known, unknown, blocked and erased: the same statements against the same tables.
    @Test(arguments: Backend.allCases)
    func nobodyIsLookedUp(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Address(email: "ada@mail.example"))
            try await installation.optOut(Address(email: "bob@mail.example"), from: .global)
            var statements: [[String]] = []
            for name in ["ada", "bob", "nobody"] {
                let address = try Address(email: "\(name)@mail.example")
                let command = try RequestPreferenceLink(address: address, language: "de")
                let texts = try await installation.database.write { transaction in
                    let (recorded, recorder) = transaction.recorded(.writing)
                    let decision = try command.decide(in: recorded)
                    _ = try recorded.record(decision, by: .person)
                    return recorder.statements.map(\.sql.text)
                }
                statements.append(texts)
                let effect = try await installation.effect {
                    try await ask(installation, "\(name)@mail.example")
                }
                #expect(effect == Effect(failure: nil, changed: ["idempotency_keys", "jobs"]))
            }
            #expect(statements[0] == statements[2] && statements[1] == statements[2])
            #expect(!statements[0].joined().contains("FROM addresses"))
        }
    }

    @Test(arguments: Backend.allCases)
    func oneMessageAnHourWhateverTheSpelling(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            installation.clock.set(to: Timestamp(seconds: 1_769_850_000))
            for text in ["ada@mail.example", "ADA@mail.example ", "ada@MAIL.example"] {
                try await ask(installation, text)
                installation.clock.advance(seconds: 1199)
            }
            #expect(try await installation.mailJobs().count == 1)
            try await ask(installation, "bob@mail.example")
            #expect(try await installation.mailJobs().count == 1)
            installation.clock.advance(seconds: 3)
            try await ask(installation, "ada@mail.example")
            #expect(try await installation.mailJobs().count == 1)
        }
    }

    /// Many at once are one, so that nobody is flooded by a race.
    @Test(arguments: Backend.allCases)
    func manyAtOnceAreOne(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<12 {
                    group.addTask { try await ask(installation, "ada@mail.example") }
                }
                try await group.waitForAll()
            }
            #expect(try await installation.mailJobs().count == 1)
        }
    }

    @Test func aLanguageIsATag() {
        #expect(throws: Refusal.self) {
            try RequestPreferenceLink(address: Sample.address(), language: "not a tag")
        }
    }
}
