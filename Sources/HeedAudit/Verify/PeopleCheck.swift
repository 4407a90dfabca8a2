// Holds permissions and opt-outs of a range of people against their records and the log.

import HeedConsent
import HeedEngine
import HeedStore

/// A range of people, read in one snapshot, so that it is consistent beside any number of writers.
struct PeopleInRange: Query {
    let range: ContactRange

    /// What there is.
    struct Content: Sendable {
        let page: PeoplePage
        let targets: [OptOutTarget]
    }

    func answer(in transaction: Transaction) throws -> Content {
        Content(
            page: try transaction.people(in: range),
            targets: try transaction.targets(in: range)
        )
    }
}

/// The next range of people.
struct NextRange: Query {
    let after: [UInt8]
    let through: [UInt8]
    let limit: Int

    /// The range, how many people are in it, and whether it is the last.
    func answer(in transaction: Transaction) throws -> (ContactRange, count: Int, isLast: Bool) {
        let all = ContactRange(after: after, through: through)
        let ids = try transaction.contactIDs(in: all, limit: Int64(limit))
        guard ids.count == limit, let last = ids.last else { return (all, ids.count, true) }
        return (ContactRange(after: after, through: last.bytes), ids.count, false)
    }
}

/// Checks people range by range.
struct PeopleCheck: Sendable {
    let extent: LogExtent
    /// The people whose permissions differ, in order.
    private(set) var toRebuild: [ContactID] = []

    init(_ extent: LogExtent) { self.extent = extent }

    mutating func check(_ page: PeoplePage, _ findings: inout Findings) {
        checkPermissions(page, &findings)
        var stages: [OptOutID: Stages] = [:]
        for event in page.events where Stages.kinds.contains(event.kind) {
            guard let line = AuditEvent(canonical: event.body),
                let id = line.subject.flatMap({ OptOutID(bytes: $0) })
            else { continue }
            stages[id, default: Stages()].add(line)
        }
        for stored in page.optOuts {
            check(stored, against: stages.removeValue(forKey: stored.optOut.id), &findings)
        }
        for id in stages.filter({ $0.value.requested != nil }).keys.sorted() {
            findings.add(
                .optOutMissing,
                at: "opt-out \(id.text)",
                "the log says it was requested, and it is gone"
            )
        }
    }

    private mutating func checkPermissions(_ page: PeoplePage, _ findings: inout Findings) {
        let fold = PermissionFold(page, horizon: extent.consentBefore)
        for id in fold.unlogged {
            findings.add(
                .recordUnlogged,
                at: "record \(id.text)",
                "no event speaks of it: it was inserted, or its event was cut off"
            )
        }
        for id in fold.repeated {
            findings.add(
                .recordRepeated,
                at: "record \(id.text)",
                "more than one event speaks of it"
            )
        }
        for id in fold.impossible {
            findings.add(
                .recordImpossible,
                at: "record \(id.text)",
                "it says yes where the records before it let no yes stand"
            )
        }
        for difference in fold.differences(from: page.permissions) {
            let columns = difference.folded.columns(differingFrom: difference.stored)
            findings.add(
                .permissionChanged,
                at: difference.place.text,
                "differs from what its records say in: \(columns.joined(separator: ", "))"
            )
            if toRebuild.last != difference.place.contact {
                toRebuild.append(difference.place.contact)
            }
        }
    }

    private func check(
        _ stored: PeoplePage.StoredOptOut,
        against stages: Stages?,
        _ findings: inout Findings
    ) {
        let optOut = stored.optOut
        let place = "opt-out \(optOut.id.text)"
        // Old events may be purged, some stages before others.
        let isOld = optOut.id.createdAt < extent.auditBefore
        guard let stages, let requested = stages.requested else {
            if !isOld {
                findings.add(
                    .optOutUnlogged,
                    at: place,
                    "no event says that it was requested"
                )
            }
            return
        }
        var columns = Stages.columns(of: stored, differingFrom: requested)
        if !isOld { columns += stages.columns(differingFrom: stored) }
        guard !columns.isEmpty else { return }
        findings.add(
            .optOutChanged,
            at: place,
            "differs from its events in: \(columns.joined(separator: ", "))"
        )
    }
}

/// What the log says about one opt-out.
private struct Stages {
    static let kinds: Set<String> = ["optout.requested", "optout.started", "optout.completed"]

    var requested: AuditEvent?
    private var isStarted = false
    private var completed: AuditEvent?

    mutating func add(_ line: AuditEvent) {
        switch line.kind {
        case "optout.requested": requested = line
        case "optout.started": isStarted = true
        default: completed = line
        }
    }

    /// The columns that its request fixed and that differ.
    static func columns(
        of stored: PeoplePage.StoredOptOut,
        differingFrom line: AuditEvent
    ) -> [String] {
        let optOut = stored.optOut
        let details = stored.details.map { SQLValue.blob($0) } ?? .null
        let pairs: [(String, Bool)] = [
            ("contact_id", optOut.contact == line.contact),
            ("scope", optOut.extent.name == line.scope),
            ("source", optOut.source == line.source),
            ("regime", optOut.regime == line.facts["regime"]),
            ("requested_at", optOut.requestedAt.text == line.facts["requestedAt"]),
            ("deadline_at", optOut.deadlineAt.text == line.facts["deadlineAt"]),
            ("details", RecordCheck.hash(of: details) == line.detailsHash),
        ]
        return pairs.filter { !$0.1 }.map(\.0)
    }

    /// The columns that later stages moved and that differ.
    func columns(differingFrom stored: PeoplePage.StoredOptOut) -> [String] {
        let status: OptOut.Status =
            completed != nil ? .completed : isStarted ? .processing : .pending
        let pairs: [(String, Bool)] = [
            ("status", stored.optOut.status == status),
            ("processed_at", stored.optOut.processedAt == completed?.at),
            (
                "processing_ms",
                stored.processingMilliseconds.map { String($0) } == completed?.facts["processingMs"]
            ),
        ]
        return pairs.filter { !$0.1 }.map(\.0)
    }
}
