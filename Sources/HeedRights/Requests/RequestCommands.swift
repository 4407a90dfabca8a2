// What an operator does to a request: give it more time, turn it down, say that it is done.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Notes that the person was told their request takes longer, as far as its law allows that.
public struct ExtendRequest: Command {
    let id: RequestID
    let reason: Source

    /// Names the request and why it takes longer, as a short name.
    public init(_ id: RequestID, reason: Source) {
        self.id = id
        self.reason = reason
    }

    /// The new deadline.
    ///
    /// Refuses a request that is answered, was extended, is past its time, or has a law that gives
    /// no more.
    public func decide(in transaction: Transaction) throws -> Decision<Timestamp> {
        var request = try transaction.requireRequest(id)
        guard !request.status.isOver else {
            throw Refusal(.conflict, field: "id", "this request has been answered")
        }
        guard request.extendedAt == nil else {
            throw Refusal(.conflict, field: "id", "this request was extended before")
        }
        guard transaction.now <= request.deadlineAt else {
            throw Refusal(.conflict, field: "id", "the person has to be told before the deadline")
        }
        guard let deadline = Regime.extended(request) else {
            throw Refusal(.conflict, field: "id", "\(request.regime) allows no extension")
        }
        request.deadlineAt = deadline
        request.extendedAt = transaction.now
        request.reason = reason
        return Decision(deadline, events: [.requestMoved(request, from: request.status)])
    }
}

/// Turns a request down; the person may complain to an authority (GDPR, article 12(4)).
///
/// A restriction that came with the request is lifted.
public struct RefuseRequest: Command {
    let id: RequestID
    let reason: Source

    /// Names the request and why, as a short name such as `identity-not-shown`.
    public init(_ id: RequestID, reason: Source) {
        self.id = id
        self.reason = reason
    }

    /// Refuses a request whose work has begun, or that is answered.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        var request = try transaction.requireRequest(id)
        let endings = try request.endings(in: transaction)
        switch request.status {
        case .received, .verified, .held: break
        case .processing, .completed, .partlyRefused, .refused:
            throw Refusal(.conflict, field: "id", "this request is \(request.status.rawValue)")
        }
        request.reason = reason
        let answer = try request.answered(as: .refused, in: transaction).1
        return Decision(true, events: endings + answer)
    }
}

/// Says that a request of a kind Heed cannot finish by itself was met.
public struct CompleteRequest: Command {
    let id: RequestID

    /// Names the request.
    public init(_ id: RequestID) { self.id = id }

    /// Refuses an erasure, which ends by its own work, a request for access, which ends with its
    /// export, and what is not verified or is answered.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        let request = try transaction.requireRequest(id)
        guard request.kind != .erasure else {
            throw Refusal(.conflict, field: "id", "an erasure is completed by its own work")
        }
        guard request.kind != .access else {
            throw Refusal(
                .conflict,
                field: "id",
                "a request for access is completed by its export: `heed export`, or "
                    + "GET /v1/contacts/\(request.contact.text)/export"
            )
        }
        guard request.status == .verified else {
            throw Refusal(.conflict, field: "id", "this request is \(request.status.rawValue)")
        }
        let answer = try request.answered(as: .completed, in: transaction).1
        return Decision(true, events: try request.endings(in: transaction) + answer)
    }
}
