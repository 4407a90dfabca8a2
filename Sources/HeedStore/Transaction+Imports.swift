// Import batches, and answers remembered for requests that may be repeated.

import Foundation
package import HeedConsent

private let answerInsertion = Insertion(
    into: "idempotency_keys",
    [
        "key_hash": .bytes, "fingerprint": .bytes, "receipt": .text, "position": .integer,
        "created_at": .integer,
    ],
    depth: 0
)

/// An import batch as it is stored.
package struct StoredImport: Sendable {
    /// Its name.
    package let id: ImportID
    /// The format its files are in.
    package let format: String
    /// The scope its rows are about.
    package let scope: ScopeName
    /// The policy version of its consents.
    package let policyVersion: String
    /// When it began.
    package let startedAt: Timestamp
    /// When it ended; nil while it runs, or when it broke off.
    package let finishedAt: Timestamp?
    /// When it was undone.
    package let undoneAt: Timestamp?
    /// Its counts as JSON, once it ended.
    package let counts: String?
    /// How far it came, as the importer wrote it.
    package let progress: String?
    /// True when it only counts what would happen.
    package let isDryRun: Bool
    /// Why it ended before its files did.
    package let failure: String?
    /// Since when it is being undone.
    package let undoRequestedAt: Timestamp?
    /// Who asked for that.
    package let undoRequestedBy: Actor?
}

private let importColumns: SQL =
    "SELECT id, format, scope, policy_version, started_at, finished_at, undone_at, counts, "
    + "progress, is_dry_run, failure, undo_requested_at, undo_requested_by FROM imports "

extension Transaction {
    /// An import batch.
    package func storedImport(_ id: ImportID) throws(StoreError) -> StoredImport? {
        try row(importColumns + "WHERE id = $1", .id(id)).map(Transaction.storedImport)
    }

    /// Imports, the newest first, before one of them, at most `limit`.
    package func storedImports(
        before id: ImportID?,
        limit: Int64
    ) throws(StoreError) -> [StoredImport] {
        let last = id ?? ImportID(high: .max, low: .max)
        var imports: [StoredImport] = []
        for row in try rows(
            importColumns + "WHERE id < $1 ORDER BY id DESC LIMIT $2",
            .id(last),
            .integer(limit)
        ) { imports.append(try Transaction.storedImport(row)) }
        return imports
    }

    /// Imports that are being undone, the one that was asked for first before the others.
    package func importsToUndo() throws(StoreError) -> [ImportID] {
        var ids: [ImportID] = []
        for row in try rows(
            "SELECT id FROM imports WHERE undo_requested_at IS NOT NULL AND undone_at IS NULL "
                + "ORDER BY undo_requested_at, id"
        ) { ids.append(try row.id(0)) }
        return ids
    }

    private static func actor(stored text: String) -> Actor? {
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, let kind = Actor.Kind(rawValue: parts[0]) else { return nil }
        return Actor(kind, id: parts[1])
    }

    private static func storedImport(_ row: Row) throws(StoreError) -> StoredImport {
        StoredImport(
            id: try row.id(0),
            format: try row.text(1),
            scope: ScopeName(stored: try row.text(2)),
            policyVersion: try row.text(3),
            startedAt: try row.time(4),
            finishedAt: try row.optionalTime(5),
            undoneAt: try row.optionalTime(6),
            counts: try row.optionalText(7),
            progress: try row.optionalText(8),
            isDryRun: try row.flag(9),
            failure: try row.optionalText(10),
            undoRequestedAt: try row.optionalTime(11),
            undoRequestedBy: try row.optionalText(12).flatMap(Transaction.actor)
        )
    }

    /// Consent records of a batch in the order of their ids, after one of them.
    ///
    /// Ids are ordered by time, so a batch is read from the moment it began.
    package func consents(
        of batch: ImportID,
        after id: ConsentID,
        limit: Int64
    ) throws(StoreError) -> [ConsentRecord] {
        var records: [ConsentRecord] = []
        for row in try rows(
            "SELECT id FROM consent_records WHERE id > $1 AND import_id = $2 ORDER BY id LIMIT $3",
            .id(id),
            .id(batch),
            .integer(limit)
        ) {
            if let record = try consent(row.id(0)) { records.append(record) }
        }
        return records
    }

