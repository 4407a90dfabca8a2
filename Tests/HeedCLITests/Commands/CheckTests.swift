// An explanation says why in plain words, for every reason, and never with the address.

import HeedConsent
import HeedEngine
import TestSupport
import Testing

@testable import HeedCLI

@Suite("Explanation")
struct CheckTests {
    private static let words: [(SendDecision.Reason, String)] = [
        (.allowed, "They said yes on 2026-01-01T00:00:00Z, and nothing speaks against it."),
        (.unknownContact, "Nothing was ever recorded; no record is no consent."),
        (.legalBlock, "A legal block stands."),
        (.erased, "Their data was erased; the block is what remains."),
        (
            .complaint,
            "They reported a message as spam; only a confirmed double opt-in lifts that."
        ),
        (.hardBounce, "The address does not exist: a message bounced for good."),
        (.manualBlock, "An operator blocked the address."),
        (.restricted, "Processing of their data is restricted."),
        (.globalOptOut, "They opted out of all campaigns. Only their own newer act lifts that."),
        (
            .optOut,
            "They opted out of this on 2026-01-01T00:00:00Z. Only their own newer act lifts that."
        ),
        (.noConsent, "They never agreed to this scope."),
        (.unconfirmed, "They were asked to confirm and have not."),
        (.denied, "They said no when asked on 2026-01-01T00:00:00Z."),
        (.withdrawn, "They withdrew consent on 2026-01-01T00:00:00Z."),
        (.expired, "Their consent has run out."),
        (.policyOutdated, "They agreed to a version of the policy that is no longer enough."),
    ]

    @Test(arguments: words)
    func everyReasonIsSaid(_ reason: SendDecision.Reason, _ text: String) {
        let decidedAt = Timestamp(seconds: 1_767_225_600)
        #expect(Explanation.why(reason, decidedAt: decidedAt) == text)
        let without = text.replacing(" on 2026-01-01T00:00:00Z", with: "")
        #expect(Explanation.why(reason, decidedAt: nil) == without)
    }

    @Test func theTableHasEveryReasonOnce() {
        #expect(CheckTests.words.map(\.0) == SendDecision.Reason.allCases)
    }

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
            #expect(json.contains(#""optOutStatus":"pending""#))
            #expect(!json.contains("person1"))
        }
    }
}
