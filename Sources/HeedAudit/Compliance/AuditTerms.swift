// What an audit holds an installation against: the settings it runs with, and the inventory.

public import HeedConsent
import HeedEngine
public import HeedStore

/// What an installation is held against.
///
/// The defaults are what the program itself goes by; settings come from whoever starts the audit.
public struct AuditTerms: Sendable {
    /// How long evidence is kept.
    public var retention: Retention
    /// When operators are told.
    public var rules: AlertRules
    /// Tables about people.
    public var people: [PersonalData.Table] = PersonalData.people
    /// Tables that are not.
    public var others: [PersonalData.Table] = PersonalData.others
    /// The public key (vkey) the log is known by; nil for the one in the database.
    public var logKey: String?
    /// Checkpoints kept elsewhere, which the log has to extend.
    public var outside: [OutsideCheckpoint] = []
    /// What the database's settings have to be for an answered write to be on disk.
    package var durability: [String: Set<String>] = [
        // NORMAL loses the last commits on power loss.
        "PRAGMA synchronous": ["2", "3"],
        "PRAGMA journal_mode": ["wal"],
        "synchronous_commit": ["on", "remote_apply"],
        "fsync": ["on"],
    ]

    /// Takes the settings of the installation.
    public init(retention: Retention, rules: AlertRules) {
        self.retention = retention
        self.rules = rules
    }
}
