// People's requests, what connectors answered about erasures, and the receipts.

public import HeedConsent

/// Requests of one kind that are not answered.
public struct OpenRequests: Hashable, Sendable {
    /// The kind.
    public let kind: RightsRequest.Kind
    /// How many there are.
    public let count: Int64
    /// How many are past their deadline.
    public let past: Int64
    /// The earliest deadline.
    public let deadlineAt: Timestamp
}

extension Transaction {
    /// The sealed token; its first part of what `insert` needs.
    func sealToken(of request: RightsRequest, _ token: [UInt8]) throws(StoreError) -> [UInt8] {
        try vault.sealSetting(token, label: "request:" + request.id.text, in: surroundings)
    }

    func insert(
        _ request: RightsRequest,
        token: [UInt8],
        sealed: [UInt8]
    ) throws(StoreError) {
        try execute(
            "INSERT INTO requests (id, kind, contact_id, source, regime, requested_at, "
                + "deadline_at, status, keeps_block, token_hash, token_sealed) "
                + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            .id(request.id),
            .text(request.kind.rawValue),
            .id(request.contact),
            .text(request.source.text),
            .text(request.regime),
            .time(request.requestedAt),
            .time(request.deadlineAt),
            .text(request.status.rawValue),
            .integer(request.keepsBlock ? 1 : 0),
            .blob(hash(ofToken: token)),
            .blob(sealed)
        )
    }

    func update(_ request: RightsRequest) throws(StoreError) {
        try execute(
            "UPDATE requests SET status = $2, deadline_at = $3, extended_at = $4, "
                + "verified_by = $5, verified_at = $6, ended_at = $7, reason = $8 WHERE id = $1",
            .id(request.id),
            .text(request.status.rawValue),
            .time(request.deadlineAt),
            .time(request.extendedAt),
            .text(request.verifiedBy?.text),
            .time(request.verifiedAt),
            .time(request.endedAt),
            .text(request.reason?.text)
        )
    }

    private func hash(ofToken token: [UInt8]) -> [UInt8] {
        vault.fingerprint([Array("request-token".utf8), token])
    }

    private static let requestColumns: SQL =
        "SELECT id, kind, contact_id, source, regime, requested_at, deadline_at, status, "
        + "keeps_block, extended_at, verified_by, verified_at, ended_at, reason FROM requests "

    /// A request by id.
    package func request(_ id: RequestID) throws(StoreError) -> RightsRequest? {
        try requests(rows(Transaction.requestColumns + "WHERE id = $1", .id(id))).first
    }

    /// The request that a token opens.
    package func request(token: [UInt8]) throws(StoreError) -> RightsRequest? {
        let hash = hash(ofToken: token)
        return try requests(
            rows(Transaction.requestColumns + "WHERE token_hash = $1", .blob(hash))
        ).first
    }

    /// The token of a request, for the operator to pass on.
    package func token(of id: RequestID) throws(StoreError) -> [UInt8]? {
        guard let row = try row("SELECT token_sealed FROM requests WHERE id = $1", .id(id)) else {
            return nil
        }
        return try vault.openSetting(try row.blob(0), label: "request:" + id.text)
    }

    /// A person's requests, oldest first.
    package func requests(of contact: ContactID) throws(StoreError) -> [RightsRequest] {
        try requests(
            rows(Transaction.requestColumns + "WHERE contact_id = $1 ORDER BY id", .id(contact))
        )
    }

    /// Requests that are not answered, the most urgent first, at most `limit`, after one of them.
    package func openRequests(
        after last: RightsRequest?,
        limit: Int64
    ) throws(StoreError) -> [RightsRequest] {
        let after: SQL = "WHERE ended_at IS NULL AND (deadline_at, id) > ($1, $2) "
        return try requests(
            rows(
                Transaction.requestColumns + after + "ORDER BY deadline_at, id LIMIT $3",
                .integer(last?.deadlineAt.microseconds ?? .min),
                .blob(last?.id.bytes ?? []),
                .integer(limit)
            )
        )
    }

    /// Requests that are not answered, by kind: how many, and the earliest deadline.
    package func openRequestKinds() throws(StoreError) -> [OpenRequests] {
        var kinds: [OpenRequests] = []
        for row in try rows(
            "SELECT kind, count(*), count(*) FILTER (WHERE deadline_at < $1), min(deadline_at) "
                + "FROM requests WHERE ended_at IS NULL GROUP BY kind ORDER BY kind",
            .time(now)
        ) {
            kinds.append(
                OpenRequests(
                    kind: try row.word(0),
                    count: try row.integer(1),
                    past: try row.integer(2),
                    deadlineAt: try row.time(3)
                )
            )
        }
        return kinds
    }

    /// Requests after one, in the order they came, at most `limit`.
    package func requests(
        after id: RequestID?,
        limit: Int64
    ) throws(StoreError) -> [RightsRequest] {
        try requests(
            rows(
                Transaction.requestColumns + "WHERE id > $1 ORDER BY id LIMIT $2",
                .blob(id?.bytes ?? []),
                .integer(limit)
            )
        )
    }

