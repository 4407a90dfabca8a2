// Stops again what a journal says was stopped after the backup: opt-outs, blocks, withdrawals.

import HeedConsent
import HeedEngine
import HeedStore

/// What became of an entry of the journal.
public enum ReplayOutcome: String, Sendable, CaseIterable {
    /// The database knows it already.
    case known
    /// An opt-out stands again, and every connector is told.
    case optOut = "optOuts"
    /// A block stands again.
    case block = "blocks"
    /// A withdrawal is recorded again.
    case withdrawal = "withdrawals"
    /// A request for erasure is open again.
    case request = "requests"
    /// Somebody is erased again.
    case erasure = "erasures"
    /// It is about nobody the backup knows.
    case nobody
}

/// Puts a block again that the database does not know any more.
///
/// The block stands under the keyed hashes it had, so it holds for people the backup does not know,
/// too. For those it knows, an opt-out is recorded in full, under the id it was acknowledged by.
struct ReplayBlock: Command {
    let entry: JournalEntry

    func decide(in transaction: Transaction) throws -> Decision<ReplayOutcome> {
        guard try !transaction.isKnown(entry.event.id), let old = Suppression(entry.event) else {
            return Decision(.known)
        }
        let block = Suppression(
            reason: old.reason,
            scope: old.scope,
            since: old.since,
            source: .restore,
            optOut: old.optOut
        )
        guard let contact = entry.event.contact,
            try transaction.contact(contact) != nil, try !transaction.isErased(contact)
        else { return try keyed(block, events: [], jobs: [], in: transaction) }
        let person = try transaction.resolve(.contact(contact))
        guard let extent = try extent(of: old, in: transaction) else {
            let stands = person.blocks.contains {
                $0.reason == old.reason && $0.scope == old.scope && $0.since >= old.since
            }
            let event = Event.suppressionAdded(block, .contact(contact))
            return try keyed(block, events: stands ? [] : [event], jobs: [], in: transaction)
        }
        let isTaken = try old.optOut.map { try transaction.optOut($0) != nil } ?? false
        let draft = OptOutDraft.again(
            isTaken ? nil : old.optOut,
            of: person,
            from: extent,
            at: old.since
        )
        if try draft.standing(in: transaction) != nil {
            return try keyed(block, events: [], jobs: [], in: transaction)
        }
        let (_, events, jobs) = try draft.outcome(in: transaction)
        return try keyed(block, events: events, jobs: jobs, as: .optOut, in: transaction)
    }

    /// What an opt-out covers; nil for another block, and for a scope the backup does not know.
    private func extent(
        of block: Suppression,
        in transaction: Transaction
    ) throws -> OptOut.Extent? {
        switch block.reason {
        case .optOutGlobal: return .global
        case .optOut:
            guard let scope = block.scope, try transaction.scope(scope) != nil else { return nil }
            return .scope(scope)
        case .legal, .erasure, .restriction, .complaint, .hardBounce, .manual: return nil
        }
    }

    /// The same with the block under every keyed hash that it had.
    private func keyed(
        _ block: Suppression,
        events: [Event],
        jobs: [JobChange],
        as outcome: ReplayOutcome = .block,
        in transaction: Transaction
    ) throws -> Decision<ReplayOutcome> {
        // A lookup key may have been added since.
        let now = try entry.keys.map {
            SuppressedKey(key: try transaction.vault.current($0.key), isWidened: $0.isWidened)
        }
        let keys = Event.suppressionAdded(block, .keys(now))
        let all = entry.keys.isEmpty ? events : events + [keys]
        return Decision(all.isEmpty ? .known : outcome, events: all, jobs: jobs)
    }
}

/// Records a withdrawal again that the database does not know any more.
struct ReplayWithdrawal: Command {
    let entry: JournalEntry

    func decide(in transaction: Transaction) throws -> Decision<ReplayOutcome> {
        let event = entry.event
        guard try !transaction.isKnown(event.id) else { return Decision(.known) }
        guard let id = event.contact, let contact = try transaction.contact(id),
            try !transaction.isErased(id), let name = event.scope,
            let scope = try transaction.scope(ScopeName(stored: name)),
            let givenAt = event.facts["givenAt"].flatMap({ Timestamp(text: $0) })
        else { return Decision(.nobody) }
        try transaction.lock(id)
        let before = try transaction.permission(of: id, in: scope.name)
        guard before.state == .granted || before.state == .unconfirmed else {
            return Decision(.known)
        }
        let record = ConsentRecord(
            id: transaction.newID(),
            contact: id,
            scope: scope.name.text,
            decision: .withdrawn,
            basis: .consent,
            source: .restore,
            policy: nil,
            locale: contact.locale,
            givenAt: givenAt,
            recordedAt: transaction.now,
            batch: nil
        )
        let after = try before.folding(DecidedRecord(record, policyEffectiveAt: nil))
        return Decision(
            .withdrawal,
            events: [.consentRecorded(record, Evidence(), from: before, to: after)]
        )
    }
}
