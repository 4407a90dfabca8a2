// What verifiers found, kept one row a run.

package import HeedConsent

/// The result of one run, without personal data.
package struct StoredVerification: Hashable, Sendable {
    /// When it began.
    package let startedAt: Timestamp
    /// When it ended.
    package let finishedAt: Timestamp
    /// The leaves of the log.
    package let logSize: Int
    /// The events that were hashed again.
    package let events: Int
    /// How many differences there are.
    package let findings: Int
    /// A line each for the first of them.
    package let summary: String

    /// Makes a result.
    package init(
        startedAt: Timestamp,
        finishedAt: Timestamp,
        logSize: Int,
        events: Int,
        findings: Int,
        summary: String
    ) {
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.logSize = logSize
        self.events = events
        self.findings = findings
        self.summary = summary
    }
}

extension Transaction {
    /// Keeps a result; two that end in the same microsecond are kept one after the other.
    package func insert(_ verification: StoredVerification) throws(StoreError) {
        let last = try latestVerification()?.finishedAt.microseconds ?? 0
        try execute(
            "INSERT INTO verifications (finished_at, started_at, log_size, events, findings, "
                + "summary) VALUES ($1, $2, $3, $4, $5, $6)",
            .integer(max(verification.finishedAt.microseconds, last + 1)),
            .time(verification.startedAt),
            .integer(Int64(verification.logSize)),
            .integer(Int64(verification.events)),
            .integer(Int64(verification.findings)),
            .text(verification.summary)
        )
    }

    /// The newest result.
    package func latestVerification() throws(StoreError) -> StoredVerification? {
        guard
            let row = try row(
                "SELECT started_at, finished_at, log_size, events, findings, summary "
                    + "FROM verifications ORDER BY finished_at DESC LIMIT 1"
            )
        else { return nil }
        return StoredVerification(
            startedAt: try row.time(0),
            finishedAt: try row.time(1),
            logSize: Int(try row.integer(2)),
            events: Int(try row.integer(3)),
            findings: Int(try row.integer(4)),
            summary: try row.text(5)
        )
    }
}
