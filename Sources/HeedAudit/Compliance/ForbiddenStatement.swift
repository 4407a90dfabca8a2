// Statements that the database itself has to refuse, whoever sends them; an audit tries each.

package import HeedStore

/// A statement that has to be refused, about one row at most.
///
/// Where a guard is missing it would be carried out, so whoever tries it rolls it back.
package struct ForbiddenStatement: Sendable {
    /// What the statement would break.
    package enum Ground: Sendable {
        /// A record that lacks what makes it one.
        case incompleteRecord
        /// A permission in a scope nobody registered.
        case unknownScope
        /// The legal record.
        case consentRecords
        /// Policy versions, and records under none.
        case policies
        /// The audit log and its tree.
        case log
        /// Receipts.
        case receipts
        /// What is counted of messages.
        case activities
        /// How far a purge may go.
        case horizon
    }

    /// The statement.
    package let sql: SQL

    /// All that is tried on a ground on an engine.
    package static func all(on ground: Ground, _ engine: Dialect.Engine) -> [ForbiddenStatement] {
        let own: [SQL]
        switch engine {
        case .sqlite: own = onSQLite(ground)
        case .postgres: own = onPostgres(ground)
        }
        return (both(ground) + own).map { ForbiddenStatement(sql: $0) }
    }

    private static let newestRecord: SQL =
        "FROM consent_records WHERE id = (SELECT id FROM consent_records ORDER BY id DESC LIMIT 1)"
    private static let newestEvent: SQL =
        "WHERE position = (SELECT max(position) FROM audit_events)"
    private static let newestLeaf: SQL =
        "WHERE leaf_index = (SELECT max(leaf_index) FROM ledger_leaves)"
    private static let newestReceipt: SQL =
        "WHERE request_id = (SELECT request_id FROM receipts ORDER BY request_id DESC LIMIT 1)"
    private static let newestActivity: SQL =
        "WHERE id = (SELECT id FROM events ORDER BY id DESC LIMIT 1)"
    private static let newestSend: SQL =
        "WHERE (batch_id, place) = (SELECT batch_id, place FROM send_decisions "
        + "ORDER BY batch_id DESC, place DESC LIMIT 1)"
    private static let recordColumns: SQL =
        "INSERT INTO consent_records (id, contact_id, scope, decision, basis, source, "
        + "policy_version, policy_sha256, given_at, recorded_at, actor, actor_type) "
        + "SELECT contact_id, contact_id, scope, "

    private static func both(_ ground: Ground) -> [SQL] {
        switch ground {
        case .incompleteRecord:
            [
                recordColumns + "'granted', basis, source, NULL, NULL, given_at, recorded_at, "
                    + "actor, actor_type " + newestRecord,
                recordColumns + "'granted', NULL, source, policy_version, policy_sha256, "
                    + "given_at, recorded_at, actor, actor_type " + newestRecord,
                recordColumns + "'granted', basis, source, policy_version, policy_sha256, "
                    + "given_at, recorded_at, NULL, actor_type " + newestRecord,
                recordColumns + "'perhaps', basis, source, policy_version, policy_sha256, "
                    + "given_at, recorded_at, actor, actor_type " + newestRecord,
            ]
        case .unknownScope:
            [
                "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
                    + "SELECT contact_id, 'heed-audit-unregistered', 'granted', 'none' "
                    + newestRecord
            ]
        case .consentRecords:
            [
                "UPDATE consent_records SET source = 'x' WHERE id = (SELECT id " + newestRecord
                    + ")",
                "DELETE " + newestRecord,
            ]
        case .policies:
            [
                recordColumns + "'granted', basis, source, 'heed-audit-unregistered', "
                    + "policy_sha256, given_at, recorded_at, actor, actor_type " + newestRecord,
                "UPDATE policies SET effective_at = effective_at + 1 "
                    + "WHERE version = (SELECT version FROM policies LIMIT 1)",
                "DELETE FROM policies WHERE version = (SELECT version FROM policies LIMIT 1)",
                "UPDATE policy_reconsents SET effective_at = effective_at + 1 "
                    + "WHERE version = (SELECT version FROM policy_reconsents LIMIT 1)",
                "DELETE FROM policy_reconsents "
                    + "WHERE version = (SELECT version FROM policy_reconsents LIMIT 1)",
            ]
        case .log: onLog
        case .receipts:
            [
                "UPDATE receipts SET issued_at = 0 " + newestReceipt,
                "DELETE FROM receipts " + newestReceipt,
            ]
        case .activities:
            [
                "UPDATE events SET kind = 'opened' " + newestActivity,
                "UPDATE events SET at = 0 " + newestActivity,
                "UPDATE events SET is_first = 1 - is_first " + newestActivity,
            ]
        case .horizon: ["DELETE FROM retention", "UPDATE retention SET audit_before = -1"]
        }
    }

    private static let onLog: [SQL] = [
        "UPDATE audit_events SET kind = 'x' " + newestEvent,
        "DELETE FROM audit_events " + newestEvent,
        "UPDATE ledger_leaves SET position = position + 1 " + newestLeaf,
        "DELETE FROM ledger_leaves " + newestLeaf,
        "UPDATE ledger_tiles SET root = data WHERE level = 7",
        "DELETE FROM ledger_tiles WHERE level = 7",
        "UPDATE checkpoints SET signed_at = 0 "
            + "WHERE size = (SELECT max(size) FROM checkpoints)",
        "DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)",
        "UPDATE checkpoint_cosignatures SET line = 'x' WHERE witness = 'heed-audit'",
        "DELETE FROM checkpoint_cosignatures WHERE witness = 'heed-audit'",
        "UPDATE ledger_identity SET origin = 'x' WHERE id = 1",
        "DELETE FROM ledger_identity WHERE id = 1",
        "UPDATE send_decisions SET reason = 'x' " + newestSend,
        "DELETE FROM send_decisions " + newestSend,
    ]

    private static func onSQLite(_ ground: Ground) -> [SQL] {
        switch ground {
        case .consentRecords: ["INSERT OR REPLACE INTO consent_records SELECT * " + newestRecord]
        case .log:
            [
                "INSERT OR REPLACE INTO audit_events SELECT * FROM audit_events " + newestEvent,
                "INSERT OR REPLACE INTO ledger_leaves SELECT * FROM ledger_leaves " + newestLeaf,
                "INSERT OR REPLACE INTO ledger_tiles SELECT * FROM ledger_tiles WHERE level = 7",
                "INSERT OR REPLACE INTO checkpoints SELECT * FROM checkpoints "
                    + "WHERE size = (SELECT max(size) FROM checkpoints)",
                "INSERT OR REPLACE INTO checkpoint_cosignatures "
                    + "SELECT * FROM checkpoint_cosignatures WHERE witness = 'heed-audit'",
                "INSERT OR REPLACE INTO ledger_identity SELECT * FROM ledger_identity",
                "INSERT OR REPLACE INTO send_decisions SELECT * FROM send_decisions " + newestSend,
            ]
        case .policies:
            [
                "INSERT OR REPLACE INTO policies SELECT * FROM policies "
                    + "WHERE version = (SELECT version FROM policies LIMIT 1)"
            ]
        case .receipts: ["INSERT OR REPLACE INTO receipts SELECT * FROM receipts " + newestReceipt]
        // A day too late, by the clock that the trigger has.
        case .horizon:
            [
                "INSERT OR REPLACE INTO retention (id, audit_before, consent_before) "
                    + "VALUES (1, 0, 0)",
                "UPDATE retention SET consent_before = "
                    + "(CAST(strftime('%s', 'now') AS INTEGER) - 1094 * 86400) * 1000000",
                "UPDATE retention SET audit_before = "
                    + "(CAST(strftime('%s', 'now') AS INTEGER) - 1094 * 86400) * 1000000",
            ]
        default: []
        }
    }

    private static func onPostgres(_ ground: Ground) -> [SQL] {
        switch ground {
        case .consentRecords: ["TRUNCATE consent_records"]
        case .policies: ["TRUNCATE policy_reconsents"]
        case .log:
            [
                "TRUNCATE audit_events", "TRUNCATE ledger_leaves", "TRUNCATE ledger_tiles",
                "TRUNCATE checkpoint_cosignatures", "TRUNCATE send_decisions",
            ]
        case .receipts: ["TRUNCATE receipts"]
        case .horizon:
            [
                "SELECT move_consent_horizon("
                    + "(extract(epoch FROM clock_timestamp())::bigint - 1094 * 86400) * 1000000)",
                "SELECT move_audit_horizon("
                    + "(extract(epoch FROM clock_timestamp())::bigint - 1094 * 86400) * 1000000)",
            ]
        default: []
        }
    }
}
