// Consent records, which are only ever inserted, and the permissions folded from them.

package import HeedConsent

/// A consent record as it is stored, for history.
package struct StoredConsent: Hashable, Sendable {
    /// Its name.
    package let id: ConsentID
    /// The scope's name, or `global`.
    package let scope: String
    /// What was decided.
    package let decision: ConsentRecord.Decision
    /// The lawful basis.
    package let basis: String
    /// How it arrived.
    package let source: String
    /// The policy version shown.
    package let policyVersion: String?
    /// SHA-256 of that version's text.
    package let policyHash: [UInt8]?
    /// When the person decided.
    package let givenAt: Timestamp
    /// When it was written down.
    package let recordedAt: Timestamp
    /// The import batch it came with.
    package let batch: ImportID?
    /// True when evidence is sealed with it.
    package let hasEvidence: Bool
}

private let recordInsertion = Insertion(
    into: "consent_records",
    [
        "id": .bytes, "contact_id": .bytes, "scope": .text, "decision": .text, "basis": .text,
        "source": .text, "policy_version": .text, "policy_sha256": .bytes, "locale": .text,
        "given_at": .integer, "recorded_at": .integer, "actor": .text, "actor_type": .text,
        "import_id": .bytes, "evidence": .bytes, "expires_at": .integer, "opt_out_id": .bytes,
    ],
    depth: 1
)

private let permissionInsertion = Insertion(
    into: "permissions",
    [
        "contact_id": .bytes, "scope": .text, "state": .text, "opt_out_status": .text,
        "opt_out_id": .bytes, "record_id": .bytes, "decided_at": .integer,
        "expires_at": .integer, "policy_effective_at": .integer,
    ],
    depth: 1,
    keyCount: 2,
    onConflict: "ON CONFLICT (contact_id, scope) DO UPDATE SET state = excluded.state, "
        + "opt_out_status = excluded.opt_out_status, opt_out_id = excluded.opt_out_id, "
        + "record_id = excluded.record_id, decided_at = excluded.decided_at, "
        + "expires_at = excluded.expires_at, policy_effective_at = excluded.policy_effective_at"
)

private let permissionByScope: SQL =
    "SELECT state, opt_out_status, opt_out_id, record_id, decided_at, expires_at, "
    + "policy_effective_at FROM permissions WHERE contact_id = $1 AND scope = $2"

extension Transaction {
    func insert(
        _ record: ConsentRecord,
        by actor: Actor,
        evidence: [UInt8]?
    ) throws(StoreError) {
        let row: [SQLValue] = [
            .id(record.id), .id(record.contact), .text(record.scope),
            .text(record.decision.rawValue), .text(record.basis.rawValue),
            .text(record.source.text), .text(record.policyVersion), .blob(record.policyHash),
            .text(record.locale), .time(record.givenAt), .time(record.recordedAt),
            .text(actor.id), .text(actor.kind.rawValue), .id(record.batch), .blob(evidence),
            .time(record.expiresAt), .id(record.optOut),
        ]
        try insert(row, with: recordInsertion)
    }

    /// A person's consent records, oldest first, at most `limit`.
    package func consents(of contact: ContactID, limit: Int64) throws(StoreError) -> [StoredConsent]
    {
        try consents(
            rows(
                Transaction.consentColumns
                    + "WHERE contact_id = $1 ORDER BY recorded_at, id LIMIT $2",
                .id(contact),
                .integer(limit)
            )
        )
    }

    private static let consentColumns: SQL =
        "SELECT id, scope, decision, basis, source, policy_version, policy_sha256, given_at, "
        + "recorded_at, import_id, evidence IS NOT NULL FROM consent_records "

    private func consents(_ rows: [Row]) throws(StoreError) -> [StoredConsent] {
        var consents: [StoredConsent] = []
        for row in rows {
            consents.append(
                StoredConsent(
                    id: try row.id(0),
                    scope: try row.text(1),
                    decision: try row.word(2),
                    basis: try row.text(3),
                    source: try row.text(4),
                    policyVersion: try row.optionalText(5),
                    policyHash: try row.optionalBlob(6),
                    givenAt: try row.time(7),
                    recordedAt: try row.time(8),
                    batch: try row.optionalID(9),
                    hasEvidence: try row.integer(10) != 0
                )
            )
        }
        return consents
    }

