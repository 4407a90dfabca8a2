// What a verified request does at once, by its kind.

import HeedConsent
import HeedEngine
import HeedStore

extension RightsRequest {
    /// What Heed does by itself once the request is verified; the rest is for people to do.
    ///
    /// An objection is met at once: it is an opt-out from everything (GDPR, article 21(3)). A
    /// restriction blocks every message until the request is completed (article 18).
    func effects(
        in transaction: Transaction
    ) throws -> (RightsRequest, [Event], [JobChange]) {
        switch kind {
        case .erasure: return (self, [], [transaction.job(for: .start(id))])
        case .objection: return try objecting(in: transaction)
        case .restriction:
            let block = Suppression(
                reason: .restriction,
                scope: nil,
                since: transaction.now,
                source: source,
                optOut: nil
            )
            return (self, [.suppressionAdded(block, .contact(contact))], [])
        case .access, .rectification, .doNotSell: return (self, [], [])
        }
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
        var request = self
        request.status = .completed
        request.endedAt = transaction.now
        let receipt = try RequestReceipt.of(request, in: transaction)
        events += [.requestMoved(request, from: status), .receiptIssued(receipt, request)]
        return (request, events, jobs)
    }

    /// What ends with the request: a restriction is lifted when it is completed.
    func endings(in transaction: Transaction) throws -> [Event] {
        guard kind == .restriction else { return [] }
        return try transaction.resolve(.contact(contact)).blocks
            .filter { $0.reason == .restriction }
            .map { .suppressionLifted($0, contact) }
    }
}
