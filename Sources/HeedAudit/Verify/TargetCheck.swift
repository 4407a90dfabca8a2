// Holds what connectors are said to have answered about opt-outs against the events of the log.

import HeedConsent
import HeedEngine
import HeedStore

/// Checks that each connector's row is what its newest event made of it.
///
/// An event has all that its row has, so the newest is enough, and an attempt leaves no row
/// without one.
struct TargetCheck: Sendable {
    let extent: LogExtent

    func check(_ content: PeopleInRange.Content, _ findings: inout Findings) {
        let courses = TargetCheck.courses(content.page.events)
        let rows = Dictionary(grouping: content.targets, by: \.optOut)
        for stored in content.page.optOuts {
            let optOut = stored.optOut
            var left = courses[optOut.id] ?? [:]
            // Old events may be purged, the oldest before others.
            let isOld = optOut.id.createdAt < extent.auditBefore
            for target in rows[optOut.id] ?? [] {
                let place = TargetCheck.place(optOut.id, target.connector)
                guard let course = left.removeValue(forKey: target.connector) else {
                    if !isOld {
                        findings.add(.targetUnlogged, at: place, "no event speaks of its answer")
                    }
                    continue
                }
                let columns = course.columns(differingFrom: target)
                guard !columns.isEmpty, !isOld || course.at >= extent.auditBefore else { continue }
                findings.add(
                    .targetChanged,
                    at: place,
                    "differs from event \(course.position) in: \(columns.joined(separator: ", "))"
                )
            }
            for (connector, course) in left.sorted(by: { $0.key < $1.key }) {
                findings.add(
                    .targetMissing,
                    at: TargetCheck.place(optOut.id, connector),
                    "event \(course.position) speaks of its answer, and it is gone"
                )
            }
        }
    }

    private static func place(_ optOut: OptOutID, _ connector: String) -> String {
        "opt-out \(optOut.text) at connector \(connector)"
    }

    /// How far each connector has come with each opt-out, by the log.
    private static func courses(_ events: [StoredEvent]) -> [OptOutID: [String: TargetCourse]] {
        var courses: [OptOutID: [String: TargetCourse]] = [:]
        for event in events where event.kind.hasPrefix("optout.e") {
            guard let line = AuditEvent(canonical: event.body),
                let id = line.subject.flatMap({ OptOutID(bytes: $0) })
            else { continue }
            if event.kind == "optout.enqueued" {
                for name in (line.facts["connectors"] ?? "").split(separator: ",") {
                    let course = TargetCourse(line, at: event.position)
                    courses[id, default: [:]][String(name)] = course
                }
            } else if let name = line.facts["connector"] {
                let course = TargetCourse(line, at: event.position)
                let earlier = courses[id]?[name]
                guard earlier?.canBeFollowed(by: course) ?? true else { continue }
                courses[id, default: [:]][name] = course
            }
        }
        return courses
    }
}

/// What an event has made of the row of a connector.
private struct TargetCourse {
    let position: Int64
    let at: Timestamp
    private let kind: String
    private let state: String
    private let attempts: String
    private let answer: String?
    private let nextAttemptAt: String?

    init(_ line: AuditEvent, at position: Int64) {
        self.position = position
        at = line.at
        kind = line.kind
        let isNew = line.kind == "optout.enqueued"
        state = isNew ? OptOutTarget.State.pending.rawValue : line.to ?? ""
        attempts = isNew ? "0" : line.facts["attempts"] ?? ""
        answer = line.facts["answer"]
        nextAttemptAt = line.facts["nextAttemptAt"]
    }

    private var isConfirmation: Bool { state == OptOutTarget.State.confirmed.rawValue }

    /// Whether another event can have come after it.
    ///
    /// On PostgreSQL two that wait for each other may be listed the other way round; what is over
    /// does not fail after that, and what is confirmed is not cancelled.
    func canBeFollowed(by other: TargetCourse) -> Bool {
        switch other.kind {
        case "optout.esp-failed":
            !isConfirmation && state != OptOutTarget.State.cancelled.rawValue
        case "optout.esp-cancelled": !isConfirmation
        default: true
        }
    }

    func columns(differingFrom target: OptOutTarget) -> [String] {
        let pairs: [(String, Bool)] = [
            ("state", target.state.rawValue == state),
            ("attempts", String(target.attempts) == attempts),
            ("next_attempt_at", target.nextAttemptAt?.text == nextAttemptAt),
            ("answer", target.answer == answer),
            ("confirmed_at", target.confirmedAt == (isConfirmation ? at : nil)),
        ]
        return pairs.filter { !$0.1 }.map(\.0)
    }
}

extension Transaction {
    /// What connectors answered about the opt-outs of a range of people.
    func targets(in range: ContactRange) throws(StoreError) -> [OptOutTarget] {
        try targets(
            rows(
                "SELECT t.id, t.opt_out_id, t.connector, t.state, t.attempts, t.next_attempt_at, "
                    + "t.answer, t.confirmed_at FROM opt_outs o "
                    + "JOIN opt_out_targets t ON t.opt_out_id = o.id "
                    + "WHERE o.contact_id > $1 AND o.contact_id <= $2 "
                    + "ORDER BY t.opt_out_id, t.connector",
                .blob(range.after),
                .blob(range.through)
            )
        )
    }
}
