// Everything a bundle needs to prove one event, or all events of a person, against one head.

public import HeedConsent
public import HeedLedger
public import HeedStore

/// Asks for a bundle of proofs.
///
/// All proofs lead to the same published head. Events of a person that have been purged are not in
/// it, because what named the person went with them; by its id such an event can still be proved.
public struct GatherProofs: Query {
    /// What is to be proved.
    public enum Subject: Hashable, Sendable {
        /// One event.
        case event(EventID)
        /// All events of a person.
        case person(HeedEngine.Subject)
    }

    private let subject: Subject
    private let quorum: Int

    /// Names what is to be proved; with a quorum, against a head so many witnesses have signed.
    public init(_ subject: Subject, quorum: Int = 0) {
        self.subject = subject
        self.quorum = quorum
    }

    /// The bundle.
    public struct Gathered: Sendable {
        /// What is proved; nil while the log is empty.
        public let bundle: ProofBundle?
        /// Events that are stored and not yet under the head.
        public let pendingCount: Int
    }

    /// Refuses an event, a contact or an address that nobody knows.
    public func answer(in transaction: Transaction) throws -> Gathered {
        let events = try events(in: transaction)
        guard let head = try PublishedCheckpoint(quorum: quorum).answer(in: transaction) else {
            return Gathered(bundle: nil, pendingCount: events.count)
        }
        let proved = try transaction.prove(events, under: head)
        let bundle = ProofBundle(
            checkpoint: head.note,
            verifier: try NoteVerifier(text: head.verifier),
            events: proved
        )
        return Gathered(bundle: bundle, pendingCount: events.count - proved.count)
    }

    private func events(in transaction: Transaction) throws -> [EventID] {
        switch subject {
        case .event(let event):
            let isKnown = try transaction.body(of: event) != nil
            guard try isKnown || transaction.leaf(of: event) != nil else {
                throw Refusal(.notFound, field: "event", "there is no event with this id")
            }
            return [event]
        case .person(.contact(let id)):
            guard try transaction.contact(id) != nil else {
                throw Refusal(.notFound, field: "contact", "there is no contact with this id")
            }
            return try transaction.events(about: id)
        case .person(.address(let address)):
            guard let id = try transaction.contactID(at: address) else {
                throw Refusal(.notFound, field: "address", "nobody by this address is known")
            }
            return try transaction.events(about: id)
        }
    }
}

/// Proves events under a head that was read before, so that all proofs of a bundle lead to one.
public struct ProveEvents: Query {
    private let events: [EventID]
    private let head: PublishedCheckpoint.Head

    /// Names the events and the head.
    public init(_ events: [EventID], under head: PublishedCheckpoint.Head) {
        self.events = events
        self.head = head
    }

    /// Those of the events that are under the head, in their order.
    public func answer(in transaction: Transaction) throws -> [ProofBundle.Event] {
        try transaction.prove(events, under: head)
    }
}

extension Transaction {
    /// Those of some events that are under a head, with their proofs.
    fileprivate func prove(
        _ events: [EventID],
        under head: PublishedCheckpoint.Head
    ) throws -> [ProofBundle.Event] {
        var reader = tileReader(ofSize: head.size)
        var proved: [ProofBundle.Event] = []
        for event in events {
            guard let leaf = try leaf(of: event), leaf.index < head.size else { continue }
            let body = try body(of: event)
            let path = try reader.inclusionProof(index: leaf.index).path
            proved.append(
                ProofBundle.Event(
                    name: event.text,
                    content: body.map { .entry($0) } ?? .hash(leaf.hash),
                    proof: TLogProof(index: leaf.index, path: path, checkpoint: head.note)
                )
            )
        }
        return proved
    }
}
