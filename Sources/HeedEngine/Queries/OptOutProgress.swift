// How far an opt-out has come: its own state, each connector's, and the timeline from the audit
// log.

public import HeedConsent
public import HeedStore

/// One line of a timeline.
public struct TimelineEntry: Sendable {
    /// Its place in the audit log.
    public let position: Int64
    /// When it was written.
    public let at: Timestamp
    /// What happened.
    public let kind: String
    /// What scope it is about, if one.
    public let scope: String?
    /// What else the event says: a connector and its answer, a deadline, a reason; never personal
    /// data.
    public let facts: [String: String]
    /// The canonical JSON of the audit event.
    public let body: String

    init(_ event: StoredEvent) {
        position = event.position
        at = event.at
        kind = event.kind
        let line = AuditEvent(canonical: event.body)
        scope = line?.scope
        facts = line?.facts ?? [:]
        body = String(decoding: event.body, as: UTF8.self)
    }
}

/// Asks about one opt-out.
public struct OptOutProgress: Query {
    /// At most so many timeline entries; an opt-out has two a connector and attempt.
    static let entriesMaximum: Int64 = 1000

    let id: OptOutID

    /// Names the opt-out.
    public init(_ id: OptOutID) { self.id = id }

    /// An opt-out with all that is known about it.
    public struct Answer: Sendable {
        /// The opt-out.
        public let optOut: OptOut
        /// Each connector's state.
        public let targets: [OptOutTarget]
        /// What happened, oldest first.
        public let timeline: [TimelineEntry]
        /// The log's position the answer is as fresh as.
        public let position: Int64
    }

    /// Refuses an id nobody knows.
    public func answer(in transaction: Transaction) throws -> Answer {
        guard let optOut = try transaction.optOut(id) else {
            throw Refusal(.notFound, field: "id", "there is no opt-out with this id")
        }
        return Answer(
            optOut: optOut,
            targets: try transaction.targets(of: id),
            timeline: try transaction.timeline(of: id, limit: OptOutProgress.entriesMaximum)
                .map(TimelineEntry.init),
            position: try transaction.position()
        )
    }
}

/// What a worker needs to tell a connector about an opt-out.
public struct TargetDetails: Query {
    let id: TargetID

    /// Names the target.
    public init(_ id: TargetID) { self.id = id }

    /// The target with its opt-out and the addresses to tell about.
    public struct Details: Sendable {
        /// The target.
        public let target: OptOutTarget
        /// Its opt-out.
        public let optOut: OptOut
        /// The person's addresses, as given: personal data.
        public let addresses: [Address]
    }

    /// Nil when the target is gone.
    public func answer(in transaction: Transaction) throws -> Details? {
        guard let target = try transaction.target(id),
            let optOut = try transaction.optOut(target.optOut)
        else { return nil }
        return Details(
            target: target,
            optOut: optOut,
            addresses: try transaction.deliveryAddresses(of: optOut.contact, on: .email)
        )
    }
}
