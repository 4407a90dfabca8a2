// Somebody who looks at the database after every step of a history and knows what must hold.

import Foundation
import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import Synchronization
import TestSupport

/// Holds the invariants against the database, through an opening that no fault reaches.
final class Observer: Sendable {
    let database: any Database
    let place: Place
    private let log = Mutex(LogWatch())

    init(database: any Database, place: Place) {
        self.database = database
        self.place = place
    }

    /// Looks at everything there is to see now, and asks one process what it would send.
    ///
    /// - Throws: `Violation` with the first invariant that does not hold.
    func look(_ promises: inout Promises, _ engine: Engine) async throws {
        try await lookAtTheGuard(&promises, engine)
        try await database.read { transaction in
            try Observer.lookAtPermissions(in: transaction)
            try self.log.withLock { try $0.look(in: transaction) }
            try Observer.lookAtWork(in: transaction)
        }
        try await lookAtTheErased(promises)
    }

    private func lookAtTheGuard(_ promises: inout Promises, _ engine: Engine) async throws {
        // Its index is never read, so it answers from the tables.
        let tables = Engine(database: database)
        let recipients = place.addresses.map(\.delivery)
        for scope in Sample.scopes.map(\.name) {
            let question = try MaySendMany(recipients: recipients, scope: scope)
            let found = try await engine.ask(question).verdicts
            for (person, verdict) in found.enumerated() where verdict.reason == .allowed {
                promises.allowed += 1
                guard promises.isForbidden(person, scope) else { continue }
                throw Violation(.stopsHold, "person \(person) is allowed for \(scope.text)")
            }
            let expected = try await tables.ask(question).verdicts
            guard found.map(\.reason) == expected.map(\.reason) else {
                throw Violation(
                    .guardsAgree,
                    "\(scope.text): \(found.map(\.reason)), not \(expected.map(\.reason))"
                )
            }
        }
    }

    private static func lookAtPermissions(in transaction: Transaction) throws {
        let everybody = ContactRange(
            after: [UInt8](repeating: 0, count: 16),
            through: [UInt8](repeating: 0xFF, count: 16)
        )
        let page = try transaction.people(in: everybody)
        let horizon = try transaction.consentHorizon()
        let fold = PermissionFold(page, horizon: horizon)
        if let difference = fold.differences(from: page.permissions).first {
            throw Violation(
                .permissionsFollowRecords,
                "\(difference.place.text) is \(difference.stored), not \(difference.folded)"
            )
        }
        guard fold.unlogged.isEmpty, fold.repeated.isEmpty, fold.impossible.isEmpty else {
            throw Violation(.permissionsFollowRecords, "records without an event, or with several")
        }
    }

    /// Whatever waits has somebody who will do it.
    private static func lookAtWork(in transaction: Transaction) throws {
        let lost = try transaction.rows(
            """
            SELECT 'opt-out', id FROM opt_outs o WHERE status = 'pending'
                AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.subject = o.id)
            UNION ALL
            SELECT 'target', t.id FROM opt_out_targets t JOIN opt_outs o ON o.id = t.opt_out_id
                WHERE t.state = 'pending' AND o.status <> 'pending'
                AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.subject = t.id)
            UNION ALL
            SELECT 'erasure', t.id FROM erasure_targets t WHERE t.state = 'pending'
                AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.subject = t.id)
            """
        )
        guard let first = lost.first else { return }
        throw Violation(.workGoesOn, "\(lost.count) have no job, the first \(try first.text(0))")
    }

    /// Nobody has the key to what there was of somebody whose erasure is done.
    private func lookAtTheErased(_ promises: Promises) async throws {
        for erasure in promises.erasures {
            let rows = try await database.read { transaction in
                try transaction.rows(
                    "SELECT (SELECT count(*) FROM contact_keys WHERE contact_id = $1), "
                        + "(SELECT count(*) FROM addresses WHERE contact_id = $1) "
                        + "FROM requests WHERE id = $2 AND status = 'completed'",
                    .blob(erasure.contact.bytes),
                    .blob(erasure.request.bytes)
                )
            }
            guard let row = rows.first else { continue }
            guard try row.integer(0) == 0, try row.integer(1) == 0 else {
                throw Violation(.erasedIsGone, "a key or an address is left")
            }
        }
    }
}

