// Every reason of the guard is said in plain words, and so is what would take it away.

import HeedConsent
import Testing

@testable import HeedCLI

@Suite("Explanation: reasons")
struct ExplanationTests {
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
        (
            .restricted,
            "Processing of their data is restricted: they asked for it, or a legal hold keeps "
                + "their erasure waiting."
        ),
        (
            .globalOptOut,
            "They opted out of all campaigns on 2026-01-01T00:00:00Z. "
                + "Only their own newer act lifts that."
        ),
        (
            .optOut,
            "They opted out of this on 2026-01-01T00:00:00Z. Only their own newer act lifts that."
        ),
        (.noConsent, "They never agreed to this scope."),
        (.unconfirmed, "They were asked to confirm and have not."),
        (.denied, "They said no when asked on 2026-01-01T00:00:00Z."),
        (.withdrawn, "They withdrew consent on 2026-01-01T00:00:00Z."),
        (.expired, "Their consent has run out on 2026-01-01T00:00:00Z."),
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
        #expect(ExplanationTests.words.map(\.0) == SendDecision.Reason.allCases)
    }

    /// Whoever reads why there is a no reads what would make it a yes.
    @Test(arguments: SendDecision.Reason.allCases)
    func everyObstacleHasARemedy(_ reason: SendDecision.Reason) {
        #expect(Explanation.remedies([reason]).count == (reason == .allowed ? 0 : 1))
    }

    /// A rule that only their own act meets is never said to be met by a list.
    @Test(arguments: [.erased, .complaint, .globalOptOut, .optOut] as [SendDecision.Reason])
    func aNoOfTheirsIsNotLiftedByAList(_ reason: SendDecision.Reason) {
        #expect(!Explanation.remedies([reason]).joined().contains("heed import"))
    }

    /// One yes ends several obstacles, and has to be enough for the worst of them.
    @Test(
        arguments: [
            ([.hardBounce, .optOut, .withdrawn], ["another address", "newer yes themselves"]),
            ([.complaint, .optOut, .withdrawn], ["double opt-in that they began"]),
            ([.erased, .unknownContact], ["come back by themselves"]),
            ([.restricted, .noConsent], ["restriction ends", "heed import"]),
            ([.globalOptOut, .noConsent], ["newer yes themselves"]),
        ] as [([SendDecision.Reason], [String])]
    )
    func theHardestYesIsSaid(_ obstacles: [SendDecision.Reason], _ parts: [String]) {
        let remedies = Explanation.remedies(obstacles)
        #expect(remedies.count == parts.count)
        for (remedy, part) in zip(remedies, parts) { #expect(remedy.contains(part)) }
    }
}
