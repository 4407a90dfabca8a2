// The audit log's lines about a person's requests.

extension Event {
    /// Fills a line about a request; the request's id is its subject.
    func describeRequest(_ line: inout AuditEvent) {
        switch self {
        case .requestReceived(let request, _):
            describe(request, in: &line)
            line.to = request.status.rawValue
            line.facts["requestedAt"] = request.requestedAt.text
            line.facts["deadlineAt"] = request.deadlineAt.text
            line.facts["regime"] = request.regime
            if request.kind == .erasure {
                line.facts["block"] = request.keepsBlock ? "kept" : "removed on request"
            }
        case .requestMoved(let request, let from):
            describe(request, in: &line)
            (line.from, line.to) = (from.rawValue, request.status.rawValue)
            line.facts["deadlineAt"] = request.deadlineAt.text
            line.facts["verifiedBy"] = request.verifiedBy?.text
            line.facts["reason"] = request.reason?.text
        case .erasureEnqueued(let request, let targets):
            describe(request, in: &line)
            line.facts["connectors"] = targets.map(\.connector).sorted().joined(separator: ",")
        case .erasureTargetMoved(let target, let request, let from):
            describe(request, in: &line)
            (line.from, line.to) = (from.rawValue, target.state.rawValue)
            line.facts["connector"] = target.connector
            line.facts["attempts"] = String(target.attempts)
            line.facts["answer"] = target.answer
            line.facts["nextAttemptAt"] = target.nextAttemptAt?.text
        case .personErased(let request, let erasure):
            describe(request, in: &line)
            line.facts.merge(erasure.rows.mapValues(String.init)) { _, rows in rows }
            line.facts["block"] = request.keepsBlock ? "kept" : "removed on request"
            line.facts["systemsOpen"] = String(erasure.unconfirmed.count)
        case .receiptIssued(let receipt, let request):
            describe(request, in: &line)
            line.facts["number"] = String(receipt.number)
        default: break
        }
    }

    private func describe(_ request: RightsRequest, in line: inout AuditEvent) {
        line.contact = request.contact
        line.source = request.source
        line.subject = request.id.bytes
        line.facts["request"] = request.kind.rawValue
    }
}

extension ErasureTarget {
    /// The dotted name of the event that brought it where it is.
    var eventKind: String {
        switch state {
        case .confirmed: "erasure.esp-confirmed"
        case .buried: "erasure.esp-refused"
        case .cancelled: "erasure.esp-cancelled"
        case .pending: nextAttemptAt == nil ? "erasure.esp-redriven" : "erasure.esp-failed"
        }
    }
}
