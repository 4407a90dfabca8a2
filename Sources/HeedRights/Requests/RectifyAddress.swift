// Puts a person's address right: the "no" goes with the person, and nobody is revived by it.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Puts another address in the place of a wrong one, and answers the request (GDPR, article 16).
///
/// Consents, opt-outs and history stay the person's. What stood against the old address stands
/// against the new one as well, but a bounce, which says only that the old one does not exist, and
/// a restriction of the person's, which goes with them; what stood against the new one before goes
/// on standing.
public struct RectifyAddress: Command {
    let id: RequestID
    let new: Address
    let old: Address?

    /// Names the request, the right address, and the one that goes if the person has several.
    public init(_ id: RequestID, to new: Address, replacing old: Address? = nil) {
        self.id = id
        self.new = new
        self.old = old
    }

    /// Whom it is about.
    public var needs: Needs { Needs(about: [new]) }

    /// How many blocks the new address has taken over.
    ///
    /// Refuses a request that is none for this or is not verified, an address of somebody else, and
    /// a change while other systems are still being told about the old address.
    public func decide(in transaction: Transaction) throws -> Decision<Int> {
        let request = try transaction.requireRequest(id)
        guard request.kind == .rectification else {
            let kind = request.kind.rawValue
            throw Refusal(.conflict, field: "id", "this request is one for \(kind)")
        }
        guard request.status == .verified else {
            throw Refusal(.conflict, field: "id", "this request is \(request.status.rawValue)")
        }
        let old = try wrong(of: request.contact, in: transaction)
        try checkFree(instead: old, of: request.contact, in: transaction)
        let optOuts = try openOptOuts(of: request.contact, in: transaction)
        guard optOuts.allSatisfy({ $0.state != .pending }) else {
            throw Refusal(
                .conflict,
                field: "id",
                "other systems are still being told to stop at the old address; try again then"
            )
        }
        let all = try transaction.suppressions(at: transaction.vault.lookupKeys(for: old))
        // One that came with an alias of somebody else stays, as any other.
        let isRestricted = try transaction.requests(of: request.contact).contains(
            where: \.restricts
        )
        let moved = all.filter { $0.reason == .restriction && isRestricted }
        let blocks = all.filter { $0.reason != .hardBounce && !moved.contains($0) }
        let replacement = AddressReplacement(
            contact: request.contact,
            request: id,
            old: old,
            new: new,
            blocks: blocks.count + moved.count
        )
        let answer = try request.answered(as: .completed, in: transaction).1
        let told = try tellingAgain(blocks, of: request.contact, in: transaction)
        let left = try leaving(all, at: request.contact, in: transaction)
        let lifted = moved.map { Event.suppressionLifted($0, request.contact) }
        let taken =
            blocks.map { Event.suppressionAdded($0, .address(new)) }
            + moved.map { Event.suppressionAdded($0, .contact(request.contact)) }
        return Decision(
            replacement.blocks,
            events: lifted + left + [.addressReplaced(replacement)] + taken + told.events + answer,
            jobs: told.jobs
        )
    }

    /// The address that goes.
    private func wrong(
        of contact: ContactID,
        in transaction: Transaction
    ) throws -> Address {
        let all = try transaction.deliveryAddresses(of: contact, on: new.channel)
        if let old {
            guard let found = all.first(where: { $0.match == old.match }) else {
                throw Refusal(.invalid, field: "replaces", "the person has no such address")
            }
            return found
        }
        guard let only = all.first, all.count == 1 else {
            throw Refusal(
                .missing,
                field: "replaces",
                "the person has \(all.count) addresses; say which one is wrong"
            )
        }
        return only
    }

    private func checkFree(
        instead old: Address,
        of contact: ContactID,
        in transaction: Transaction
    ) throws {
        guard let holder = try transaction.contactID(at: new) else { return }
        guard holder == contact else {
            throw Refusal(.conflict, field: "address", "this address belongs to somebody else")
        }
        guard new.match == old.match, new.delivery != old.delivery else {
            throw Refusal(.conflict, field: "address", "the person has this address already")
        }
    }

    /// A bounce was put on the person, and so on whatever address they have; from here on it is
    /// only on the addresses they had.
    private func leaving(
        _ blocks: [Suppression],
        at contact: ContactID,
        in transaction: Transaction
    ) throws -> [Event] {
        let addresses = try transaction.deliveryAddresses(of: contact, on: new.channel)
        return blocks.filter { $0.reason == .hardBounce }.flatMap { bounce in
            [.suppressionLifted(bounce, contact)]
                + addresses.map { .suppressionAdded(bounce, .address($0)) }
        }
    }

    private func openOptOuts(
        of contact: ContactID,
        in transaction: Transaction
    ) throws -> [OptOutTarget] {
        try transaction.openOptOuts(of: contact).flatMap { try transaction.targets(of: $0) }
    }

    /// Other systems know the old address; they are told to stop at the new one.
    private func tellingAgain(
        _ blocks: [Suppression],
        of contact: ContactID,
        in transaction: Transaction
    ) throws -> (events: [Event], jobs: [JobChange]) {
        let connectors = try transaction.connectorNames()
        var events: [Event] = []
        var jobs: [JobChange] = []
        // An alias of somebody else may have brought a block.
        for optOut in Set(blocks.compactMap(\.optOut)).sorted()
        where try transaction.optOut(optOut)?.contact == contact {
            for connector in connectors {
                let again = TellAgain(optOut, to: connector, missingAt: transaction.now)
                let decision = try again.decide(in: transaction)
                events += decision.events
                jobs += decision.jobs
            }
        }
        return (events, jobs)
    }
}
