// An export of evidence as the audit log keeps it: about whom or which time, why, and what left.

/// An export of evidence: an event before anything leaves and one that binds what left.
///
/// The second one has the hash of the list of files, so that the files and the log vouch for each
/// other without a database.
public struct EvidenceExport: Hashable, Sendable {
    /// What the evidence is about.
    public enum Matter: Hashable, Sendable {
        /// A person; nil where only blocks at an address are left.
        case person(ContactID?)
        /// Everything that was written down from one instant to before another.
        case period(from: Timestamp, to: Timestamp)
    }

    /// The most bytes of a reason.
    public static let reasonBytesMaximum = 500

    /// Its name; the subject of its events.
    public let id: ExportID
    /// What it is about.
    public let matter: Matter
    /// Why it was made, as whoever made it wrote.
    public let reason: String
    /// Which way it was asked for.
    public let source: Source
    /// How far it went.
    public let stage: ListExport.Stage
    /// How many rows left, by kind; empty when it begins.
    public let counts: [String: Int]
    /// SHA-256 of the list of files; nil unless it was finished.
    public let manifest: [UInt8]?

    /// Takes all parts.
    public init(
        id: ExportID,
        matter: Matter,
        reason: String,
        source: Source,
        stage: ListExport.Stage,
        counts: [String: Int] = [:],
        manifest: [UInt8]? = nil
    ) {
        self.id = id
        self.matter = matter
        self.reason = reason
        self.source = source
        self.stage = stage
        self.counts = counts
        self.manifest = manifest
    }

    /// Refuses a reason that is none, and one that could hold an address: the log keeps it.
    public static func check(reason: String) throws(Refusal) {
        let text = reason.utf8
        guard (1...reasonBytesMaximum).contains(text.count), !hasControls(reason),
            text.contains(where: { $0 != UInt8(ascii: " ") })
        else {
            throw Refusal(
                text.isEmpty ? .missing : .invalid,
                field: "reason",
                "say why the evidence is needed, in 1 to \(reasonBytesMaximum) bytes on one line"
            )
        }
        try refuseTurnedLetters(reason, "reason")
        guard !reason.contains("@") else {
            throw Refusal(
                .invalid,
                field: "reason",
                "a reason stays in the audit log for good, so it has no '@'; name a case instead"
            )
        }
    }

    /// The dotted name of the event.
    package var eventKind: String {
        stage == .started ? EvidenceExport.startedKind : EvidenceExport.finishedKind
    }

    /// The dotted name of the event before anything leaves.
    public static let startedKind = "evidence.export-started"
    /// The dotted name of the event that binds the files.
    public static let finishedKind = "evidence.exported"

    /// Fills the log's line.
    func describe(_ line: inout AuditEvent) {
        line.source = source
        line.subject = id.bytes
        line.detailsHash = manifest
        line.facts = counts.mapValues(String.init)
        line.facts["reason"] = reason
        if stage != .started { line.facts["outcome"] = stage.rawValue }
        switch matter {
        case .person(let contact):
            line.contact = contact
            line.facts["about"] = "person"
        case .period(let from, let to):
            line.facts["about"] = "period"
            line.facts["from"] = from.text
            line.facts["to"] = to.text
        }
    }
}