// MARK: - The end

extension Observer {
    /// Jobs that are neither done nor buried.
    func openJobs() async throws -> Int64 {
        try await count("SELECT count(*) FROM jobs WHERE state <> 'buried'")
    }

    /// Events that are not in the log yet.
    func unsequenced() async throws -> Int64 {
        try await count(
            "SELECT count(*) FROM audit_events "
                + "WHERE position > (SELECT coalesce(max(position), 0) FROM ledger_leaves)"
        )
    }

    /// Looks once more when all work is done.
    func lookAtTheEnd(_ promises: Promises) async throws {
        try await lookAtEndedWork()
        try await lookAtBytes(promises)
        let report = try await Verifier(engine: Engine(database: database)).run()
        guard report.isClean else {
            throw Violation(.permissionsFollowRecords, "\(report.findings)")
        }
        for stop in promises.stops {
            guard let receipt = stop.receipt, let id = OptOutID(text: receipt.id) else { continue }
            let kept = try await count(
                "SELECT count(*) FROM opt_outs WHERE id = $1",
                .blob(id.bytes)
            )
            guard kept == 1 else {
                throw Violation(.stopsHold, "an opt-out that was acknowledged is gone")
            }
        }
    }

    private func lookAtEndedWork() async throws {
        let open = try await count(
            "SELECT count(*) FROM opt_outs o WHERE status <> 'completed' AND NOT EXISTS "
                + "(SELECT 1 FROM opt_out_targets t WHERE t.opt_out_id = o.id "
                + "AND t.state = 'buried')"
        )
        guard open == 0 else { throw Violation(.workGoesOn, "\(open) opt-outs never ended") }
        let confirmed = try await database.read { transaction in
            try transaction.rows(
                "SELECT id FROM opt_out_targets WHERE state = 'confirmed' AND answer LIKE 'HTTP%'"
            ).map { try $0.id(0, of: OptOutTarget.self) }
        }
        for target in confirmed where place.wire.actions(on: target.text) == 0 {
            throw Violation(.workGoesOn, "a target is confirmed of which nobody was told")
        }
    }

    /// The files have nothing of what opens what there was of the erased.
    private func lookAtBytes(_ promises: Promises) async throws {
        let erased = try await database.read { transaction in
            try transaction.rows("SELECT id FROM requests WHERE status = 'completed'")
                .map { try $0.blob(0) }
        }
        let gone = promises.erasures.filter { erased.contains($0.request.bytes) }
        guard !gone.isEmpty else { return }
        try await database.clean()
        for file in try place.files() {
            for erasure in gone where Observer.contains(file, erasure.sealedKey) {
                throw Violation(.erasedIsGone, "a sealed key is left in the files")
            }
        }
    }

    private static func contains(_ file: Data, _ needle: [UInt8]) -> Bool {
        file.range(of: Data(needle)) != nil
    }

    private func count(_ sql: SQL, _ arguments: SQLValue...) async throws -> Int64 {
        try await database.read { transaction in
            try transaction.connection.run(sql, arguments).first?.integer(0) ?? 0
        }
    }

    /// The person with an address, and what their key is sealed as; nil for a stranger.
    func sealedKey(of address: Address) async throws -> (contact: ContactID, key: [UInt8])? {
        try await database.read { transaction in
            let keys = transaction.vault.lookupKeys(for: address)
            let row = try transaction.row(
                "SELECT k.contact_id, k.wrapped FROM addresses a "
                    + "JOIN contact_keys k ON k.contact_id = a.contact_id "
                    + "WHERE a.match_key = $1",
                .blob(keys.match)
            )
            return try row.map { (try $0.id(0, of: Contact.self), try $0.blob(1)) }
        }
    }
}