    private func requests(_ rows: [Row]) throws(StoreError) -> [RightsRequest] {
        var requests: [RightsRequest] = []
        for row in rows {
            var request = RightsRequest(
                stored: try row.id(0),
                kind: try row.word(1),
                contact: try row.id(2),
                source: Source(stored: try row.text(3)),
                times: (try row.text(4), try row.time(5), try row.time(6)),
                status: try row.word(7),
                keepsBlock: try row.flag(8)
            )
            request.extendedAt = try row.optionalTime(9)
            request.verifiedBy = try row.optionalText(10).map { Source(stored: $0) }
            request.verifiedAt = try row.optionalTime(11)
            request.endedAt = try row.optionalTime(12)
            request.reason = try row.optionalText(13).map { Source(stored: $0) }
            requests.append(request)
        }
        return requests
    }

    func insert(_ target: ErasureTarget) throws(StoreError) {
        try execute(
            "INSERT INTO erasure_targets (id, request_id, connector, state, attempts) "
                + "VALUES ($1, $2, $3, $4, $5)",
            .id(target.id),
            .id(target.request),
            .text(target.connector),
            .text(target.state.rawValue),
            .integer(Int64(target.attempts))
        )
    }

    /// Once the connector has answered, or is no more, nothing of the addresses is needed for it.
    func update(_ target: ErasureTarget) throws(StoreError) {
        try execute(
            "UPDATE erasure_targets SET state = $2, attempts = $3, next_attempt_at = $4, "
                + "answer = $5, confirmed_at = $6, "
                + "sealed = CASE WHEN $2 IN ('confirmed', 'cancelled') THEN NULL ELSE sealed END "
                + "WHERE id = $1",
            .id(target.id),
            .text(target.state.rawValue),
            .integer(Int64(target.attempts)),
            .time(target.nextAttemptAt),
            .text(target.answer),
            .time(target.confirmedAt)
        )
    }

    private static let erasureTargetColumns: SQL =
        "SELECT id, request_id, connector, state, attempts, next_attempt_at, answer, "
        + "confirmed_at FROM erasure_targets "

    /// A target by id.
    package func erasureTarget(_ id: ErasureTargetID) throws(StoreError) -> ErasureTarget? {
        try erasureTargets(
            rows(Transaction.erasureTargetColumns + "WHERE id = $1", .id(id))
        ).first
    }

    /// The targets of a request, by connector.
    package func erasureTargets(of id: RequestID) throws(StoreError) -> [ErasureTarget] {
        try erasureTargets(
            rows(
                Transaction.erasureTargetColumns + "WHERE request_id = $1 ORDER BY connector",
                .id(id)
            )
        )
    }

    private func erasureTargets(_ rows: [Row]) throws(StoreError) -> [ErasureTarget] {
        var targets: [ErasureTarget] = []
        for row in rows {
            var target = ErasureTarget(
                id: try row.id(0),
                request: try row.id(1),
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

    /// The job that tells a target, when there is one.
    package func job(forErasureAt target: ErasureTargetID) throws(StoreError) -> JobID? {
        try row(
            "SELECT id FROM jobs WHERE kind = 'erasure-tell' AND subject = $1",
            .id(target)
        )?.id(0)
    }

    /// A person's opt-outs that other systems are still to be told of.
    package func openOptOuts(of contact: ContactID) throws(StoreError) -> [OptOutID] {
        var ids: [OptOutID] = []
        for row in try rows(
            "SELECT id FROM opt_outs WHERE contact_id = $1 AND status <> 'completed' ORDER BY id",
            .id(contact)
        ) { ids.append(try row.id(0)) }
        return ids
    }

    /// The events that issued receipts of a request, the first first.
    package func receiptEvents(of id: RequestID) throws(StoreError) -> [EventID] {
        var events: [EventID] = []
        for row in try rows(
            "SELECT id FROM audit_events "
                + "WHERE contact_id = (SELECT contact_id FROM requests WHERE id = $1) "
                + "AND subject = $1 AND kind = 'request.receipt-issued' ORDER BY position",
            .id(id)
        ) { events.append(try row.id(0)) }
        return events
    }

    func insert(_ receipt: RequestReceipt) throws(StoreError) {
        try execute(
            "INSERT INTO receipts (request_id, number, issued_at, body) VALUES ($1, $2, $3, $4)",
            .id(receipt.request),
            .integer(receipt.number),
            .time(receipt.issuedAt),
            .blob(receipt.body)
        )
    }

    /// The receipts of a request, the first first.
    package func receipts(of id: RequestID) throws(StoreError) -> [RequestReceipt] {
        var receipts: [RequestReceipt] = []
        for row in try rows(
            "SELECT number, issued_at, body FROM receipts WHERE request_id = $1 ORDER BY number",
            .id(id)
        ) {
            receipts.append(
                RequestReceipt(
                    request: id,
                    number: try row.integer(0),
                    issuedAt: try row.time(1),
                    body: try row.blob(2)
                )
            )
        }
        return receipts
    }
}
