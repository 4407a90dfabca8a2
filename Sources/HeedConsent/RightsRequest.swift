// A person's request about their own data, from its receipt to its answer, with the law's clock.

/// What a person asks for by right, and how far the answer has come.
///
/// The text of what they wrote is not kept: it is not needed to prove that the request was met.
public struct RightsRequest: Hashable, Sendable {
    /// What is asked for.
    public enum Kind: String, CaseIterable, Sendable {
        /// To see and take along what is known (GDPR Art. 15 and 20, CCPA 1798.110).
        case access
        /// To have it put right (Art. 16).
        case rectification
        /// To have it removed (Art. 17, CCPA 1798.105).
        case erasure
        /// To have it kept and not used (Art. 18).
        case restriction
        /// To have it not used for marketing (Art. 21(2)).
        case objection
        /// To have it not sold or shared (CCPA 1798.120).
        case doNotSell = "do-not-sell"
    }

    /// How far it has come.
    public enum Status: String, CaseIterable, Sendable {
        /// It is there; whoever sent it has not shown who they are.
        case received
        /// It comes from the person.
        case verified
        /// A legal hold forbids it for now (Art. 17(3)(e)).
        case held
        /// It is being done.
        case processing
        /// It is done, everywhere.
        case completed
        /// It is done here; another system has refused.
        case partlyRefused = "partly-refused"
        /// It was turned down, with a reason.
        case refused

        /// True when nothing more happens by itself.
        public var isOver: Bool {
            switch self {
            case .received, .verified, .held, .processing: false
            case .completed, .partlyRefused, .refused: true
            }
        }
    }

    /// Its name.
    public let id: RequestID
    /// What is asked for.
    public let kind: Kind
    /// The person.
    public let contact: ContactID
    /// How it arrived.
    public let source: Source
    /// The rule its time is counted by.
    public let regime: String
    /// When it was received.
    public let requestedAt: Timestamp
    /// Until when it has to be answered.
    public var deadlineAt: Timestamp
    /// When the person was told that it takes longer.
    public var extendedAt: Timestamp?
    /// How far it has come.
    public var status: Status
    /// How the person showed who they are, as a short name; nil while they have not.
    public var verifiedBy: Source?
    /// When they did.
    public var verifiedAt: Timestamp?
    /// When it was answered.
    public var endedAt: Timestamp?
    /// Why it was turned down or held, as a short name.
    public var reason: Source?
    /// Whether an erasure leaves a keyed hash behind, so that no later list revives the person.
    public let keepsBlock: Bool

    /// Makes a request that was just received.
    public init(
        id: RequestID,
        kind: Kind,
        of contact: Contact,
        source: Source,
        requestedAt: Timestamp,
        keepsBlock: Bool = true
    ) {
        let regime = Regime.forRequest(kind, region: contact.region)
        self.id = id
        self.kind = kind
        self.contact = contact.id
        self.source = source
        self.regime = regime.name
        self.requestedAt = requestedAt
        self.deadlineAt = regime.deadline(from: requestedAt)
        self.status = .received
        self.keepsBlock = keepsBlock
    }

    /// Takes what was checked when it was stored; the rest is set after.
    package init(
        stored id: RequestID,
        kind: Kind,
        contact: ContactID,
        source: Source,
        times: (regime: String, requestedAt: Timestamp, deadlineAt: Timestamp),
        status: Status,
        keepsBlock: Bool
    ) {
        self.id = id
        self.kind = kind
        self.contact = contact
        self.source = source
        self.regime = times.regime
        self.requestedAt = times.requestedAt
        self.deadlineAt = times.deadlineAt
        self.status = status
        self.keepsBlock = keepsBlock
    }

    /// Days until the deadline, the begun one counted; negative once it has passed.
    public func daysLeft(at now: Timestamp) -> Int64 {
        let microseconds = deadlineAt.microseconds - now.microseconds
        let day: Int64 = 86_400_000_000
        return microseconds >= 0 ? (microseconds + day - 1) / day : microseconds / day - 1
    }
}

/// What one connector has to be told about an erasure, and how it answered.
public struct ErasureTarget: Hashable, Sendable {
    /// Its name; also the idempotency key the other system sees.
    public let id: ErasureTargetID
    /// The request.
    public let request: RequestID
    /// The connector's name.
    public let connector: String
    /// How far it has come; `buried` when the other system has refused.
    public var state: OptOutTarget.State
    /// How often it was tried.
    public var attempts: Int
    /// When it is tried next.
    public var nextAttemptAt: Timestamp?
    /// What the other system said last, without personal data.
    public var answer: String?
    /// When it confirmed.
    public var confirmedAt: Timestamp?

    /// Makes a target that nobody has been told about yet.
    public init(id: ErasureTargetID, request: RequestID, connector: String) {
        self.id = id
        self.request = request
        self.connector = connector
        self.state = .pending
        self.attempts = 0
    }
}

/// What the local part of an erasure took away.
public struct LocalErasure: Hashable, Sendable {
    /// Rows by table that were deleted, emptied or made unreadable.
    public let rows: [String: Int64]
    /// Targets that stay open: for these alone the addresses are kept, sealed.
    public let unconfirmed: [ErasureTargetID]

    /// Takes both.
    public init(rows: [String: Int64], unconfirmed: [ErasureTargetID]) {
        self.rows = rows
        self.unconfirmed = unconfirmed
    }
}

/// A receipt as it is kept: the text that was issued, never changed.
public struct RequestReceipt: Hashable, Sendable {
    /// The request.
    public let request: RequestID
    /// The first, second, … of this request.
    public let number: Int64
    /// When it was issued.
    public let issuedAt: Timestamp
    /// Canonical JSON without personal data.
    public let body: [UInt8]

    /// Makes a receipt.
    public init(request: RequestID, number: Int64, issuedAt: Timestamp, body: [UInt8]) {
        self.request = request
        self.number = number
        self.issuedAt = issuedAt
        self.body = body
    }
}
