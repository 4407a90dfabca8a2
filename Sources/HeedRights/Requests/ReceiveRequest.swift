// Takes a person's request: it is written down, its clock runs, and once verified its work begins.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Takes a request from a person who is known.
///
/// A repeat while the first is open answers with the first one; it may bring the proof of who asks
/// that the first had not.
public struct ReceiveRequest: Command {
    let kind: RightsRequest.Kind
    let subject: Subject
    let source: Source
    let requestedAt: Timestamp?
    let verifiedBy: Source?
    let keepsBlock: Bool

    /// Describes the request.
    ///
    /// - Parameters:
    ///   - kind: What is asked for.
    ///   - subject: The person.
    ///   - source: How it arrived.
    ///   - requestedAt: When it was received; the present when nil.
    ///   - verifiedBy: How they showed who they are, as a short name; nil while they have not.
    ///   - keepsBlock: Whether an erasure leaves the keyed hash behind that stops later lists.
    public init(
        _ kind: RightsRequest.Kind,
        of subject: Subject,
        source: Source,
        requestedAt: Timestamp? = nil,
        verifiedBy: Source? = nil,
        keepsBlock: Bool = true
    ) {
        self.kind = kind
        self.subject = subject
        self.source = source
        self.requestedAt = requestedAt
        // A stop to selling needs no proof of who asks.
        self.verifiedBy = verifiedBy ?? (kind == .doNotSell ? .notNeeded : nil)
        self.keepsBlock = keepsBlock
    }

    /// What was taken.
    public struct Receipt: Sendable {
        /// The request.
        public let request: RightsRequest
        /// Opens its receipt; 16 random bytes.
        public let token: [UInt8]
        /// True when it was there already.
        public let isRepeated: Bool
    }

    /// Whom it is about.
    public var needs: Needs { subject.needs }

    /// Refuses somebody nobody knows, who has been erased, and a time in the future.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        let requestedAt = requestedAt ?? transaction.now
        try transaction.requirePast(requestedAt, field: "requestedAt")
        let person = try transaction.resolve(subject)
        guard person.added == nil else {
            throw Refusal(.notFound, field: "address", "nobody is known at this address")
        }
        if let standing = try transaction.requests(of: person.id)
            .first(where: { $0.kind == kind && !$0.status.isOver })
        {
            return try repeated(standing, in: transaction)
        }
        guard try !transaction.isErased(person.id) else {
            throw Refusal(.conflict, field: "contactId", "this person's data was erased")
        }
        let request = RightsRequest(
            id: transaction.newID(),
            kind: kind,
            of: person.contact,
            source: source,
            requestedAt: requestedAt,
            keepsBlock: keepsBlock
        )
        let token = transaction.randomBytes(16)
        let (verified, events, jobs) = try request.verified(by: verifiedBy, in: transaction)
        return Decision(
            Receipt(request: verified, token: token, isRepeated: false),
            events: [.requestReceived(request, token: token)] + events,
            jobs: jobs
        )
    }

    private func repeated(
        _ standing: RightsRequest,
        in transaction: Transaction
    ) throws -> Decision<Receipt> {
        guard let token = try transaction.token(of: standing.id) else {
            throw StoreError(.corrupt, "a request has no token")
        }
        let (request, events, jobs) = try standing.verified(by: verifiedBy, in: transaction)
        let receipt = Receipt(request: request, token: token, isRepeated: true)
        return Decision(receipt, events: events, jobs: jobs)
    }
}

/// Notes that a request comes from the person it is about, and begins its work.
public struct VerifyRequest: Command {
    let id: RequestID
    let means: Source

    /// Names the request and how the person showed who they are.
    public init(_ id: RequestID, by means: Source) {
        self.id = id
        self.means = means
    }

    /// False when it was verified before; refuses an id nobody knows.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        let request = try transaction.requireRequest(id)
        let (_, events, jobs) = try request.verified(by: means, in: transaction)
        return Decision(!events.isEmpty, events: events, jobs: jobs)
    }
}

extension RightsRequest {
    /// The request once it is verified, with what that leads to; nothing when it is not, or was.
    func verified(
        by means: Source?,
        in transaction: Transaction
    ) throws -> (RightsRequest, [Event], [JobChange]) {
        guard let means, status == .received else { return (self, [], []) }
        var request = self
        request.status = .verified
        request.verifiedBy = means
        request.verifiedAt = transaction.now
        let verified = Event.requestMoved(request, from: status)
        let (answered, events, jobs) = try request.effects(in: transaction)
        return (answered, [verified] + events, jobs)
    }
}

extension Transaction {
    /// A job for a step of a request, due at once.
    func job(for work: RightsWork, connector: String? = nil) -> JobChange {
        .add(
            Job(
                id: newID(),
                kind: .rights(work),
                lane: .general,
                priority: 0,
                runAt: now,
                connector: connector
            )
        )
    }

    /// A request with its person locked, or a refusal that names the field.
    func requireRequest(_ id: RequestID) throws -> RightsRequest {
        try lockContact(of: id)
        guard let request = try request(id) else {
            throw Refusal(.notFound, field: "id", "there is no request with this id")
        }
        return request
    }
}
