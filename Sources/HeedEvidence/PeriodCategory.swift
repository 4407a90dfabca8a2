// What was written down in a period, kind by kind and page by page: ids, nothing unsealed.

import HeedConsent
package import HeedStore

/// One kind of rows that were written down in a period.
///
/// An id begins with the millisecond it was made in, so a period is a range of ids, which every
/// table is ordered by.
package struct PeriodCategory: Sendable {
    /// Its name in JSON; the same as in `PersonalCategory` for the same kind.
    package let name: String
    /// Its columns, the id first.
    package let columns: [PersonalCategory.Column]
    private let statement: SQL

    private typealias Column = PersonalCategory.Column

    private init(_ name: String, _ columns: [Column], _ statement: SQL) {
        self.name = name
        self.columns = columns
        self.statement = statement + " ORDER BY id LIMIT $3"
    }

    /// All that a period has beside its lines in the log.
    package static let all = [consents, optOuts, optOutAnswers, requests, requestAnswers]

    /// The rows after a place and before an end, at most `limit`.
    package func page(
        _ period: LogPeriod,
        after place: PersonalPlace,
        limit: Int64,
        in transaction: Transaction
    ) throws(StoreError) -> PersonalPage {
        let first = place.bytes.isEmpty ? period.firstID : place.bytes
        let rows = try transaction.rows(
            statement,
            .blob(first),
            .blob(period.endID),
            .integer(limit)
        )
        return try PersonalPage(rows) { row throws(StoreError) in
            PersonalPlace(bytes: try row.blob(0))
        } cells: { row throws(StoreError) in
            try row.cells(columns)
        }
    }

    private static let consents = PeriodCategory(
        "consents",
        [
            Column("id", .id), Column("contactId", .id), Column("scope"), Column("decision"),
            Column("basis"), Column("source"), Column("policyVersion"),
            Column("policySha256", .hash), Column("language"), Column("givenAt", .time),
            Column("recordedAt", .time), Column("expiresAt", .time), Column("optOutId", .id),
            Column("importId", .id), Column("actorType"), Column("actor"),
        ],
        "SELECT id, contact_id, scope, decision, basis, source, policy_version, policy_sha256, "
            + "locale, given_at, recorded_at, expires_at, opt_out_id, import_id, actor_type, "
            + "actor FROM consent_records WHERE id > $1 AND id < $2"
    )

    private static let optOuts = PeriodCategory(
        "optOuts",
        [
            Column("id", .id), Column("contactId", .id), Column("scope"), Column("status"),
            Column("source"), Column("regime"), Column("requestedAt", .time),
            Column("deadlineAt", .time), Column("processedAt", .time),
        ],
        "SELECT id, contact_id, scope, status, source, regime, requested_at, deadline_at, "
            + "processed_at FROM opt_outs WHERE id > $1 AND id < $2"
    )

    private static let optOutAnswers = PeriodCategory(
        "optOutAnswers",
        [
            Column("id", .id), Column("optOutId", .id), Column("system"), Column("state"),
            Column("attempts", .number), Column("nextAttemptAt", .time), Column("answer"),
            Column("confirmedAt", .time),
        ],
        "SELECT id, opt_out_id, connector, state, attempts, next_attempt_at, answer, "
            + "confirmed_at FROM opt_out_targets WHERE id > $1 AND id < $2"
    )

    private static let requests = PeriodCategory(
        "requests",
        [
            Column("id", .id), Column("contactId", .id), Column("kind"), Column("status"),
            Column("source"), Column("regime"), Column("requestedAt", .time),
            Column("deadlineAt", .time), Column("extendedAt", .time), Column("verifiedBy"),
            Column("verifiedAt", .time), Column("endedAt", .time), Column("reason"),
        ],
        "SELECT id, contact_id, kind, status, source, regime, requested_at, deadline_at, "
            + "extended_at, verified_by, verified_at, ended_at, reason FROM requests "
            + "WHERE id > $1 AND id < $2"
    )

    private static let requestAnswers = PeriodCategory(
        "requestAnswers",
        [
            Column("id", .id), Column("requestId", .id), Column("system"), Column("state"),
            Column("attempts", .number), Column("answer"), Column("confirmedAt", .time),
        ],
        "SELECT id, request_id, connector, state, attempts, answer, confirmed_at "
            + "FROM erasure_targets WHERE id > $1 AND id < $2"
    )
}