    /// A person's newest consent records, newest first, at most `limit`.
    package func newestConsents(
        of contact: ContactID,
        limit: Int64
    ) throws(StoreError) -> [StoredConsent] {
        try consents(
            rows(
                Transaction.consentColumns
                    + "WHERE contact_id = $1 ORDER BY recorded_at DESC, id DESC LIMIT $2",
                .id(contact),
                .integer(limit)
            )
        )
    }

    /// Whether a person has a record under a name that stands for no scope.
    package func hasConsent(of contact: ContactID, named name: String) throws(StoreError) -> Bool {
        try row(
            "SELECT 1 FROM consent_records WHERE contact_id = $1 AND scope = $2 LIMIT 1",
            .id(contact),
            .text(name)
        ) != nil
    }

    /// One consent record, without its evidence.
    package func consent(_ id: ConsentID) throws(StoreError) -> ConsentRecord? {
        let found = try row(
            "SELECT contact_id, scope, decision, basis, source, policy_version, locale, given_at, "
                + "recorded_at, import_id, expires_at, opt_out_id FROM consent_records "
                + "WHERE id = $1",
            .id(id)
        )
        guard let row = found else { return nil }
        let version = try row.optionalText(5)
        var record = ConsentRecord(
            id: id,
            contact: try row.id(0),
            scope: try row.text(1),
            decision: try row.word(2),
            basis: try row.word(3),
            source: Source(stored: try row.text(4)),
            policy: try version.flatMap { version throws(StoreError) in try policy(version) },
            locale: try row.optionalText(6),
            givenAt: try row.time(7),
            recordedAt: try row.time(8),
            batch: try row.optionalID(9)
        )
        record.expiresAt = try row.optionalTime(10)
        record.optOut = try row.optionalID(11)
        return record
    }

    /// How the decision of a record arrived.
    package func consentSource(of record: ConsentID) throws(StoreError) -> Source? {
        let row = try row("SELECT source FROM consent_records WHERE id = $1", .id(record))
        return try row.map { row throws(StoreError) in Source(stored: try row.text(0)) }
    }

    func put(
        _ permission: Permission,
        of contact: ContactID,
        in scope: ScopeName
    ) throws(StoreError) {
        let row: [SQLValue] = [
            .id(contact), .text(scope.text), .text(permission.state.rawValue),
            .text(permission.optOutStatus.rawValue), .id(permission.optOut),
            .id(permission.record), .time(permission.decidedAt), .time(permission.expiresAt),
            .time(permission.policyEffectiveAt),
        ]
        try insert(row, with: permissionInsertion)
    }

    /// A person's permission in a scope; the empty one when nothing was decided.
    package func permission(
        of contact: ContactID,
        in scope: ScopeName
    ) throws(StoreError) -> Permission {
        let statement = Transaction.statement(forPermissionOf: contact, in: scope)
        guard let row = try rows(statement).first else { return Permission() }
        return try Transaction.permission(row, from: 0)
    }

    static func statement(forPermissionOf contact: ContactID, in scope: ScopeName) -> Statement {
        Statement(permissionByScope, [.id(contact), .text(scope.text)])
    }

    /// Reads the seven permission columns that start at `first`.
    static func permission(_ row: Row, from first: Int) throws(StoreError) -> Permission {
        var permission = Permission()
        permission.state = try row.word(first)
        permission.optOutStatus = try row.word(first + 1)
        permission.optOut = try row.optionalID(first + 2)
        permission.record = try row.optionalID(first + 3)
        permission.decidedAt = try row.optionalTime(first + 4)
        permission.expiresAt = try row.optionalTime(first + 5)
        permission.policyEffectiveAt = try row.optionalTime(first + 6)
        return permission
    }

    /// Marks the permissions an opt-out closed as completed, where no later act has changed them.
    func completePermissions(of optOut: OptOutID) throws(StoreError) {
        try execute(
            "UPDATE permissions SET opt_out_status = 'completed' "
                + "WHERE opt_out_id = $1 AND opt_out_status = 'pending'",
            .id(optOut)
        )
    }

    /// How many permissions an opt-out closed.
    package func permissionsClosed(by optOut: OptOutID) throws(StoreError) -> Int {
        let row = try row("SELECT count(*) FROM permissions WHERE opt_out_id = $1", .id(optOut))
        return Int(try row?.integer(0) ?? 0)
    }
}
