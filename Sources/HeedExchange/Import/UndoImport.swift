// Takes back the consents of an import batch, in the order of the rule: nothing is deleted, nobody
// revived.

package import HeedConsent
package import HeedEngine
import HeedStore

/// What an undo did.
package struct UndoReport: Hashable, Sendable, Encodable {
    /// The batch.
    package let batch: String
    /// Consents that were taken back.
    package var takenBack = 0
    /// People of these whose permission is another one now.
    package var changed = 0
    /// Opt-outs of the batch, which stay.
    package var optOutsKept = 0
}

/// Undoes a batch.
///
/// Its consents no longer count, as if they had never come: each person's permission becomes what
/// their other records make of it, those from before the batch and those from after it. Records and
/// events stay, and each withdrawal is an event of its own. Opt-outs, complaints and bounces of the
/// batch stay in force: a person's own stop since then may rest on them.
package struct ImportUndoing: Sendable {
    private let engine: Engine
    private let actor: Actor

    /// Takes the door and who asks.
    package init(engine: Engine, actor: Actor) {
        self.engine = engine
        self.actor = actor
    }

    /// Undoes a batch; begun again after a crash it goes on, and done again it changes nothing.
    ///
    /// `onPage` is called now and then.
    package func run(
        _ batch: ImportID,
        onPage: () async throws -> Void = {}
    ) async throws -> UndoReport {
        // An import that is still running stops here, and a refused one is not touched.
        _ = try await engine.perform(RequestUndo(batch, by: actor), as: actor)
        let stored = try await engine.ask(FindBatch(batch: batch))
        var report = UndoReport(batch: batch.text)
        var after = ConsentID(high: 0, low: 0)
        while true {
            let page = BatchPage(batch: batch, from: stored.startedAt, after: after)
            let records = try await engine.ask(page)
            guard let last = records.last else { break }
            after = last.id
            try await onPage()
            let granted = records.filter { $0.decision == .granted }.map(\.id)
            report.optOutsKept += records.count - granted.count
            guard !granted.isEmpty else { continue }
            let command = TakeBack(records: granted)
            let done = try await engine.perform(command, as: actor).receipt
            report.takenBack += done.takenBack
            report.changed += done.changed
        }
        if stored.undoneAt == nil {
            _ = try await engine.perform(FinishUndo(report: report, batch: batch), as: actor)
        }
        return report
    }
}

private struct FindBatch: Query {
    let batch: ImportID

    func answer(in transaction: Transaction) throws -> StoredImport {
        guard let stored = try transaction.storedImport(batch) else {
            throw Refusal(.notFound, field: "batch", "there is no batch with this id")
        }
        return stored
    }
}

private struct BatchPage: Query {
    let batch: ImportID
    let from: Timestamp
    let after: ConsentID

    func answer(in transaction: Transaction) throws -> [ConsentRecord] {
        try transaction.consents(
            of: batch,
            after: max(after, ConsentID(at: from, random: (0, 0))),
            limit: 100
        )
    }
}

/// Takes some consents of a batch back.
private struct TakeBack: Command {
    struct Receipt: Sendable {
        var takenBack = 0
        var changed = 0
    }

    let records: [ConsentID]

    func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        var decision = Decision(Receipt())
        let found = try records.compactMap { try transaction.consent($0) }
        // In one order, so that two who lock the same people do not wait for each other.
        for record in found.sorted(by: { $0.contact < $1.contact }) {
            try transaction.lock(record.contact)
            let page = try transaction.people(in: ContactRange(only: record.contact))
            guard !page.takenBack.contains(record.id) else { continue }
            let scope = ScopeName(stored: record.scope)
            let place = PermissionPlace(contact: record.contact, scope: record.scope)
            let horizon = try transaction.consentHorizon()
            var rest = page
            rest.takenBack.insert(record.id)
            let before = try transaction.permission(of: record.contact, in: scope)
            let after = PermissionFold(rest, horizon: horizon).permissions[place] ?? Permission()
            decision.events.append(
                .consentTakenBack(record, from: before, to: after)
            )
            decision.receipt.takenBack += 1
            if before != after { decision.receipt.changed += 1 }
        }
        return decision
    }
}

/// Marks a batch as undone.
private struct FinishUndo: Command {
    let report: UndoReport
    let batch: ImportID

    func decide(in transaction: Transaction) throws -> Decision<Bool> {
        let counts = [
            "takenBack": report.takenBack, "changed": report.changed,
            "optOutsKept": report.optOutsKept,
        ]
        return Decision(true, events: [.importUndone(batch, counts: counts)])
    }
}
