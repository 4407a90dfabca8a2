// Opt-outs of a span of time, each with how long it took to hold here and everywhere else.

public import HeedConsent
public import HeedStore

/// Asks for a page of the opt-outs that were requested in a span of time, oldest first.
public struct HonouredOptOuts: Query {
    /// Opt-outs on a page.
    static let pageMaximum = 1000

    private let from: Timestamp
    private let to: Timestamp
    private let last: OptOutHonour?

    /// Takes the span, and the last one of the page before.
    public init(from: Timestamp, to: Timestamp, after last: OptOutHonour? = nil) {
        self.from = from
        self.to = to
        self.last = last
    }

    /// The page; an empty one is the last.
    public func answer(in transaction: Transaction) throws -> [OptOutHonour] {
        try transaction.honours(
            from: from,
            to: to,
            after: last?.stored,
            limit: HonouredOptOuts.pageMaximum
        ).map { OptOutHonour(stored: $0, now: transaction.now) }
    }
}

/// An opt-out with its times.
public struct OptOutHonour: Sendable {
    /// What one connector made of it.
    public struct Target: Sendable {
        /// Its name.
        public let connector: String
        /// How far it is.
        public let state: OptOutTarget.State
        /// How often it was asked.
        public let attempts: Int
        /// When it confirmed; nil before.
        public let confirmedAt: Timestamp?
        /// Milliseconds from the request to that.
        public let confirmedMilliseconds: Int64?
    }

    let stored: StoredHonour
    private let now: Timestamp

    init(stored: StoredHonour, now: Timestamp) {
        self.stored = stored
        self.now = now
    }

    /// Which one.
    public var id: OptOutID { stored.id }
    /// The scope's name, or `global`.
    public var scope: String { stored.scope }
    /// Where it came from.
    public var source: String { stored.source }
    /// True when a list brought it: it was said elsewhere, before Heed knew of it.
    public var isImported: Bool { stored.source == Source.batchImport.text }
    /// The regime with its version.
    public var regime: String { stored.regime }
    /// When the person said it.
    public var requestedAt: Timestamp { stored.requestedAt }
    /// By when the law wants it honoured.
    public var deadlineAt: Timestamp { stored.deadlineAt }
    /// When the last connector had confirmed; nil before.
    public var completedAt: Timestamp? { stored.processedAt }
    /// From when on the guard refused: its id was made in the transaction that put the block.
    public var effectiveAt: Timestamp { max(stored.id.createdAt, stored.requestedAt) }
    /// Milliseconds from the request to that: 0 but for what another system told later.
    public var effectiveMilliseconds: Int64 { milliseconds(to: effectiveAt) }
    /// Milliseconds from the request to the last confirmation; nil before.
    public var completedMilliseconds: Int64? { stored.processedAt.map(milliseconds) }
    /// True when it is over and a system has not confirmed, because it was removed.
    public var endedUnconfirmed: Bool {
        stored.processedAt != nil && stored.targets.contains { $0.state == .cancelled }
    }
    /// True when it was completed after its deadline, or is not and past it.
    public var isLate: Bool { (stored.processedAt ?? now) > stored.deadlineAt }

    /// In the order of their names.
    public var targets: [Target] {
        stored.targets.map { target in
            Target(
                connector: target.connector,
                state: target.state,
                attempts: Int(target.attempts),
                confirmedAt: target.confirmedAt,
                confirmedMilliseconds: target.confirmedAt.map(milliseconds)
            )
        }
    }

    private func milliseconds(to end: Timestamp) -> Int64 {
        max(0, (end.microseconds - stored.requestedAt.microseconds) / 1000)
    }
}
