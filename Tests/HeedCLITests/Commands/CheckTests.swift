// An explanation says why in plain words, for every reason, and never with the address.

import HeedConsent
import HeedEngine
import TestSupport
import Testing

@testable import HeedCLI

@Suite("Check and explain")
struct CheckTests {
    /// The history of somebody who agreed and then left, on a real database.
    private func history(_ test: (History.Answer) throws -> Void) async throws {
        try await Backend.sqlite.withEngine { installation in
            let engine = installation.engine
            let subject = Subject.address(try Sample.address())
            let grant = try RecordConsent(
                subject: subject,
                scope: Sample.newsletter,
                decision: .granted,
                basis: .consent,
                source: .form,
                policyVersion: Sample.version
            )
            _ = try await engine.perform(grant, as: .person)
            let stop = try RequestOptOut(
                subject: subject,
                extent: .scope(Sample.newsletter),
                source: .oneClick
            )
            _ = try await engine.perform(stop, as: .person)
            try test(try await engine.ask(History(subject)))
        }
    }

    @Test func aHistoryIsToldWithItsRecords() async throws {
        try await history { history in
            let text = Explanation.lines(history).joined(separator: "\n")
            for part in [
                "newsletter (campaign): may NOT be written to. They opted out of this on ",
                "promotions (campaign): may NOT be written to. They never agreed to this scope.",
                "Block: opt-out, in newsletter, since ", "granted newsletter, basis consent",
                "source form, policy 2026-01", "withdrawn newsletter", "optout.requested",
            ] {
                #expect(text.contains(part), "\(part)")
            }
            // The opt-out and the withdrawal behind it need the same.
            #expect(text.ranges(of: "To change that: they say a newer yes themselves").count == 1)
            // Rules are named with an @, people never.
            #expect(!text.contains("@mail") && text.contains("  regime="))
            #expect(text.ranges(of: "Contact ").count == 1)
        }
    }

    @Test func theJSONFormHasTheSame() async throws {
        try await history { history in
            let json = try Terminal.json(ExplainAnswer(history))
            #expect(json.contains(#""reason":"optOut""#))
            #expect(json.contains(#""decision":"withdrawn""#))
            #expect(json.contains(#""obstacles":["optOut","withdrawn"]"#))
            #expect(json.contains(#""toChange":["they say a newer yes themselves"#))
            #expect(json.contains(#""optOutStatus":"pending""#))
            #expect(!json.contains("person1"))
        }
    }
}
