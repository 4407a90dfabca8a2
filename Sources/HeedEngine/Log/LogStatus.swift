// How the log stands, and the newest result of a verifier.

public import HeedConsent
public import HeedStore

/// The newest result of a verifier.
public struct LastVerification: Query {
    /// Asks for the newest.
    public init() {}

    /// A result.
    public struct Result: Hashable, Sendable {
        /// When it began.
        public let startedAt: Timestamp
        /// When it ended.
        public let finishedAt: Timestamp
        /// The leaves of the log.
        public let logSize: Int
        /// The events that were hashed again.
        public let events: Int
        /// How many differences there are.
        public let findings: Int
        /// A line each for the first of them.
        public let summary: String
    }

    /// The result; nil before the first.
    public func answer(in transaction: Transaction) throws -> Result? {
        try transaction.latestVerification().map { stored in
            Result(
                startedAt: stored.startedAt,
                finishedAt: stored.finishedAt,
                logSize: stored.logSize,
                events: stored.events,
                findings: stored.findings,
                summary: stored.summary
            )
        }
    }
}

/// How the log stands, for probes and measurements; one snapshot.
public struct LogStatus: Query {
    /// Asks for all of it.
    public init() {}

    /// How it stands.
    public struct Status: Sendable {
        /// The present, as the database's transactions see it.
        public let now: Timestamp
        /// The leaves under the newest checkpoint.
        public let size: Int
        /// When it was signed; nil for a log that nothing was written to.
        public let signedAt: Timestamp?
        /// Committed events that are in no leaf yet.
        public let unsequenced: Int
        /// The newest result of a verifier.
        public let verification: LastVerification.Result?
    }

    /// Reads it.
    public func answer(in transaction: Transaction) throws -> Status {
        let head = try transaction.latestCheckpoint()
        return Status(
            now: transaction.now,
            size: head?.size ?? 0,
            signedAt: head?.signedAt,
            unsequenced: try transaction.unsequencedCount(),
            verification: try LastVerification().answer(in: transaction)
        )
    }
}

extension Engine {
    /// Keeps a verifier's result; housekeeping, not state.
    package func keep(_ result: StoredVerification) async throws {
        try await database.write { transaction in try transaction.insert(result) }
    }
}
