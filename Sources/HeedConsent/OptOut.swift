// A person's "stop": what it covers, until when the law wants it honoured, and who must be told.

/// A request to stop, from the moment it was acknowledged.
public struct OptOut: Hashable, Sendable {
    /// What an opt-out covers.
    public enum Extent: Hashable, Sendable {
        /// Every campaign scope, those of tomorrow too.
        case global
        /// One scope.
        case scope(ScopeName)

        static let globalName = "global"

        /// Reads a scope's name or `global`.
        public init(_ text: String) throws(Refusal) {
            self = text == Extent.globalName ? .global : .scope(try ScopeName(text))
        }

        /// Takes a name that was checked when it was stored.
        package init(stored text: String) {
            self = text == Extent.globalName ? .global : .scope(ScopeName(stored: text))
        }

        /// The scope's name or `global`.
        public var name: String {
            switch self {
            case .global: Extent.globalName
            case .scope(let name): name.text
            }
        }

        /// The scope's name, or nil for all.
        public var scopeName: ScopeName? {
            if case .scope(let name) = self { name } else { nil }
        }
    }

    /// How far it has come.
    public enum Status: String, CaseIterable, Sendable {
        /// Acknowledged and in force; nobody was told yet.
        case pending
        /// Other systems are being told.
        case processing
        /// Every system that had to be told has confirmed, or was removed.
        case completed
    }

    /// Its name.
    public let id: OptOutID
    /// The person.
    public let contact: ContactID
    /// What it covers.
    public let extent: Extent
    /// How it arrived.
    public let source: Source
    /// When the person asked.
    public let requestedAt: Timestamp
    /// Until when the law wants it honoured.
    public let deadlineAt: Timestamp
    /// By which regime.
    public let regime: String
    /// How far it has come.
    public var status: Status
    /// When the last system confirmed.
    public var processedAt: Timestamp?

    /// Makes a new request.
    public init(
        id: OptOutID,
        contact: ContactID,
        extent: Extent,
        source: Source,
        requestedAt: Timestamp,
        regime: Regime
    ) {
        self.id = id
        self.contact = contact
        self.extent = extent
        self.source = source
        self.requestedAt = requestedAt
        self.deadlineAt = regime.deadline(from: requestedAt)
        self.regime = regime.name
        self.status = .pending
    }

    /// Takes values that were checked when they were stored.
    package init(
        stored id: OptOutID,
        contact: ContactID,
        extent: Extent,
        source: Source,
        requestedAt: Timestamp,
        deadlineAt: Timestamp,
        regime: String,
        status: Status,
        processedAt: Timestamp?
    ) {
        self.id = id
        self.contact = contact
        self.extent = extent
        self.source = source
        self.requestedAt = requestedAt
        self.deadlineAt = deadlineAt
        self.regime = regime
        self.status = status
        self.processedAt = processedAt
    }

    /// Milliseconds from the request to the last confirmation, once there is one.
    public var processingMilliseconds: Int64? {
        processedAt.map { $0.milliseconds(since: requestedAt) }
    }
}

/// What one connector has to be told about one opt-out, and how it answered.
public struct OptOutTarget: Hashable, Sendable {
    /// How far it has come.
    public enum State: String, CaseIterable, Sendable {
        /// Not confirmed yet.
        case pending
        /// The other system said yes, or had it already.
        case confirmed
        /// Given up after the last attempt; an operator must look.
        case buried
        /// An operator removed the connector before it confirmed; it is not told any more.
        case cancelled

        /// True when nothing is to be waited for any more.
        package var isOver: Bool {
            switch self {
            case .pending, .buried: false
            case .confirmed, .cancelled: true
            }
        }
    }

    /// What is kept as the answer of a connector that was removed.
    package static let removed = "the connector was removed"

    /// Its name; also the idempotency key the other system sees.
    public let id: TargetID
    /// The opt-out.
    public let optOut: OptOutID
    /// The connector's name.
    public let connector: String
    /// How far it has come.
    public var state: State
    /// How often it was tried.
    public var attempts: Int
    /// When it is tried next.
    public var nextAttemptAt: Timestamp?
    /// What the other system said last, without personal data.
    public var answer: String?
    /// When it confirmed.
    public var confirmedAt: Timestamp?

    /// Makes a target that nobody has been told about yet.
    public init(id: TargetID, optOut: OptOutID, connector: String) {
        self.id = id
        self.optOut = optOut
        self.connector = connector
        self.state = .pending
        self.attempts = 0
    }
}
