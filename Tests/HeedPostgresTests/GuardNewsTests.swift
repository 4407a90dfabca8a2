// The news of the guard's index on PostgreSQL, where what was written first may commit last.

import HeedConsent
import HeedPostgres
import TestSupport
import Testing

@testable import HeedStore

@Suite("News for the guard's index", .timeLimit(.minutes(10)))
struct GuardNewsTests {
    private func people(_ news: GuardNews) -> Set<ContactID> {
        Set(news.changes.compactMap(\.contact))
    }

    /// Keeps the server from ending a transaction that waits for others on a busy machine.
    private func stay(_ transaction: Transaction) throws {
        _ = try transaction.connection.run(
            "SELECT set_config('idle_in_transaction_session_timeout', '0', true)",
            []
        )
    }

    private func add(_ number: UInt64) -> @Sendable (Transaction) throws -> Int64 {
        { transaction in
            let event = Event.contactAdded(Sample.contact(number), [])
            return try transaction.record(Decision((), events: [event]), by: Sample.actor)
        }
    }

    /// Whoever asks for events above the highest position it has seen misses one for ever.
    @Test func anOvertakenCommitIsInTheNews() async throws {
        try await withHarness { harness in
            let nodes = [try harness.open(), try harness.open()]
            defer { for node in nodes { node.close() } }
            let start = try await nodes[1].read { try $0.guardNews(since: nil, limit: 9).mark }
            let (late, add) = (add(2), add(1))
            // The first has written, and waits; the second commits; a reader looks; the first
            // commits at last.
            let (seen, highest) = try await nodes[0].write { transaction in
                try stay(transaction)
                _ = try add(transaction)
                return try waiting {
                    _ = try await nodes[1].write(late)
                    return try await nodes[1].read { reader in
                        (
                            try reader.guardNews(since: start, limit: 9),
                            try reader.events(after: 0, limit: 9).map(\.position).max() ?? 0
                        )
                    }
                }
            }
            #expect(people(seen) == [Sample.contact(2).id])
            let (naive, news, again) = try await nodes[1].read { reader in
                let news = try reader.guardNews(since: seen.mark, limit: 9)
                return (
                    try reader.events(after: highest, limit: 9).count, news,
                    try reader.guardNews(since: news.mark, limit: 9)
                )
            }
            #expect(naive == 0)
            #expect(people(news) == [Sample.contact(1).id])
            #expect(again.changes.isEmpty && !again.isBroken && again.mark == news.mark)
        }
    }

    /// A transaction that never seems to end holds positions back, and no news.
    @Test func whoHoldsTheHorizonBackHidesNothing() async throws {
        try await withHarness { harness in
            let nodes = [try harness.open(), try harness.open()]
            defer { for node in nodes { node.close() } }
            let (first, adds) = (add(1), (2...4).map { add($0) })
            try await nodes[0].write { transaction in
                try stay(transaction)
                _ = try first(transaction)
                try waiting {
                    var mark = try await nodes[1].read {
                        try $0.guardNews(since: nil, limit: 9).mark
                    }
                    for (number, add) in adds.enumerated() {
                        _ = try await nodes[1].write(add)
                        let known = mark
                        let news = try await nodes[1].read {
                            try $0.guardNews(since: known, limit: 9)
                        }
                        // Only what is new, however much there is above the horizon.
                        let expected = Sample.contact(UInt64(number) + 2).id
                        #expect(news.changes.map(\.contact) == [expected])
                        mark = news.mark
                    }
                }
            }
        }
    }

    /// After a standby took over, what was read last may never have been.
    @Test func anotherHistoryIsNotGoneOnWith() async throws {
        try await withHarness { harness in
            let node = try harness.open()
            defer { node.close() }
            let mark = try await node.read { try $0.guardNews(since: nil, limit: 9).mark }
            let others = [
                GuardMark(history: "000000FF", counter: mark.counter, text: mark.text),
                GuardMark(history: mark.history, counter: .max, text: mark.text),
            ]
            for other in others {
                let news = try await node.read { try $0.guardNews(since: other, limit: 9) }
                #expect(news.isBroken)
            }
        }
    }
}
