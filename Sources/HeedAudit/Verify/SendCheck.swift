// Holds decisions before sends against the lines of the log that have their hashes.

import Crypto
import HeedConsent
import HeedEngine
import HeedStore

/// A batch of decisions, as its line in the log has it.
struct LoggedSends: Sendable {
    let batch: [UInt8]
    private let position: Int64
    private let at: Timestamp
    private let rows: Int
    private let document: [UInt8]?
    /// What each row has of the line.
    private let common: [String?]

    init?(_ line: AuditEvent, at position: Int64) {
        guard let batch = line.subject, let rows = line.facts["rows"].flatMap({ Int($0) }) else {
            return nil
        }
        self.batch = batch
        self.position = position
        self.rows = rows
        at = line.at
        document = line.detailsHash
        common = [
            String(line.at.microseconds), line.scope, line.facts["campaign"],
            line.facts["position"],
        ]
    }

    private static let names = ["decided_at", "scope", "campaign", "position"]

    /// Compares; answers with how many rows are gone and may have been purged.
    func check(_ stored: StoredSends.Content, _ findings: inout Findings) -> Int {
        let place = "sends \(hexadecimal(batch))"
        var columns = zip(LoggedSends.names, common).enumerated()
            .filter { index, pair in stored.rows.contains { $0.common[index] != pair.1 } }
            .map(\.element.0)
        if stored.rows.count >= rows, StoredSends.hash(stored.rows) != document {
            columns.append(stored.rows.count > rows ? "number of rows" : "contact, reason, record")
        }
        if !columns.isEmpty {
            findings.add(
                .sendChanged,
                at: place,
                "its rows differ from event \(position) in: \(columns.joined(separator: ", "))"
            )
        }
        guard stored.rows.count < rows else { return 0 }
        let missing = rows - stored.rows.count
        if at < stored.horizon { return missing }
        findings.add(
            .sendMissing,
            at: place,
            "\(missing) of the \(rows) rows of event \(position) are gone, and too young for a "
                + "purge"
        )
        return 0
    }
}

/// The rows of a batch, as they are, and the horizon of the same moment.
struct StoredSends: Query {
    let batch: [UInt8]

    /// A row, with what somebody may have written into it.
    struct Row: Sendable {
        /// The text that the log has the hash of.
        let text: String
        let common: [String?]
    }

    /// What there is.
    struct Content: Sendable {
        var rows: [Row] = []
        var horizon = Timestamp(seconds: 0)
    }

    func answer(in transaction: Transaction) throws -> Content {
        var content = Content()
        content.horizon =
            try transaction.row("SELECT audit_before FROM retention WHERE id = 1")?.time(0)
            ?? content.horizon
        for row in try transaction.rows(
            "SELECT contact_id, reason, record_id, decided_at, scope, campaign, position "
                + "FROM send_decisions WHERE batch_id = $1 ORDER BY place",
            .blob(batch)
        ) {
            let contact: ContactID = try row.id(0)
            let record: ConsentID? = try row.optionalID(2)
            content.rows.append(
                Row(
                    text: "\(contact.text) \(try row.text(1)) \(record?.text ?? "-")",
                    common: [
                        String(try row.integer(3)), try row.text(4), try row.optionalText(5),
                        String(try row.integer(6)),
                    ]
                )
            )
        }
        return content
    }

    /// The hash of all rows' hashes, a line each.
    static func hash(_ rows: [Row]) -> [UInt8] {
        var hash = SHA256()
        for row in rows {
            let line = hexadecimal(Array(SHA256.hash(data: Array(row.text.utf8)))) + "\n"
            hash.update(data: Array(line.utf8))
        }
        return Array(hash.finalize())
    }
}

/// The next batches that have rows, and which of them no event speaks of.
struct SendBatches: Query {
    let after: [UInt8]
    let limit: Int

    func answer(in transaction: Transaction) throws -> [(batch: [UInt8], isLogged: Bool)] {
        try transaction.rows(
            "SELECT b.batch_id, EXISTS (SELECT 1 FROM audit_events e WHERE e.subject = b.batch_id "
                + "AND e.contact_id IS NULL AND e.kind = 'sends.recorded') "
                + "FROM (SELECT DISTINCT batch_id FROM send_decisions WHERE batch_id > $1 "
                + "ORDER BY batch_id LIMIT $2) b ORDER BY b.batch_id",
            .blob(after),
            .integer(Int64(limit))
        )
        .map { (try $0.blob(0), try $0.flag(1)) }
    }
}

extension Verifier.Run {
    /// Compares the rows of batches that a page of the log speaks of.
    mutating func compare(_ logged: [LoggedSends]) async throws {
        for sends in logged {
            let stored = try await engine.ask(StoredSends(batch: sends.batch))
            sendsMissing += sends.check(stored, &findings)
        }
    }

    /// Every batch of decisions before sends, for those that no event speaks of.
    mutating func walkSends(
        _ observe: (Verifier.Progress) async throws -> Void
    ) async throws {
        var after: [UInt8] = []
        while true {
            let page = try await engine.ask(
                SendBatches(after: after, limit: Verifier.batchesPerPage)
            )
            for (batch, isLogged) in page where !isLogged {
                // Old rows that a hold keeps may outlive their event.
                let id = SendBatchID(bytes: batch)
                if let id, id.createdAt < start.extent.auditBefore { continue }
                findings.add(
                    .sendUnlogged,
                    at: "sends \(hexadecimal(batch))",
                    "no event speaks of these rows"
                )
            }
            try await observe(progress(.log))
            guard page.count == Verifier.batchesPerPage, let last = page.last else { return }
            after = last.batch
        }
    }
}
