// Holds the triggers of the live schema against those of the migrations, each in one check.

import HeedConsent
import HeedStore

/// Whose business a table's triggers are: each table is one check's, so one fault fails one check.
enum TriggerShare: CaseIterable {
    /// Records are what was written.
    case consents
    /// Policy versions never change.
    case policies
    /// What was issued stays.
    case receipts
    /// What is counted stays.
    case counts
    /// How far a purge may go.
    case horizon
    /// The log, and everything else that is only added to.
    case log

    /// The check of a table.
    static func of(_ table: String) -> TriggerShare {
        switch table {
        case "consent_records": .consents
        case "policies", "policy_reconsents": .policies
        case "receipts": .receipts
        case "events": .counts
        case "retention": .horizon
        default: .log
        }
    }
}

/// A trigger of the live schema.
struct LiveTrigger: Hashable, Sendable {
    let trigger: MigratedSchema.Trigger
    /// False when it was switched off.
    let isEnabled: Bool
}

extension Transaction {
    /// All triggers on Heed's tables, also those that Heed did not make.
    func liveTriggers() throws(StoreError) -> [LiveTrigger] {
        let statement: SQL =
            switch engine {
            case .sqlite:
                "SELECT tbl_name, name, sql, '', 1 FROM sqlite_master "
                    + "WHERE type = 'trigger' ORDER BY tbl_name, name"
            case .postgres:
                // A function of another schema has the same name and is another one.
                "SELECT c.relname::text, t.tgname::text, pg_get_triggerdef(t.oid), "
                    + "CASE WHEN p.pronamespace = c.relnamespace THEN p.prosrc ELSE '' END, "
                    + "t.tgenabled IN ('O', 'A') FROM pg_trigger t "
                    + "JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid "
                    + "WHERE c.relnamespace = 'heed'::regnamespace AND NOT t.tgisinternal "
                    + "ORDER BY 1, 2"
            }
        var triggers: [LiveTrigger] = []
        for row in try rows(statement) {
            let trigger = MigratedSchema.Trigger(
                table: try row.text(0),
                name: try row.text(1),
                definition: SQLWords.definition(try row.text(2), engine),
                body: SQLWords.clean(try row.text(3))
            )
            triggers.append(LiveTrigger(trigger: trigger, isEnabled: try row.flag(4)))
        }
        return triggers
    }
}

extension Inspection {
    /// Names each trigger of a share that is gone, switched off, changed, or nobody's.
    mutating func expectTriggers(_ share: TriggerShare, in transaction: Transaction) throws {
        let made = MigratedSchema.of(transaction.engine).triggers.values
            .filter { TriggerShare.of($0.table) == share }
            .sorted { ($0.table, $0.name) < ($1.table, $1.name) }
        let tables = Set(made.map(\.table))
        var live: [String: LiveTrigger] = [:]
        for found in try transaction.liveTriggers() { live[found.trigger.place] = found }
        for trigger in made {
            let what = "the trigger \(trigger.name) of \(trigger.table)"
            guard let found = live.removeValue(forKey: trigger.place) else {
                fault("\(what) is gone")
                continue
            }
            require(found.isEnabled, else: "\(what) is switched off")
            require(found.trigger == trigger, else: "\(what) is not the one of the migrations")
        }
        let others = live.values.map(\.trigger).sorted { $0.name < $1.name }
        for other in others where tables.contains(other.table) {
            fault("the trigger \(other.name) of \(other.table) is none of Heed's")
        }
        note(
            "\(counted(made.count, "trigger")) of \(tables.sorted().joined(separator: ", ")) "
                + "looked for, with the text that the migrations have"
        )
        guard share == .log else { return }
        let known = Set(MigratedSchema.of(transaction.engine).triggers.values.map(\.table))
        for other in others where !known.contains(other.table) {
            note("there is a trigger that is none of Heed's: \(other.name) on \(other.table)")
        }
    }
}