    /// The batches that some yeses rest on and on no other: a record of no batch has none, nor has
    /// one beside which another batch that stands has brought the same yes.
    package func onlyBatches(
        of records: [ConsentID]
    ) throws(StoreError) -> [ConsentID: ImportID] {
        var batches: [ConsentID: ImportID] = [:]
        for row in try rows(
            "SELECT r.id, r.import_id FROM consent_records r WHERE r.id "
                + connection.dialect.isAmongKeys + " AND r.import_id IS NOT NULL "
                + "AND NOT EXISTS (SELECT 1 FROM consent_records q "
                + "JOIN imports i ON i.id = q.import_id WHERE q.contact_id = r.contact_id "
                + "AND q.scope = r.scope AND q.decision = 'granted' "
                + "AND q.import_id <> r.import_id AND i.undo_requested_at IS NULL)",
            .keys(records.map(\.bytes))
        ) { batches[try row.id(0)] = try row.id(1) }
        return batches
    }

    func markUndone(_ id: ImportID) throws(StoreError) {
        try execute("UPDATE imports SET undone_at = $2 WHERE id = $1", .id(id), .time(now))
    }

    func noteProgress(of id: ImportID, _ progress: String) throws(StoreError) {
        try execute("UPDATE imports SET progress = $2 WHERE id = $1", .id(id), .text(progress))
    }

    func insertImport(
        _ id: ImportID,
        format: String,
        scope: ScopeName,
        policyVersion: String
    ) throws(StoreError) {
        try execute(
            "INSERT INTO imports (id, format, scope, policy_version, started_at) "
                + "VALUES ($1, $2, $3, $4, $5)",
            .id(id),
            .text(format),
            .text(scope.text),
            .text(policyVersion),
            .time(now)
        )
    }

    func finishImport(_ id: ImportID, counts: [String: Int]) throws(StoreError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = (try? encoder.encode(counts)).map { String(decoding: $0, as: UTF8.self) }
        try execute(
            "UPDATE imports SET finished_at = $2, counts = $3 WHERE id = $1",
            .id(id),
            .time(now),
            .text(text)
        )
    }

    /// What was answered to a request with this key, if it came before.
    package func rememberedAnswer(
        _ keyHash: [UInt8]
    ) throws(StoreError) -> (fingerprint: [UInt8], receipt: String, position: Int64)? {
        let statement = Transaction.statement(forAnswerTo: keyHash)
        guard let row = try rows(statement).first else { return nil }
        return (try row.blob(0), try row.text(1), try row.integer(2))
    }

    static func statement(forAnswerTo keyHash: [UInt8]) -> Statement {
        Statement(
            "SELECT fingerprint, receipt, position FROM idempotency_keys WHERE key_hash = $1",
            [.blob(keyHash)]
        )
    }

    /// Remembers an answer in the same transaction as its effect, so that a lost reply can be
    /// repeated.
    package func remember(
        _ keyHash: [UInt8],
        fingerprint: [UInt8],
        receipt: String,
        position: Int64
    ) throws(StoreError) {
        let row: [SQLValue] = [
            .blob(keyHash), .blob(fingerprint), .text(receipt), .integer(position), .time(now),
        ]
        try insert(row, with: answerInsertion)
    }

    /// Whether there is an answer older than `age` seconds.
    package func hasAnswers(olderThan age: Int64) throws(StoreError) -> Bool {
        try row(
            "SELECT 1 FROM idempotency_keys WHERE created_at < $1 LIMIT 1",
            .time(now.adding(seconds: -age))
        ) != nil
    }

    /// Forgets answers older than `age` seconds, at most `limit` at a time.
    package func forgetAnswers(olderThan age: Int64, limit: Int64) throws(StoreError) {
        try execute(
            "DELETE FROM idempotency_keys WHERE key_hash IN (SELECT key_hash FROM idempotency_keys "
                + "WHERE created_at < $1 ORDER BY created_at LIMIT $2)",
            .time(now.adding(seconds: -age)),
            .integer(limit)
        )
    }
}
