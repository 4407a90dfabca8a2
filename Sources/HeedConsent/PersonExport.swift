// A copy of everything about one person as the audit log keeps it: whose, which way, how much.

/// An export of a person's data: an event when it begins and one when it ends, so that nobody's
/// data ever leaves without a line that says so.
public struct PersonExport: Hashable, Sendable {
    /// Its name; the subject of its events.
    public let id: ExportID
    /// The person.
    public let contact: ContactID
    /// Which way it was asked for.
    public let source: Source
    /// How far it went.
    public let stage: ListExport.Stage
    /// How many rows left, by category; empty when it begins.
    public let counts: [String: Int]

    /// Takes all parts.
    public init(
        id: ExportID,
        contact: ContactID,
        source: Source,
        stage: ListExport.Stage,
        counts: [String: Int] = [:]
    ) {
        self.id = id
        self.contact = contact
        self.source = source
        self.stage = stage
        self.counts = counts
    }

    /// The dotted name of the event.
    var eventKind: String { stage == .started ? "contact.export-started" : "contact.exported" }

    /// Fills the log's line.
    func describe(_ line: inout AuditEvent) {
        line.contact = contact
        line.source = source
        line.subject = id.bytes
        line.facts = counts.mapValues(String.init)
        if stage != .started { line.facts["outcome"] = stage.rawValue }
    }
}

/// A person's address with another in its place, because the first was wrong (GDPR, article 16).
public struct AddressReplacement: Hashable, Sendable {
    /// The person.
    public let contact: ContactID
    /// The request by which they asked for it.
    public let request: RequestID
    /// The address that goes.
    public let old: Address
    /// The address that takes its place.
    public let new: Address
    /// How many blocks the new one takes over.
    public let blocks: Int

    /// Takes all five.
    public init(
        contact: ContactID,
        request: RequestID,
        old: Address,
        new: Address,
        blocks: Int
    ) {
        self.contact = contact
        self.request = request
        self.old = old
        self.new = new
        self.blocks = blocks
    }
}
