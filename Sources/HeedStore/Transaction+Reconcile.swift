// What a comparison with a connector's list reads: blocks in pages, and the newest result.

package import HeedConsent

/// A block on an address, with what its opt-out has come to at one connector.
package struct BlockRow: Sendable {
    /// The keyed hash of the address.
    package let key: [UInt8]
    /// The block.
    package let suppression: Suppression
    /// The person whose address it is; nil when Heed has no such address.
    package let contact: ContactID?
    /// How far the connector has been told; nil when it never was to be.
    package let target: (state: OptOutTarget.State, confirmedAt: Timestamp?)?
}

/// A page of blocks; a test reads its plan, which must not grow with the tables.
package let blocksStatement: SQL =
    "SELECT x.match_key, x.reason, x.scope, x.since, x.source, x.opt_out_id, "
    + "a.contact_id, t.state, t.confirmed_at FROM suppressions x "
    + "LEFT JOIN addresses a ON a.channel = 'email' AND a.match_key = x.match_key "
    + "LEFT JOIN opt_out_targets t ON t.opt_out_id = x.opt_out_id AND t.connector = $1 "
    + "WHERE (x.match_key, x.scope, x.reason) > ($2, $3, $4) AND x.widened = 0 "
    + "ORDER BY x.match_key, x.scope, x.reason LIMIT $5"

extension Transaction {
    /// Blocks on addresses in the order of their keys, after `last`, at most `limit`.
    ///
    /// Those on the form that covers aliases are left out: each has a twin on the exact form.
    package func blocks(
        after last: BlockRow?,
        toldTo connector: String,
        limit: Int64
    ) throws(StoreError) -> [BlockRow] {
        var blocks: [BlockRow] = []
        for row in try rows(
            blocksStatement,
            .text(connector),
            .blob(last?.key ?? []),
            .text(last?.suppression.scope?.text ?? ""),
            .text(last?.suppression.reason.rawValue ?? ""),
            .integer(limit)
        ) {
            blocks.append(
                BlockRow(
                    key: try row.blob(0),
                    suppression: try Transaction.suppression(row, from: 1),
                    contact: try row.optionalID(6),
                    target: row.isNull(7)
                        ? nil : (try row.word(7), try row.optionalTime(8))
                )
            )
        }
        return blocks
    }

    /// The blocks on each of many addresses, in their order; on a server they share round trips.
    package func suppressions(at many: [LookupKeys]) throws(StoreError) -> [[Suppression]] {
        let answers = try connection.runAll(many.map(Transaction.statement(forSuppressionsAt:)))
        var all: [[Suppression]] = []
        all.reserveCapacity(answers.count)
        for rows in answers {
            var blocks: [Suppression] = []
            for row in rows { blocks.append(try Transaction.suppression(row, from: 0)) }
            all.append(blocks)
        }
        return all
    }

    /// The jobs about a target that were given up.
    package func buriedJobs(about target: OptOutTarget) throws(StoreError) -> [JobID] {
        var jobs: [JobID] = []
        for row in try rows(
            "SELECT id FROM jobs WHERE state = 'buried' AND kind = 'tell-connector' "
                + "AND connector = $1 AND subject = $2",
            .text(target.connector),
            .id(target.id)
        ) { jobs.append(try row.id(0)) }
        return jobs
    }

    /// The newest event of a kind about something that is no person's; nil when there is none.
    package func newestEvent(
        _ kind: String,
        about subject: [UInt8]
    ) throws(StoreError) -> (at: Timestamp, body: [UInt8])? {
        let row = try row(
            "SELECT at, body FROM audit_events "
                + "WHERE contact_id IS NULL AND subject = $1 AND kind = $2 "
                + "ORDER BY position DESC LIMIT 1",
            .blob(subject),
            .text(kind)
        )
        guard let row else { return nil }
        return (try row.time(0), try row.blob(1))
    }
}
