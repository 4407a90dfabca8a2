// The parts of evidence: kinds of rows and the lines of the log, each read page by page.

import HeedConsent
import HeedEngine
import HeedRights
import HeedStore

/// A part of evidence that is read page by page.
enum EvidenceSection: Sendable {
    /// Rows about a person.
    case personal(PersonalCategory)
    /// Rows of a period.
    case period(PeriodCategory)
    /// The lines of the log.
    case timeline

    /// The columns of the timeline.
    private static let timelineColumns: [PersonalCategory.Column] = [
        .init("position", .number), .init("id", .id), .init("at", .time), .init("kind"),
        .init("contactId", .id), .init("scope"), .init("from"), .init("to"), .init("source"),
        .init("actorType"), .init("actor"), .init("subject"), .init("details", .hash),
        .init("facts", .object),
    ]

    /// Its name in JSON.
    var name: String {
        switch self {
        case .personal(let category): category.name
        case .period(let category): category.name
        case .timeline: "timeline"
        }
    }

    /// Its columns.
    var columns: [PersonalCategory.Column] {
        switch self {
        case .personal(let category) where category.name == EvidenceSection.consents:
            category.columns + [.init("actor")]
        case .personal(let category): category.columns
        case .period(let category): category.columns
        case .timeline: EvidenceSection.timelineColumns
        }
    }

    /// The kind that evidence adds to who recorded it; a person's own export leaves staff out.
    static let consents = "consents"

    /// Kinds that evidence has in a form of its own.
    private static let replaced: Set<String> = ["formSubmissions", "suppressions", "auditTrail"]

    /// The parts of evidence about a person; the timeline is the last.
    static let ofPerson =
        PersonalCategory.all.filter { !replaced.contains($0.name) }.map(EvidenceSection.personal)
        + [.timeline]
    /// The parts of evidence about a period.
    static let ofPeriod = PeriodCategory.all.map(EvidenceSection.period) + [.timeline]

    /// A line of the log as a row.
    static func row(_ position: Int64, _ line: AuditEvent) -> [PersonalCell] {
        func cell(_ text: String?) -> PersonalCell { text.map { .text($0) } ?? .none }
        let subject = line.subject.map { bytes in
            Identifier<AuditEvent>(bytes: bytes)?.text ?? hexadecimal(bytes)
        }
        return [
            .number(position), .text(line.id.text), .text(line.at.text), .text(line.kind),
            cell(line.contact?.text), cell(line.scope), cell(line.from), cell(line.to),
            cell(line.source?.text), .text(line.actor.kind.rawValue), .text(line.actor.id),
            cell(subject), cell(line.detailsHash.map { hexadecimal($0) }),
            line.facts.isEmpty ? .none : .object(line.facts),
        ]
    }
}

/// Where a page of a part begins.
struct SectionPlace: Sendable {
    var rows = PersonalPlace()
    var position = Int64.min
}

/// Reads one page of a part.
struct ReadSectionPage: Query {
    let section: EvidenceSection
    let begun: BeginEvidence.Begun
    let place: SectionPlace
    let limit: Int64

    struct Page: Sendable {
        var rows: [[PersonalCell]] = []
        /// The lines of the log that are on it.
        var lines: [AuditEvent] = []
        /// Where it goes on; nil at the end.
        var next: SectionPlace?
    }

    func answer(in transaction: Transaction) throws -> Page {
        switch (section, begun.matter) {
        case (.personal(let category), .person(let contact?)):
            let span = PersonalSpan(contact: contact, through: begun.at)
            var found = page(
                try category.page(of: span, after: place.rows, limit: limit, in: transaction)
            )
            if category.name == EvidenceSection.consents {
                found.rows = try withActors(found.rows, of: contact, in: transaction)
            }
            return found
        case (.period(let category), .period(let from, let to)):
            let period = LogPeriod(from: from, to: to)
            return page(
                try category.page(period, after: place.rows, limit: limit, in: transaction)
            )
        case (.timeline, _): return try timeline(in: transaction)
        default: return Page()
        }
    }

