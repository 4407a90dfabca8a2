// The audit log in the database: positions without gaps, bodies as they were hashed, timelines.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Audit")
struct TransactionAuditTests {
    @Test(arguments: Backend.allCases)
    func anEmptyLogIsAtZero(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let log = try await installation.database.read { transaction in
                (try transaction.position(), try transaction.events(after: 0, limit: 10))
            }
            #expect(backend == .sqlite ? log.0 == 0 : log.0 > 0)
            #expect(log.1.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func eventsReadBackInOrder(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let start = installation.clock.now
            installation.clock.advance(seconds: 1)
            try await installation.decide(Sample.address())
            let log = try await installation.database.read { transaction in
                try transaction.events(after: 0, limit: 100)
            }
            #expect(log.count == 6 && backend.isOrderly(log.map(\.position)))
            let kinds = [
                "scope.added", "scope.added", "scope.added", "policy.published", "contact.added",
                "consent.granted",
            ]
            #expect(log.map(\.kind) == kinds)
            #expect(log.map(\.at).first == start)
            #expect(log.map(\.at).last == start.adding(seconds: 1))
            let body = String(decoding: try #require(log.last).body, as: UTF8.self)
            #expect(body.hasPrefix(#"{"actor":"test-key","actorType":"api-key","at":"#))
            #expect(body.contains(#""from":"none""#) && body.contains(#""to":"granted""#))
            let page = try await installation.database.read {
                try $0.events(after: log[1].position, limit: 2)
            }
            #expect(page == Array(log[2..<4]))
        }
    }

    /// A transaction that was rolled back leaves no hole that could look like a removed event,
    /// where places are counted.
    @Test(arguments: Backend.allCases)
    func aRolledBackEventLeavesNoGap(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for number in 1...3 {
                _ = await failureCode {
                    try await installation.record([
                        .contactAdded(Sample.contact(UInt64(number)), []),
                        .scopeAdded(Sample.scopes[0]),
                    ])
                }
                try await installation.decide(Sample.address(number))
            }
            let positions = try await installation.database.read { transaction in
                try transaction.events(after: 0, limit: 100).map(\.position)
            }
            #expect(positions.count == 10 && backend.isOrderly(positions))
        }
    }

    @Test(arguments: Backend.allCases)
    func timelinesHoldOnlyTheirOwn(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let id = try await installation.decide(Sample.address(1))
            try await installation.decide(Sample.address(2))
            let optOut = try await installation.optOut(Sample.address(1))
            try await installation.optOut(Sample.address(2))
            try await installation.database.read { transaction in
                let mine = try transaction.timeline(of: id, limit: 100).map(\.kind)
                #expect(
                    mine == [
                        "contact.added", "consent.granted", "optout.requested", "consent.withdrawn",
                        "suppression.added", "optout.enqueued",
                    ]
                )
                #expect(
                    try transaction.timeline(of: id, limit: 2).map(\.kind) == Array(mine.prefix(2))
                )
                #expect(
                    try transaction.timeline(of: optOut, limit: 100).map(\.kind)
                        == ["optout.requested", "suppression.added", "optout.enqueued"]
                )
            }
        }
    }

    /// A log entry has a 16-bit length (C2SP tlog-tiles), so a longer body is refused whole.
    @Test(arguments: Backend.allCases)
    func anOversizedEventIsRefused(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let counts = Dictionary(uniqueKeysWithValues: (0..<5000).map { ("reason-\($0)", $0) })
            let effect = try await installation.effect {
                try await installation.record([
                    .importFinished(ImportID(high: 1, low: 1), counts: counts)
                ])
            }
            #expect(effect == .refused("refused-by-database"))
        }
    }
}
