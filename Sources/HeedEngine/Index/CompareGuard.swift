// Asks both ways of the guard about the same addresses in one snapshot: its index in memory, and
// the statements that are its oracle.

package import HeedConsent
package import HeedStore

/// Where a walk over everything the guard knows has come to.
package enum GuardPlace: Sendable {
    /// Addresses of people, after one.
    case people(after: KeyWords?)
    /// Blocks, after one.
    case blocks(after: GuardBlock?)

    /// Before the first address.
    package static let start = GuardPlace.people(after: nil)
}

/// Reads what to ask the guard about: every address somebody has, then every one a block stands at.
package struct GuardPage: Query {
    let place: GuardPlace
    let limit: Int

    /// Goes on from a place, with so many addresses or blocks at most.
    package init(from place: GuardPlace, limit: Int) {
        self.place = place
        self.limit = limit
    }

    /// Addresses by their keyed hashes.
    package struct Page: Sendable {
        /// The keyed hashes.
        package let keys: [LookupWords]
        /// Where it goes on; nil at the end.
        package let next: GuardPlace?
    }

    package func answer(in transaction: Transaction) throws -> Page {
        switch place {
        case .people(let last):
            let rows = try transaction.guardAddresses(after: last, limit: limit)
            let keys = Set(rows.map { LookupWords(match: $0.match, widened: $0.widened) })
                .sorted { $0.match.bytes.lexicographicallyPrecedes($1.match.bytes) }
            guard keys.count == limit else {
                return Page(keys: keys, next: .blocks(after: nil))
            }
            return Page(keys: keys, next: .people(after: keys.last?.match))
        case .blocks(let last):
            let blocks = try transaction.guardBlocks(after: last, limit: limit)
            // As an address of nobody's would have them, whose aliases are all one mailbox or none.
            let keys = Set(
                blocks.map { LookupWords(match: $0.key, widened: $0.isWidened ? $0.key : nil) }
            )
            return Page(
                keys: Array(keys),
                next: blocks.count == limit ? .blocks(after: blocks.last) : nil
            )
        }
    }
}

/// Compares the answers of both ways in one scope.
package struct CompareGuard: Query {
    let keys: [LookupWords]
    let scope: ScopeName

    /// Names addresses by their keyed hashes, and a scope.
    package init(_ keys: [LookupWords], in scope: ScopeName) {
        self.keys = keys
        self.scope = scope
    }

    /// One address about which they differ.
    package struct Difference: Sendable {
        /// Whose it is; nil where a block stands at an address of nobody's.
        package let contact: ContactID?
        /// What the index says.
        package let memory: String
        /// What the statements say.
        package let database: String
    }

    /// Nothing without an index, or where it leaves the answer to the statements.
    package func answer(in transaction: Transaction) throws -> [Difference]? { nil }

    package func answer(
        in transaction: Transaction,
        from memory: GuardMemory
    ) throws -> [Difference]? {
        guard let memory = try memory.decide(keys, scope, in: transaction) else { return nil }
        let facts = try transaction.facts(about: keys.map(\.keys), scope)
        let decisions = facts.map { SendDecision($0, at: transaction.now) }
        var differences: [Difference] = []
        for (verdict, decision) in zip(memory.verdicts, decisions)
        where verdict.reason != decision.reason || verdict.optOutStatus != decision.optOutStatus {
            differences.append(
                Difference(
                    contact: decision.contact,
                    memory: CompareGuard.words(verdict.reason, verdict.optOutStatus),
                    database: CompareGuard.words(decision.reason, decision.optOutStatus)
                )
            )
        }
        let validUntil = decisions.filter(\.allowed).map(\.validUntil).min()
        if let validUntil, differences.isEmpty, memory.validUntil != validUntil {
            differences.append(
                Difference(
                    contact: nil,
                    memory: "until \(memory.validUntil.text)",
                    database: "until \(validUntil.text)"
                )
            )
        }
        return differences
    }

    private static func words(
        _ reason: SendDecision.Reason,
        _ status: Permission.OptOutStatus?
    ) -> String { reason.rawValue + (status.map { " (\($0.rawValue))" } ?? "") }
}

extension Engine {
    /// This door where its index answers; otherwise one with an index of its own, which is read now
    /// and goes with it.
    package func withIndex() async throws -> Engine {
        if index.isReady { return self }
        let engine = Engine(database: database)
        try await engine.maintainIndex()
        return engine
    }
}
