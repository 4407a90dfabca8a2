// Opt-outs, and what each connector has been told about them.

package import HeedConsent

private let optOutInsertion = Insertion(
    into: "opt_outs",
    [
        "id": .bytes, "contact_id": .bytes, "scope": .text, "source": .text, "regime": .text,
        "requested_at": .integer, "deadline_at": .integer, "status": .text, "details": .bytes,
    ],
    depth: 1
)

private let targetInsertion = Insertion(
    into: "opt_out_targets",
    [
        "id": .bytes, "opt_out_id": .bytes, "connector": .text, "state": .text,
        "attempts": .integer,
    ],
    depth: 2
)

extension Transaction {
    func insert(_ optOut: OptOut, details: [UInt8]?) throws(StoreError) {
        let row: [SQLValue] = [
            .id(optOut.id), .id(optOut.contact), .text(optOut.extent.name),
            .text(optOut.source.text), .text(optOut.regime), .time(optOut.requestedAt),
            .time(optOut.deadlineAt), .text(optOut.status.rawValue), .blob(details),
        ]
        try insert(row, with: optOutInsertion)
    }

    func update(_ optOut: OptOut) throws(StoreError) {
        try execute(
            "UPDATE opt_outs SET status = $2, processed_at = $3, processing_ms = $4 WHERE id = $1",
            .id(optOut.id),
            .text(optOut.status.rawValue),
            .time(optOut.processedAt),
            optOut.processingMilliseconds.map { .integer($0) } ?? .null
        )
    }

    /// An opt-out by id.
    package func optOut(_ id: OptOutID) throws(StoreError) -> OptOut? {
        guard
            let row = try row(
                "SELECT contact_id, scope, source, requested_at, deadline_at, regime, status, "
                    + "processed_at FROM opt_outs WHERE id = $1",
                .id(id)
            )
        else { return nil }
        return OptOut(
            stored: id,
            contact: try row.id(0),
            extent: OptOut.Extent(stored: try row.text(1)),
            source: Source(stored: try row.text(2)),
            requestedAt: try row.time(3),
            deadlineAt: try row.time(4),
            regime: try row.text(5),
            status: try row.word(6),
            processedAt: try row.optionalTime(7)
        )
    }

    func insert(_ target: OptOutTarget) throws(StoreError) {
        let row: [SQLValue] = [
            .id(target.id), .id(target.optOut), .text(target.connector),
            .text(target.state.rawValue), .integer(Int64(target.attempts)),
        ]
        try insert(row, with: targetInsertion)
    }

    func update(_ target: OptOutTarget) throws(StoreError) {
        try execute(
            "UPDATE opt_out_targets SET state = $2, attempts = $3, next_attempt_at = $4, answer "
                + "= $5, "
                + "confirmed_at = $6 WHERE id = $1",
            .id(target.id),
            .text(target.state.rawValue),
            .integer(Int64(target.attempts)),
            .time(target.nextAttemptAt),
            .text(target.answer),
            .time(target.confirmedAt)
        )
    }

    /// A target by id.
    package func target(_ id: TargetID) throws(StoreError) -> OptOutTarget? {
        try targets(
            rows(
                "SELECT id, opt_out_id, connector, state, attempts, next_attempt_at, answer, "
                    + "confirmed_at FROM opt_out_targets WHERE id = $1",
                .id(id)
            )
        ).first
    }

    /// The targets of an opt-out, by connector.
    package func targets(of optOut: OptOutID) throws(StoreError) -> [OptOutTarget] {
        try targets(
            rows(
                "SELECT id, opt_out_id, connector, state, attempts, next_attempt_at, answer, "
                    + "confirmed_at FROM opt_out_targets WHERE opt_out_id = $1 ORDER BY connector",
                .id(optOut)
            )
        )
    }

    /// Reads targets with all their columns, in the order of the statement above.
    package func targets(_ rows: [Row]) throws(StoreError) -> [OptOutTarget] {
        var targets: [OptOutTarget] = []
        for row in rows {
            var target = OptOutTarget(
                id: try row.id(0),
                optOut: try row.id(1),
                connector: try row.text(2)
            )
            target.state = try row.word(3)
            target.attempts = Int(try row.integer(4))
            target.nextAttemptAt = try row.optionalTime(5)
            target.answer = try row.optionalText(6)
            target.confirmedAt = try row.optionalTime(7)
            targets.append(target)
        }
        return targets
    }
}
