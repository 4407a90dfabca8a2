// What the guard said about people before sends: a row each, never changed, and their hashes.

import Crypto
public import HeedConsent

private let sendInsertion = Insertion(
    into: "send_decisions",
    [
        "batch_id": .bytes, "place": .integer, "contact_id": .bytes, "decided_at": .integer,
        "scope": .text, "campaign": .text, "reason": .text, "position": .integer,
        "record_id": .bytes,
    ],
    depth: 1
)

extension Transaction {
    func insert(_ batch: SendBatch) throws(StoreError) {
        for (place, record) in batch.records.enumerated() {
            try insert(
                [
                    .id(batch.id), .integer(Int64(place)), .id(record.contact), .time(now),
                    .text(batch.scope.text), .text(batch.campaign), .text(record.reason.rawValue),
                    .integer(batch.position), .id(record.record),
                ],
                with: sendInsertion
            )
        }
    }

    /// The hashes of a batch's rows, a line each in their order; the log has the hash of all.
    ///
    /// So one person's row can be shown and checked without anybody else's.
    static func document(of records: [SendRecord]) -> [UInt8] {
        var lines: [UInt8] = []
        for record in records {
            lines += Array(hexadecimal(Array(SHA256.hash(data: Array(record.text.utf8)))).utf8)
            lines.append(0x0A)
        }
        return lines
    }

    /// The same from what is stored; nil for a batch nobody knows.
    package func document(ofSends batch: SendBatchID) throws(StoreError) -> [UInt8]? {
        var records: [SendRecord] = []
        for row in try rows(
            "SELECT contact_id, reason, record_id FROM send_decisions WHERE batch_id = $1 "
                + "ORDER BY place",
            .id(batch)
        ) {
            records.append(
                SendRecord(
                    contact: try row.id(0),
                    reason: try row.word(1),
                    record: try row.optionalID(2)
                )
            )
        }
        return records.isEmpty ? nil : Transaction.document(of: records)
    }

    /// The newest rows about a person, the newest first, at most `limit`.
    package func sends(of contact: ContactID, limit: Int64) throws(StoreError) -> [StoredSend] {
        var sends: [StoredSend] = []
        for row in try rows(
            "SELECT decided_at, scope, campaign, reason, position, record_id FROM send_decisions "
                + "WHERE contact_id = $1 ORDER BY batch_id DESC, place DESC LIMIT $2",
            .id(contact),
            .integer(limit)
        ) {
            sends.append(
                StoredSend(
                    decidedAt: try row.time(0),
                    scope: try row.text(1),
                    campaign: try row.optionalText(2),
                    reason: try row.word(3),
                    position: try row.integer(4),
                    record: try row.optionalID(5)
                )
            )
        }
        return sends
    }

    /// Rows after one, oldest first, at most `limit`, with whether each may go.
    package func oldSends(
        after last: SendPlace?,
        before horizon: Timestamp,
        limit: Int64
    ) throws(StoreError) -> [PurgeCandidate<SendPlace>] {
        var candidates: [PurgeCandidate<SendPlace>] = []
        for row in try rows(
            "SELECT s.batch_id, s.decided_at < $3, EXISTS (SELECT 1 FROM legal_holds h "
                + "WHERE h.contact_id IS NULL OR h.contact_id = s.contact_id), false, s.place "
                + "FROM send_decisions s WHERE (s.batch_id, s.place) > ($1, $2) "
                + "ORDER BY s.batch_id, s.place LIMIT $4",
            .blob(last?.batch ?? []),
            .integer(last?.place ?? -1),
            .time(horizon),
            .integer(limit)
        ) {
            let place = SendPlace(batch: try row.blob(0), place: try row.integer(4))
            candidates.append(try PurgeCandidate(place, row))
        }
        return candidates
    }

    func deleteSend(_ place: SendPlace) throws(StoreError) {
        try execute(
            "DELETE FROM send_decisions WHERE batch_id = $1 AND place = $2",
            .blob(place.batch),
            .integer(place.place)
        )
    }
}

/// What the guard said about one person before a send.
public struct StoredSend: Hashable, Sendable {
    /// When it was written down.
    public let decidedAt: Timestamp
    /// What was to be sent.
    public let scope: String
    /// What the team called the campaign.
    public let campaign: String?
    /// Whether it was allowed, and if not, why.
    public let reason: SendDecision.Reason
    /// The position the answer was as fresh as.
    public let position: Int64
    /// The consent record behind it.
    public let record: ConsentID?
}
