// Legal holds: while one stands, nothing it covers is purged or erased.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Orders that everything, or everything about a person, is kept.
public struct PlaceHold: Command {
    /// What a hold covers.
    public enum Extent: Hashable, Sendable {
        /// One person.
        case person(Subject)
        /// Everything.
        case everything
    }

    let extent: Extent
    let reason: String

    /// Takes what it covers and why, at most 500 bytes.
    public init(_ extent: Extent, reason: String) {
        self.extent = extent
        self.reason = reason
    }

    /// The hold's id is the receipt; refuses somebody Heed does not know.
    public func decide(in transaction: Transaction) throws -> Decision<HoldID> {
        var contact: ContactID?
        if case .person(let subject) = extent {
            let person = try transaction.resolve(subject)
            guard person.added == nil else {
                throw Refusal(.notFound, field: "address", "nobody is known at this address")
            }
            contact = person.id
        }
        let hold = try LegalHold(
            id: transaction.newID(),
            contact: contact,
            reason: reason,
            placedAt: transaction.now
        )
        return Decision(hold.id, events: [.holdPlaced(hold)])
    }
}

/// Ends a hold.
public struct LiftHold: Command {
    let id: HoldID

    /// Names the hold.
    public init(_ id: HoldID) { self.id = id }

    /// Refuses an id that no hold has.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        guard let hold = try transaction.legalHolds().first(where: { $0.id == id }) else {
            throw Refusal(.notFound, field: "id", "there is no hold with this id")
        }
        return Decision(true, events: [.holdLifted(hold)])
    }
}

/// The holds that stand, oldest first.
public struct ListHolds: Query {
    /// Asks for all.
    public init() {}
    /// The holds, with their reasons.
    public func answer(in transaction: Transaction) throws -> [LegalHold] {
        try transaction.legalHolds()
    }
}
