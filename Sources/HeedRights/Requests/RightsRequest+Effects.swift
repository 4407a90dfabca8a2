// What a verified request does at once by its kind, and what goes with its answer.

import HeedConsent
import HeedEngine
import HeedStore

extension RightsRequest {
    /// What Heed does by itself once the request is verified; the rest is for people to do.
    ///
    /// An objection is met at once: it is an opt-out from everything (GDPR, article 21(3)). A
    /// restriction blocks every message until the request is completed (article 18), and so does
    /// an erasure until it is carried out: a hold or a slow system must leave nobody mailed.
    func effects(
        in transaction: Transaction
    ) throws -> (RightsRequest, [Event], [JobChange]) {
        switch kind {
        case .erasure:
            let block = blocking(.restriction, at: transaction.now)
            return (self, [block], [transaction.job(for: .start(id))])
        case .objection: return try objecting(in: transaction)
        case .restriction:
            return (self, [blocking(.restriction, at: transaction.now)], [])
        case .doNotSell: return try endingSale(in: transaction)
        case .access, .rectification: return (self, [], [])
        }
    }

    /// A stop to selling and sharing is met at once, by the record that a browser's signal makes.
    private func endingSale(
        in transaction: Transaction
    ) throws -> (RightsRequest, [Event], [JobChange]) {
        let person = try transaction.resolve(.contact(contact))
        let objection = SaleObjection(source: source, at: requestedAt)
        let events = try objection.events(for: person, in: transaction)
        let (request, answer) = try answered(as: .completed, in: transaction)
        return (request, events + answer, [])
    }

    private func objecting(
        in transaction: Transaction
    ) throws -> (RightsRequest, [Event], [JobChange]) {
        let person = try transaction.resolve(.contact(contact))
        let draft = OptOutDraft.own(source, of: person, from: .global, at: requestedAt)
        var events: [Event] = []
        var jobs: [JobChange] = []
        if try draft.standing(in: transaction) == nil {
            (_, events, jobs) = try draft.outcome(in: transaction)
        }
        let (request, answer) = try answered(as: .completed, in: transaction)
        return (request, events + answer, jobs)
    }

    /// The block on all addresses that goes with the request, in every scope.
    func blocking(_ reason: SuppressionReason, at now: Timestamp) -> Event {
        let block = Suppression(
            reason: reason,
            scope: nil,
            since: now,
            source: source,
            optOut: nil
        )
        return .suppressionAdded(block, .contact(contact))
    }

    /// The request with its answer, and what that leaves behind: the step and the receipt.
    ///
    /// - Parameters:
    ///   - status: The answer.
    ///   - targets: What other systems said; as they are stored when nil.
    ///   - rows: Rows by table that were taken away; those of the receipt before when nil.
    ///   - transaction: Where the rest is read.
    /// - Returns: The answered request and the events.
    /// - Throws: when the database does.
    func answered(
        as status: Status,
        targets: [ErasureTarget]? = nil,
        rows: [String: Int64]? = nil,
        in transaction: Transaction
    ) throws -> (RightsRequest, [Event]) {
        var request = self
        request.status = status
        request.endedAt = transaction.now
        let receipt = try RequestReceipt.of(
            request,
            targets: targets,
            rows: rows,
            in: transaction
        )
        return (
            request,
            [.requestMoved(request, from: self.status), .receiptIssued(receipt, request)]
        )
    }

    /// Whether the person is restricted on account of it.
    var restricts: Bool {
        switch (kind, status) {
        case (.restriction, .verified), (.erasure, .verified), (.erasure, .held),
            (.erasure, .processing):
            true
        default: false
        }
    }

    /// What ends with the request: its restriction, unless another request of the person's has one.
    func endings(in transaction: Transaction) throws -> [Event] {
        guard restricts,
            try !transaction.requests(of: contact).contains(where: { $0.id != id && $0.restricts })
        else { return [] }
        return try unrestricting(in: transaction)
    }

    /// What lifts every restriction from the person's addresses.
    func unrestricting(in transaction: Transaction) throws -> [Event] {
        let blocks = try transaction.resolve(.contact(contact)).blocks
        return Set(blocks.filter { $0.reason == .restriction })
            .sorted { $0.since < $1.since }
            .map { .suppressionLifted($0, contact) }
    }
}
