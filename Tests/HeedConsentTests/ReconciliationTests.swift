// What came of a comparison: what is left, and back from the log as it went in.

import HeedConsent
import Testing

@Suite("Reconciliation")
struct ReconciliationTests {
    private static let subject = [UInt8](1...16)

    private func made(
        _ outcome: Reconciliation.Outcome,
        _ counts: [Reconciliation.Count: Int]
    ) -> Reconciliation {
        Reconciliation(
            connector: "esp",
            subject: Self.subject,
            isFixing: true,
            outcome: outcome,
            counts: counts
        )
    }

    private static let sums: [(counts: [Reconciliation.Count: Int], left: Int)] = [
        ([:], 0), ([.missingThere: 2], 2), ([.missingHere: 3], 3),
        ([.missingThere: 2, .missingHere: 3, .told: 2], 3),
        ([.missingThere: 2, .missingHere: 3, .told: 2, .recorded: 3], 0),
        ([.here: 9, .there: 9, .underway: 1, .withoutOptOut: 1, .withoutAddress: 1], 0),
    ]

    @Test(arguments: sums)
    func differencesAreWhatIsLeft(_ counts: [Reconciliation.Count: Int], _ left: Int) {
        #expect(made(.compared, counts).differences == left)
    }

    @Test(arguments: [
        Reconciliation.Outcome.compared, .counted, .brokenOff("HTTP 429"),
    ])
    func itComesBackFromItsFacts(_ outcome: Reconciliation.Outcome) {
        var counts: [Reconciliation.Count: Int] = [:]
        for (number, count) in Reconciliation.Count.allCases.enumerated() { counts[count] = number }
        let made = made(outcome, counts)
        #expect(Reconciliation(facts: made.facts, subject: Self.subject) == made)
    }

    /// A zero that nobody counted is not written down.
    @Test func whatBrokeOffTellsOnlyWhatWasCounted() {
        let broken = made(.brokenOff("HTTP 403"), [.there: 7, .missingHere: 0])
        #expect(!broken.isComplete && made(.compared, [:]).isComplete)
        #expect(made(.counted, [:]).isComplete)
        #expect(
            broken.facts == [
                "connector": "esp", "fix": "yes", "outcome": "broken-off", "answer": "HTTP 403",
                "there": "7",
            ]
        )
        #expect(made(.compared, [:]).facts["missingHere"] == "0")
        #expect(Reconciliation(facts: broken.facts, subject: Self.subject) == broken)
    }

    @Test(arguments: ["connector", "fix", "outcome"])
    func otherFactsAreNone(_ missing: String) {
        var facts = made(.compared, [:]).facts
        facts[missing] = nil
        #expect(Reconciliation(facts: facts, subject: Self.subject) == nil)
    }

    /// A line of another version may lack a count.
    @Test func aCountThatIsNotThereIsZero() {
        var facts = made(.compared, [.missingHere: 4, .told: 1]).facts
        facts["told"] = nil
        let found = Reconciliation(facts: facts, subject: Self.subject)
        #expect(found?[.missingHere] == 4)
        #expect(found?[.told] == 0)
    }
}
