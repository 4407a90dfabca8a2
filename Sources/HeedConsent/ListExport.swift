// An export of a scope's list as the audit log keeps it: which list, how far it went, how many.

/// An export of a list: an event when it begins and one when it ends, so that addresses never leave
/// without a line that says so.
public struct ListExport: Hashable, Sendable {
    /// How far it went.
    public enum Stage: String, CaseIterable, Sendable {
        /// Nothing has left yet.
        case started
        /// All of it left.
        case finished
        /// Some of it left; the reader went away, or the database did.
        case brokenOff = "broken-off"
    }

    /// Its name; the subject of its events.
    public let id: ExportID
    /// The scope whose list it is.
    public let scope: ScopeName
    /// The format it is written in.
    public let format: String
    /// How far it went.
    public let stage: Stage
    /// How many rows left, by status; empty when it begins.
    public let counts: [String: Int]

    /// Takes all parts.
    public init(
        id: ExportID,
        scope: ScopeName,
        format: String,
        stage: Stage,
        counts: [String: Int] = [:]
    ) {
        self.id = id
        self.scope = scope
        self.format = format
        self.stage = stage
        self.counts = counts
    }

    /// The dotted name of the event.
    var eventKind: String { stage == .started ? "list.export-started" : "list.exported" }

    /// What the log's line says.
    var facts: [String: String] {
        var facts = counts.mapValues(String.init)
        facts["format"] = format
        if stage != .started { facts["outcome"] = stage.rawValue }
        return facts
    }
}