    /// The same rows with who recorded each.
    private func withActors(
        _ rows: [[PersonalCell]],
        of contact: ContactID,
        in transaction: Transaction
    ) throws -> [[PersonalCell]] {
        let ids = rows.compactMap { row in
            row.first.flatMap { ConsentID(text: ExportRows.text($0)) }
        }
        guard let first = ids.map(\.bytes).min(by: { $0.lexicographicallyPrecedes($1) }),
            let last = ids.map(\.bytes).max(by: { $0.lexicographicallyPrecedes($1) })
        else { return rows }
        var actors: [String: String] = [:]
        for row in try transaction.rows(
            "SELECT id, actor FROM consent_records WHERE contact_id = $1 AND id >= $2 AND id <= $3",
            .id(contact),
            .blob(first),
            .blob(last)
        ) {
            let id: ConsentID = try row.id(0)
            actors[id.text] = try row.text(1)
        }
        return rows.map { row in
            let actor = row.first.flatMap { actors[ExportRows.text($0)] }
            return row + [actor.map { .text($0) } ?? .none]
        }
    }

    private func page(_ found: PersonalPage) -> Page {
        Page(rows: found.rows, next: found.next.map { SectionPlace(rows: $0) })
    }

    private func timeline(in transaction: Transaction) throws -> Page {
        guard let stretch = begun.stretch else { return Page() }
        let lines = try transaction.lines(
            of: stretch,
            after: max(place.position, begun.reach.before),
            through: begun.reach.last,
            limit: limit
        )
        var page = Page()
        for stored in lines {
            guard let line = AuditEvent(canonical: stored.body) else {
                throw StoreError(.corrupt, "an event of the audit log is not readable")
            }
            page.lines.append(line)
            page.rows.append(EvidenceSection.row(stored.position, line))
            page.next = SectionPlace(position: stored.position)
        }
        return page
    }
}

/// A policy version that somebody agreed to, or that was published in a period.
struct EvidencePolicy: Sendable {
    let policy: Policy
    /// The text, where it was registered with it.
    let text: String?
    /// The line that registered it.
    let event: EventID?
}

/// Reads policy versions, with the lines that registered them.
struct ReadPolicies: Query {
    let versions: [String]

    func answer(in transaction: Transaction) throws -> [EvidencePolicy] {
        try versions.compactMap { version in
            guard let policy = try transaction.policy(version) else { return nil }
            let line = try transaction.publication(of: version)
            return EvidencePolicy(
                policy: policy,
                text: try transaction.text(ofPolicy: version),
                event: line.flatMap { AuditEvent(canonical: $0.body)?.id }
            )
        }
    }
}

/// The bytes of some events, with the documents they speak of.
struct ReadEntries: Query {
    /// Events that speak of a document: a receipt, or the hashes of recorded decisions.
    static let kindsWithDocument: Set<String> = ["request.receipt-issued", "sends.recorded"]

    let events: [EventID]

    struct Entry: Sendable {
        let id: EventID
        let body: [UInt8]
        let document: [UInt8]?
    }

    func answer(in transaction: Transaction) throws -> [Entry] {
        try events.compactMap { id in
            // Purged since it was listed.
            guard let body = try transaction.body(of: id) else { return nil }
            return Entry(id: id, body: body, document: try document(of: body, in: transaction))
        }
    }

    private func document(of body: [UInt8], in transaction: Transaction) throws -> [UInt8]? {
        guard let line = AuditEvent(canonical: body), let subject = line.subject else { return nil }
        switch line.kind {
        case "request.receipt-issued":
            guard let request = RequestID(bytes: subject) else { return nil }
            return try transaction.receipts(of: request).first {
                String($0.number) == line.facts["number"]
            }?.body
        case "sends.recorded":
            guard let batch = SendBatchID(bytes: subject) else { return nil }
            return try transaction.document(ofSends: batch)
        default: return nil
        }
    }
}

/// The lines of the log that vouch for rows about sends: those of their batches and calls.
struct ReadSendLines: Query {
    let batches: [String]

    func answer(in transaction: Transaction) throws -> [EventID] {
        var events: [EventID] = []
        var calls: Set<String> = []
        for batch in batches.compactMap({ SendBatchID(text: $0) }) {
            for line in try lines(about: batch.bytes, in: transaction) {
                events.append(line.id)
                if let call = line.facts["call"] { calls.insert(call) }
            }
        }
        for call in calls.sorted().compactMap({ SendCallID(text: $0) }) {
            events += try lines(about: call.bytes, in: transaction).map(\.id)
        }
        return events
    }

    private func lines(
        about subject: [UInt8],
        in transaction: Transaction
    ) throws -> [AuditEvent] {
        try transaction.lines(about: subject, limit: 10).compactMap {
            AuditEvent(canonical: $0.body)
        }
    }
}
