// Records some rows of an import in one transaction, under the rules that bind everybody else.

package import HeedConsent
import HeedEngine
import HeedLists
package import HeedStore

/// What became of one row.
package struct RowOutcome: Hashable, Sendable {
    /// Consent was recorded.
    package var granted = false
    /// An opt-out was acknowledged.
    package var optedOut = false
    /// A complaint was recorded.
    package var complaint = false
    /// A hard bounce was recorded.
    package var hardBounce = false
    /// Why consent was refused.
    package var refused: String?
}

/// Rows with different addresses, to be recorded together.
///
/// An import never weakens an opt-out: consent is recorded only where no "no" stands,
/// since an import is not the person's own act, and a row Heed knows already changes nobody's
/// standing. A yes that rests on one other batch is recorded again with this one, so that undoing
/// the other leaves it; with two behind it no more are kept, or a list that comes every night would
/// fill the record.
package struct ImportRows: Command {
    /// At most so many rows a transaction.
    ///
    /// Keyed hashes come in no order, so each row changes pages of its own: the more rows a commit
    /// has, the fewer pages are written twice. An opt-out beside it waits for a tenth of a second
    /// at most, which is what keeps the number from being ten times larger.
    static let rowsMaximum = 1000
    /// At most so many rows that cannot be read wait for a transaction.
    static let rejectedMaximum = 500

    let rows: [ImportRow]
    let scope: ScopeName
    let policyVersion: String
    let batch: ImportID
    /// Where the import is after these rows, without their outcomes; nil for a preview.
    var position: ImportPosition?
    /// The file the rows are in.
    var fileName = ""
    /// Rows before the end of these that could not be read.
    var invalid: [RejectedLine] = []

    /// Whom the rows are about, locked in one order whoever asks, so that two imports do not wait
    /// for each other.
    package var needs: Needs {
        Needs(
            about: rows.map(\.address),
            externalIDs: rows.compactMap(\.externalID),
            policies: [policyVersion]
        )
    }

    /// One outcome for each row.
    package func decide(in transaction: Transaction) throws -> Decision<[RowOutcome]> {
        try requireStanding(in: transaction)
        let scope = try transaction.requireScope(scope)
        let policy = try transaction.requirePolicy(policyVersion)
        let rule = YesRule(scope, policy, since: try transaction.reconsentSince(scope.name))
        var decision = Decision<[RowOutcome]>([])
        var repeated: [RepeatedYes] = []
        var externalIDs: Set<String> = []
        for var row in rows {
            // Two people under one key: it is the first one's, and the other row is worth having.
            if let id = row.externalID, !externalIDs.insert(id).inserted { row.externalID = nil }
            let one: Decision<RowOutcome>
            switch row.status {
            case .subscribed: one = try subscribe(row, rule, noting: &repeated, in: transaction)
            case .unsubscribed, .complained: one = try optOut(row, scope, in: transaction)
            case .cleaned: one = try bounce(row, in: transaction)
            }
            decision.receipt.append(one.receipt)
            decision.events += one.events
            decision.jobs += one.jobs
        }
        decision.events += try again(repeated, rule, in: transaction)
        if let position {
            decision.jobs.append(.noteProgress(batch, try position.after(decision.receipt).text))
            let rejected = invalid + refused(decision.receipt)
            if !rejected.isEmpty {
                decision.jobs.append(.noteImport(batch, rejected.note(at: position)))
            }
        }
        return decision
    }

    /// The rows whose consent was refused.
    func refused(_ outcomes: [RowOutcome]) -> [RejectedLine] {
        zip(rows, outcomes).compactMap { row, outcome in
            outcome.refused.map {
                RejectedLine(file: fileName, line: row.line, outcome: "refused", reason: $0)
            }
        }
    }

    /// Refuses rows of an import that is being undone: what is taken back would come again.
    private func requireStanding(in transaction: Transaction) throws {
        guard position != nil else { return }
        try transaction.lockImport(batch)
        guard let stored = try transaction.storedImport(batch), stored.undoRequestedAt == nil else {
            throw Refusal(.conflict, field: "batch", "this batch is being undone")
        }
    }

    private func subscribe(
        _ row: ImportRow,
        _ rule: YesRule,
        noting repeated: inout [RepeatedYes],
        in transaction: Transaction
    ) throws -> Decision<RowOutcome> {
        var decision = Decision(RowOutcome())
        let person = try resolved(row, in: transaction)
        let permission =
            person.added == nil
            ? try transaction.permission(of: person.id, in: rule.scope.name) : Permission()
        switch rule.standing(of: row, permission, at: transaction.now) {
        case .new: break
        case .known(let record):
            if let record { repeated.append(RepeatedYes(row, of: person, record: record)) }
            return decision
        case .tooOld(let reason):
            decision.receipt.refused = reason
            return decision
        }
        do {
            decision.events = try events(row, person, rule, in: transaction)
            decision.receipt.granted = true
        } catch let refusal as Refusal {
            decision.receipt.refused = refusal.message
        }
        return decision
    }

    private func events(
        _ row: ImportRow,
        _ person: ResolvedSubject,
        _ rule: YesRule,
        in transaction: Transaction
    ) throws -> [Event] {
        let draft = ConsentDraft(
            person: person,
            scope: rule.scope,
            decision: .granted,
            basis: .consent,
            source: .batchImport,
            policy: rule.policy,
            locale: person.contact.locale,
            givenAt: min(row.decidedAt ?? transaction.now, transaction.now),
            expiresAt: nil,
            evidence: row.evidence,
            batch: batch
        )
        return try draft.events(in: transaction).1
    }

    /// Records again, with this batch, what rests on one other alone.
    private func again(
        _ repeated: [RepeatedYes],
        _ rule: YesRule,
        in transaction: Transaction
    ) throws -> [Event] {
        guard !repeated.isEmpty else { return [] }
        let batches = try transaction.onlyBatches(of: repeated.map(\.record))
        return try repeated.flatMap { yes throws -> [Event] in
            guard let other = batches[yes.record], other != batch else { return [] }
            // What is refused today stays as it was.
            do { return try events(yes.row, yes.person, rule, in: transaction) } catch is Refusal {
                return []
            }
        }
    }

    private func optOut(
        _ row: ImportRow,
        _ scope: Scope,
        in transaction: Transaction
    ) throws -> Decision<RowOutcome> {
        var decision = Decision(RowOutcome())
        let person = try resolved(row, in: transaction)
        let extents = try extents(of: row, about: person, scope, in: transaction)
        for extent in extents {
            let draft = OptOutDraft(
                person: person,
                extent: extent,
                source: .batchImport,
                requestedAt: min(row.decidedAt ?? transaction.now, transaction.now),
                evidence: row.evidence,
                batch: batch
            )
            guard try draft.standing(in: transaction) == nil else { continue }
            let (_, events, jobs) = try draft.outcome(in: transaction)
            decision.events += events
            decision.jobs += jobs
            decision.receipt.optedOut = true
        }
        let hasComplained = person.blocks.contains { $0.reason == .complaint }
        if row.status == .complained, !hasComplained, !extents.isEmpty {
            let block = Suppression(
                reason: .complaint,
                scope: nil,
                since: min(row.decidedAt ?? transaction.now, transaction.now),
                source: .batchImport,
                optOut: nil
            )
            decision.events.append(.suppressionAdded(block, .contact(person.id)))
            decision.receipt.complaint = true
        }
        return decision
    }

    /// What a stop still holds for: coming back to one list is not coming back to the others, and a
    /// complaint is only taken back by who confirms it by mail.
    private func extents(
        of row: ImportRow,
        about person: ResolvedSubject,
        _ scope: Scope,
        in transaction: Transaction
    ) throws -> [OptOut.Extent] {
        let all: OptOut.Extent = row.isGlobal ? .global : .scope(scope.name)
        guard let time = row.latest ?? row.decidedAt else { return [all] }
        let scopes =
            row.isGlobal
            ? try transaction.scopes().filter { $0.kind == .campaign }.map(\.name) : [scope.name]
        let left = try scopes.filter { name in
            try !transaction.hasComeBack(person, since: time, scope: name) {
                row.status == .complained ? $0 == .doubleOptIn : $0.isOwnAct
            }
        }
        return left.count == scopes.count ? [all] : left.map(OptOut.Extent.scope)
    }

    private func bounce(
        _ row: ImportRow,
        in transaction: Transaction
    ) throws -> Decision<RowOutcome> {
        var decision = Decision(RowOutcome())
        let since = min(row.decidedAt ?? transaction.now, transaction.now)
        let bounce = try transaction.hardBounce(of: row.address, since: since, from: .batchImport)
        if let bounce {
            decision.events.append(bounce)
            decision.receipt.hardBounce = true
        }
        return decision
    }

    /// The person of a row; a new one takes locale, region and external id from it.
    private func resolved(
        _ row: ImportRow,
        in transaction: Transaction
    ) throws -> ResolvedSubject {
        let person = try transaction.resolve(.address(row.address))
        guard person.added != nil else { return person }
        var externalID = row.externalID
        // Another person's key stays theirs; the row is still worth having.
        if let id = externalID, try transaction.contactID(external: id) != nil { externalID = nil }
        let contact = try Contact(
            id: person.id,
            externalID: externalID,
            locale: row.locale,
            region: row.region
        )
        return ResolvedSubject(
            id: person.id,
            contact: contact,
            added: .contactAdded(contact, [row.address]),
            blocks: person.blocks
        )
    }
}

extension ImportPosition {
    /// The position with what became of some rows.
    fileprivate func after(_ outcomes: [RowOutcome]) -> ImportPosition {
        var next = self
        for outcome in outcomes { next.add(outcome) }
        return next
    }
}

/// What an import would do, without doing it.
struct PreviewRows: Query {
    let rows: ImportRows

    func answer(in transaction: Transaction) throws -> [RowOutcome] {
        try rows.decide(in: transaction).receipt
    }
}
