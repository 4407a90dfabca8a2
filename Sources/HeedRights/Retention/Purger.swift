// The one path by which old rows go: page by page, each purge an event in the log.

public import HeedConsent
public import HeedEngine
import HeedStore

/// Takes away what is past its retention.
///
/// Consent records go first, because an audit event stays as long as the record it is about. The
/// database refuses younger rows whoever asks (migration 0002); leaf hashes stay, so that the
/// proofs of everything else, and of the purged by hash, go on verifying.
public struct Purger: Sendable {
    /// Rows a page has; a page is one transaction.
    static let pageSize = 500

    private let engine: Engine
    private let retention: Retention

    /// Takes the door and for how long rows are kept.
    public init(engine: Engine, retention: Retention) {
        self.engine = engine
        self.retention = retention
    }

    /// What happened, or would happen, to the rows of one kind.
    public struct Count: Hashable, Sendable {
        /// What kind of rows.
        public let kind: Retention.Kind
        /// Rows written before this instant were looked at.
        public let before: Timestamp
        /// Rows that went, or would go.
        public internal(set) var purged = 0
        /// Old rows that stay because of a legal hold.
        public internal(set) var held = 0
        /// Old rows that stay because something that stands still rests on them.
        public internal(set) var needed = 0
    }

    /// Purges, or only counts.
    ///
    /// - Returns: consent records first, then audit events, events about messages, decisions about
    ///   sends.
    public func run(
        dryRun: Bool,
        as actor: Actor,
        progress: @Sendable (_ purged: Int) -> Void = { _ in }
    ) async throws -> [Count] {
        let now = try await engine.ask(Present())
        let horizons = Horizons(
            records: retention.horizon(of: .consentRecords, at: now),
            events: retention.horizon(of: .auditEvents, at: now),
            activities: retention.horizon(of: .activities, at: now)
        )
        var counts: [Count] = []
        for kind in Retention.Kind.allCases {
            var count = Count(kind: kind, before: retention.horizon(of: kind, at: now))
            var cursor = PurgeCursor()
            while true {
                try Task.checkCancellation()
                let rows = PurgeableRows(
                    kind: kind,
                    horizons: horizons,
                    cursor: cursor,
                    limit: Purger.pageSize
                )
                let page = try await engine.ask(rows)
                if let purge = page.purge {
                    count.purged +=
                        dryRun
                        ? purge.count
                        : try await engine.perform(PurgeRows(rows: rows), as: actor).receipt
                    progress(count.purged)
                }
                count.held += page.held
                count.needed += page.needed
                cursor = page.cursor
                if page.isLast { break }
            }
            counts.append(count)
        }
        return counts
    }
}

/// The present, as the database's transactions see it.
private struct Present: Query {
    func answer(in transaction: Transaction) throws -> Timestamp { transaction.now }
}
