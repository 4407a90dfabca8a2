// One mistake for each invariant, made on purpose: a history that does not notice it is worth
// nothing.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport

/// A mistake that breaks one invariant.
struct Sabotage: Sendable {
    let invariant: Invariant

    init(_ invariant: Invariant) { self.invariant = invariant }

    /// For `stopsHold`: answers before the commit, and the commit fails.
    func acknowledge(
        _ error: StoreError,
        _ promises: inout Promises,
        _ person: Int,
        _ scopes: Set<ScopeName>
    ) {
        guard invariant == .stopsHold, error.code == .full else { return }
        promises.forbid(person, scopes)
    }

    /// Changes the database behind everybody's back, where there is something to break.
    func strike(_ simulation: Simulation, asking engine: Engine) async throws {
        let database = simulation.observer.database
        switch invariant {
        case .stopsHold: return
        case .permissionsFollowRecords:
            try await run(
                "UPDATE permissions SET state = 'denied' WHERE state = 'granted'",
                database
            )
        case .logIsExact:
            try await run(
                """
                INSERT INTO ledger_leaves (leaf_index, position, event_id, hash)
                SELECT (SELECT coalesce(max(leaf_index) + 1, 0) FROM ledger_leaves), position, id,
                    zeroblob(32)
                FROM audit_events
                WHERE position > (SELECT coalesce(max(position), 0) FROM ledger_leaves)
                ORDER BY position LIMIT 1
                """,
                database
            )
        case .workGoesOn: try await run("DELETE FROM jobs WHERE connector = 'crm'", database)
        case .erasedIsGone:
            for erasure in simulation.promises.erasures {
                let contact = SQLValue.blob(erasure.contact.bytes)
                try await database.write { transaction in
                    _ = try transaction.connection.run(
                        "INSERT INTO contact_keys (contact_id, wrapped) SELECT $1, $2 "
                            + "WHERE EXISTS (SELECT 1 FROM requests WHERE id = $3 "
                            + "AND status = 'completed') ON CONFLICT DO NOTHING",
                        [
                            contact, .blob(erasure.sealedKey), .blob(erasure.request.bytes),
                        ]
                    )
                }
            }
        case .answersRepeat: try await run("DELETE FROM idempotency_keys", database)
        case .guardsAgree:
            // The index learns of changes by their events; this has none.
            guard engine.index.isReady else { return }
            try await run("DELETE FROM permissions", database)
        }
    }

    private func run(_ sql: SQL, _ database: any Database) async throws {
        try await database.write { transaction in _ = try transaction.connection.run(sql, []) }
    }
}
