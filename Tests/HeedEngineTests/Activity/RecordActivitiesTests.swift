// What became of messages is taken once, obeyed where it is a "no", and nobody's where nobody is
// known.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("RecordActivities")
struct RecordActivitiesTests {
    private let ada = Sample.address

    private func row(_ installation: Installation, _ column: SQL) async throws -> Int64 {
        try await installation.number("SELECT count(" + column + ") FROM events")
    }

    @Test(arguments: Backend.allCases)
    func anEventIsTakenOnceByItsID(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try ada(1)
            let contact = try await installation.decide(address)
            #expect(try await installation.tell("e-1", .opened, address) == .recorded)
            var again: [ActivityOutcome?] = []
            let effect = try await installation.effect {
                again.append(try await installation.tell("e-1", .opened, address))
                // Whatever else is told under this id.
                again.append(try await installation.tell("e-1", .complained, address))
            }
            #expect(effect == .unchanged && again == [.duplicate, .duplicate])
            let history = try await installation.activities(of: contact)
            #expect(history.map { $0["kind"] } == ["opened"])
            #expect(history.first?["ip"] == "203.0.113.77")
            #expect(history.first?["campaign"] == "spring")
            // Another teller means another event by the same id.
            let other = RecordActivities(
                [try Sample.report("e-1", .opened, .address(address), at: installation.clock.now)],
                from: "connector esp",
                stops: .counted
            )
            let done = try await installation.engine.perform(other, as: Sample.actor)
            #expect(done.receipt == [.recorded])
        }
    }

    @Test(arguments: Backend.allCases)
    func oneIDTwiceInABatchIsOneEvent(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let now = installation.clock.now
            try await installation.decide(ada(1))
            let report = try Sample.report("e", .opened, .address(ada(1)), at: now)
            let other = try Sample.report("f", .clicked, .address(ada(1)), at: now)
            let batch = [report, other, report]
            let outcomes = try await installation.engine.take(batch, as: Sample.actor).outcomes
            #expect(outcomes == [.recorded, .recorded, .duplicate])
            let again = try await installation.engine.take(batch, as: Sample.actor).outcomes
            #expect(again == [.duplicate, .duplicate, .duplicate])
            // One line in the log for each batch that brought something.
            let lines = try await installation.number(
                "SELECT count(*) FROM audit_events WHERE kind = 'events.recorded'"
            )
            #expect(lines == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func badOnesAreRefusedByThemselves(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let now = installation.clock.now
            let contact = try await installation.decide(ada(1))
            let nobody = ContactID(high: contact.high, low: contact.low ^ 1)
            let batch = [
                try Sample.report("a", .opened, .contact(nobody), at: now),
                try Sample.report("b", .opened, .contact(contact), at: now),
                try Sample.report(
                    "c",
                    .opened,
                    .contact(contact),
                    at: now,
                    scope: ScopeName(stored: "none")
                ),
                try Sample.report("d", .opened, .contact(contact), at: now.adding(seconds: 301)),
                try Sample.report("e", .unsubscribed, .contact(nobody), at: now),
            ]
            let outcomes = try await installation.engine.take(batch, as: Sample.actor).outcomes
            let fields = outcomes.map { outcome -> String? in
                if case .refused(let refusal) = outcome { refusal.field } else { nil }
            }
            #expect(fields == ["contactId", nil, "scope", "at", "contactId"])
            #expect(try await row(installation, "*") == 1)
            // Told right, they are taken under the same ids.
            let right = try Sample.report("a", .opened, .contact(contact), at: now)
            let taken = try await installation.engine.take([right], as: Sample.actor)
            #expect(taken.outcomes == [.recorded])
        }
    }

    @Test(arguments: Backend.allCases)
    func whatNobodyHasIsCountedAsNobodys(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let outcome = try await installation.tell("e", .opened, ada(9), message: "m")
            #expect(outcome == .anonymous)
            #expect(try await row(installation, "*") == 1)
            #expect(try await row(installation, "contact_id") == 0)
            #expect(try await row(installation, "first_key") == 0)
            #expect(try await row(installation, "sealed") == 0)
            #expect(try await installation.number("SELECT count(*) FROM contacts") == 0)
            let total = try await installation.statistics().total
            #expect(total[.opened] == .init(total: 1, unique: 0))
        }
    }

    @Test(arguments: Backend.allCases)
    func firstOfItsKindForAMessage(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(ada(1))
            try await installation.decide(ada(2))
            for (id, number, message) in [
                ("1", 1, "m"), ("2", 1, "m"), ("3", 1, "n"), ("4", 2, "m"), ("5", 1, nil),
                ("6", 1, nil),
            ] as [(String, Int, String?)] {
                try await installation.tell(id, .opened, ada(number), message: message)
            }
            try await installation.tell("7", .clicked, ada(1), message: "m")
            let total = try await installation.statistics().total
            #expect(total[.opened] == .init(total: 6, unique: 4))
            #expect(total[.clicked] == .init(total: 1, unique: 1))
        }
    }

    @Test(arguments: Backend.allCases)
    func aNoIsObeyedInTheSameCommit(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for number in 1...4 {
                try await installation.decide(ada(number))
                try await installation.decide(ada(number), in: Sample.receipts)
                try await installation.decide(ada(number), in: Sample.promotions)
            }
            installation.clock.advance(seconds: 60)
            try await installation.tell("1", .hardBounced, ada(1))
            try await installation.tell("2", .complained, ada(2))
            try await installation.tell("3", .unsubscribed, ada(3))
            try await installation.tell("4", .softBounced, ada(4))
            let reasons = try await [1, 2, 3, 4].asyncMap { number in
                try await installation.check(try Sample.address(number)).reason
            }
            #expect(reasons == [.hardBounce, .complaint, .optOut, .allowed])
            #expect(try await installation.check(ada(3), Sample.promotions).allowed)
            #expect(try await installation.check(ada(2), Sample.receipts).reason == .complaint)
            // Without a scope it means everything but what is owed.
            let all = try Sample.report(
                "5",
                .unsubscribed,
                .address(ada(4)),
                at: installation.clock.now,
                scope: nil
            )
            _ = try await installation.engine.take([all], as: Sample.actor)
            #expect(try await installation.check(ada(4), Sample.promotions).reason == .globalOptOut)
            #expect(try await installation.check(ada(4), Sample.receipts).allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func aStopOfSomebodyUnknownHolds(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.tell("1", .hardBounced, ada(1))
            #expect(try await installation.number("SELECT count(*) FROM contacts") == 0)
            #expect(try await installation.check(ada(1)).reason == .hardBounce)
            // As a webhook's: an opt-out may not be turned away for coming first (decision 10).
            #expect(try await installation.tell("2", .complained, ada(2)) == .recorded)
            #expect(try await installation.check(ada(2)).reason == .complaint)
            #expect(try await row(installation, "contact_id") == 1)
        }
    }

    /// The old event comes again after the person came back; it must not undo that.
    @Test(arguments: Backend.allCases)
    func anOldStopToldAgainStopsNobody(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(ada(1))
            installation.clock.advance(seconds: 60)
            let stop = try Sample.report(
                "s",
                .unsubscribed,
                .address(ada(1)),
                at: installation.clock.now,
                scope: nil
            )
            _ = try await installation.engine.take([stop], as: Sample.actor)
            #expect(try await !installation.check(ada(1)).allowed)
            installation.clock.advance(seconds: 60)
            try await installation.decide(ada(1), terms: Terms(source: .doubleOptIn))
            #expect(try await installation.check(ada(1)).allowed)
            let effect = try await installation.effect {
                _ = try await installation.engine.take([stop], as: Sample.actor)
            }
            #expect(effect == .unchanged)
            #expect(try await installation.check(ada(1)).allowed)
        }
    }

    @Test(arguments: Backend.allCases)
    func manyStopsInOneBatchAreDecidedOneByOne(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let now = installation.clock.now
            // The same unknown person twice: made known by the first, known to the second.
            let batch = [
                try Sample.report("1", .complained, .address(ada(1)), at: now),
                try Sample.report("2", .opened, .address(ada(1)), at: now),
                try Sample.report("3", .unsubscribed, .address(ada(1)), at: now),
                try Sample.report("4", .complained, .address(ada(1)), at: now),
            ]
            let outcomes = try await installation.engine.take(batch, as: Sample.actor).outcomes
            #expect(outcomes == [.recorded, .anonymous, .recorded, .recorded])
            #expect(try await installation.number("SELECT count(*) FROM contacts") == 1)
        }
    }

    /// Nothing that is counted can be changed, not by the owner either.
    @Test(arguments: Backend.allCases)
    func whatIsCountedStays(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(ada(1))
            try await installation.tell("1", .opened, ada(1))
            for statement: SQL in [
                "UPDATE events SET kind = 'clicked'", "UPDATE events SET at = 0",
                "UPDATE events SET is_first = 0", "UPDATE events SET campaign = 'x'",
            ] {
                let effect = try await installation.effect {
                    try await installation.sql(statement)
                }
                #expect(effect == .refused("refused-by-database"))
            }
        }
    }
}

extension Sequence where Element: Sendable {
    /// Each in turn.
    fileprivate func asyncMap<Answer>(
        _ body: (Element) async throws -> Answer
    ) async throws -> [Answer] {
        var answers: [Answer] = []
        for element in self { answers.append(try await body(element)) }
        return answers
    }
}
