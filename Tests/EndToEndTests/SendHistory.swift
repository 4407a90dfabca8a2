// What clients asked and were told, in real order, and the one thing that must not be in it.

import Synchronization
import Testing

/// A record that many clients write at the same time.
///
/// A tick is taken before a request is sent and after its answer was read. So if one entry ended
/// before another began, its answer was in somebody's hands before the other was asked.
final class SendHistory: Sendable {
    /// What came back.
    ///
    /// An error, or no answer at all, is `unknown`: it may have been done or not.
    enum Outcome: Sendable {
        case acknowledged
        case allowed
        case refused
        case unknown
    }

    /// One request about one person.
    struct Entry: Sendable {
        let person: Int
        let scope: String
        let began: Int
        let ended: Int
        let outcome: Outcome
    }

    private struct State {
        var tick = 0
        var entries: [Entry] = []
        var counts: [Outcome: Int] = [:]
    }

    private let state = Mutex(State())

    /// The tick before a request.
    func begin() -> Int {
        state.withLock {
            $0.tick += 1
            return $0.tick
        }
    }

    /// Records what came of a request that began at a tick.
    func end(_ began: Int, _ scope: String, _ outcomes: [(person: Int, outcome: Outcome)]) {
        state.withLock { state in
            state.tick += 1
            for (person, outcome) in outcomes {
                state.entries.append(
                    Entry(
                        person: person,
                        scope: scope,
                        began: began,
                        ended: state.tick,
                        outcome: outcome
                    )
                )
                state.counts[outcome, default: 0] += 1
            }
        }
    }

    func count(_ outcome: Outcome) -> Int { state.withLock { $0.counts[outcome, default: 0] } }

    var entries: [Entry] { state.withLock { $0.entries } }

    /// When each person's opt-out from a scope was first acknowledged.
    static func acknowledged(_ entries: [Entry]) -> [Int: [String: Int]] {
        var first: [Int: [String: Int]] = [:]
        for entry in entries where entry.outcome == .acknowledged {
            let known = first[entry.person]?[entry.scope] ?? .max
            first[entry.person, default: [:]][entry.scope] = min(known, entry.ended)
        }
        return first
    }

    /// Every "yes" that was asked for after an opt-out was acknowledged that covers it.
    static func broken(_ entries: [Entry]) -> [Entry] {
        let acknowledged = acknowledged(entries)
        return entries.filter { entry in
            guard entry.outcome == .allowed, let known = acknowledged[entry.person] else {
                return false
            }
            let first = min(known[entry.scope] ?? .max, known["global"] ?? .max)
            return first < entry.began
        }
    }
}

@Suite("SendHistory")
struct SendHistoryTests {
    private func broken(_ scope: String, _ began: Int, person: Int = 1) -> Bool {
        let no = SendHistory.Entry(
            person: 1,
            scope: scope,
            began: 1,
            ended: 4,
            outcome: .acknowledged
        )
        let late = SendHistory.Entry(
            person: 1,
            scope: scope,
            began: 8,
            ended: 9,
            outcome: .acknowledged
        )
        let yes = SendHistory.Entry(
            person: person,
            scope: "newsletter",
            began: began,
            ended: 7,
            outcome: .allowed
        )
        return !SendHistory.broken([late, yes, no]).isEmpty
    }

    @Test func aYesAfterANoIsFound() {
        #expect(broken("newsletter", 5))
        #expect(broken("global", 5))
    }

    @Test func whatOverlapsOrConcernsOthersIsNot() {
        #expect(!broken("newsletter", 3))
        #expect(!broken("promotions", 5))
        #expect(!broken("newsletter", 5, person: 2))
    }

    @Test func entriesAreInTheOrderOfTheirTicks() {
        let history = SendHistory()
        let began = history.begin()
        history.end(began, "newsletter", [(1, .acknowledged)])
        let later = history.begin()
        history.end(later, "newsletter", [(1, .allowed), (2, .unknown)])
        #expect(SendHistory.broken(history.entries).map(\.person) == [1])
        #expect(history.count(.unknown) == 1)
    }
}
