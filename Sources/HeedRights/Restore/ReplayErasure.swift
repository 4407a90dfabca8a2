// Carries out again an erasure that a backup has undone, with a receipt that refers to the first.

import HeedConsent
import HeedEngine
import HeedStore

/// Brings a request for erasure back to where it was.
///
/// Who was erased is erased at once, without asking other systems: they answered before. A request
/// that was still open is open again, under its own id and with its own token.
struct ReplayErasure: Command {
    /// What is kept as the answer of a connector whose own answer is lost with the database.
    static let answered = "answered before the backup was put back"

    let history: ErasureHistory

    func decide(in transaction: Transaction) throws -> Decision<ReplayOutcome> {
        guard let person = try transaction.contact(history.contact) else {
            return Decision(.nobody)
        }
        try transaction.lock(person.id)
        let stored = try transaction.request(history.id)
        if try transaction.isErased(person.id) { return Decision(.known) }
        guard history.isErased || stored != nil || history.status != .refused else {
            return Decision(.known)
        }
        var request = try stored ?? received(by: person, in: transaction)
        var events: [Event] = []
        if stored == nil {
            let token = try token(in: transaction)
            events.append(.requestReceived(request, token: token))
        }
        guard history.isErased else {
            return try reopened(&request, isNew: stored == nil, events, in: transaction)
        }
        if !request.status.isOver, request.status != .processing {
            let before = request.status
            request.status = .processing
            request.reason = nil
            request.verifiedBy = request.verifiedBy ?? history.verifiedBy ?? .restore
            request.verifiedAt = request.verifiedAt ?? transaction.now
            events.append(.requestMoved(request, from: before))
        }
        events += try erased(request, in: transaction)
        return Decision(.erasure, events: events, jobs: [transaction.job(for: .clean(request.id))])
    }

    /// The request goes on as any other, and nothing is sent meanwhile.
    private func reopened(
        _ request: inout RightsRequest,
        isNew: Bool,
        _ events: [Event],
        in transaction: Transaction
    ) throws -> Decision<ReplayOutcome> {
        // One that was turned down is not begun by a restore: whoever did that does it again.
        let isVerified = history.status != .received && history.status != .refused
        let means = isVerified ? history.verifiedBy ?? .restore : nil
        let (_, moves, jobs) = try request.verified(by: means, in: transaction)
        guard isNew || !moves.isEmpty else { return Decision(.known) }
        return Decision(
            .request,
            events: events + moves + (try held(in: transaction)),
            jobs: jobs
        )
    }

    /// A hold in the place of the one that stopped the request and is lost with the database: what
    /// a court wants kept is not erased by a restore.
    private func held(in transaction: Transaction) throws -> [Event] {
        guard history.status == .held, try !transaction.isHeld(history.contact) else { return [] }
        let hold = try LegalHold(
            id: transaction.newID(),
            contact: history.contact,
            reason: "held before a backup was put back; the reason was lost with the database",
            placedAt: transaction.now
        )
        return [.holdPlaced(hold)]
    }

    private func erased(
        _ request: RightsRequest,
        in transaction: Transaction
    ) throws -> [Event] {
        var targets = try transaction.erasureTargets(of: request.id)
        var events: [Event] = [request.blocking(.erasure, at: transaction.now)]
        for index in targets.indices where !targets[index].state.isOver {
            let before = targets[index].state
            targets[index].state = .cancelled
            targets[index].nextAttemptAt = nil
            targets[index].answer = ReplayErasure.answered
            events.append(.erasureTargetMoved(targets[index], request, from: before))
        }
        events += try request.unrestricting(in: transaction)
        events += try FinishErasure.openOptOuts(of: request.contact, in: transaction)
        let rows = try transaction.personalRows(of: request.contact)
        var answered = request
        answered.status = .completed
        answered.endedAt = transaction.now
        events.append(.personErased(answered, LocalErasure(rows: rows, unconfirmed: [])))
        events.append(.requestMoved(answered, from: request.status))
        let repeated = RepeatedErasure(
            request: answered,
            targets: targets,
            rows: rows,
            former: history.receipt
        )
        events.append(.receiptIssued(try repeated.receipt(in: transaction), answered))
        return events
    }

    /// The request as it was received, as far as the journal knows.
    private func received(
        by person: Contact,
        in transaction: Transaction
    ) throws -> RightsRequest {
        let at = history.received?.event.facts["requestedAt"].flatMap { Timestamp(text: $0) }
        return RightsRequest(
            id: history.id,
            kind: .erasure,
            of: person,
            source: history.source,
            requestedAt: at ?? transaction.now,
            keepsBlock: history.keepsBlock
        )
    }

    /// The token that opens the receipt, so that the person's link goes on leading to it.
    private func token(in transaction: Transaction) throws -> [UInt8] {
        guard let sealed = history.received?.token, !sealed.isEmpty else {
            return transaction.randomBytes(16)
        }
        return try transaction.vault.openSetting(sealed, label: "request:" + history.id.text)
    }
}
