// Holds consent records and counts of purged rows against what the log says of them.

import Crypto
import HeedConsent
import HeedEngine
import HeedStore

/// Compares the record of each consent event, column by column.
struct RecordCheck: Sendable {
    private let before: Timestamp
    /// Records that are gone and old enough to have been purged.
    private(set) var missing = 0

    /// Takes the instant before which records may have been purged.
    init(before: Timestamp) { self.before = before }

    mutating func check(
        _ record: [SQLValue]?,
        against line: AuditEvent,
        at position: Int64,
        _ findings: inout Findings
    ) {
        guard let subject = line.subject, let id = ConsentID(bytes: subject) else {
            findings.add(
                .eventMismatch,
                at: "event \(position)",
                "a consent event names no record"
            )
            return
        }
        guard let record else {
            if line.at < before {
                missing += 1
            } else {
                findings.add(
                    .recordMissing,
                    at: "record \(id.text)",
                    "the consent record of event \(position) is gone"
                )
            }
            return
        }
        let expected = RecordCheck.columns(line)
        var differing = zip(ConsentColumns.names, zip(expected, record))
            .filter { $1.0 != $1.1 }
            .map(\.0)
        if let evidence = record.last, RecordCheck.hash(of: evidence) != line.detailsHash {
            differing.append("evidence")
        }
        guard !differing.isEmpty else { return }
        findings.add(
            .recordChanged,
            at: "record \(id.text)",
            "differs from event \(position) in: \(differing.joined(separator: ", "))"
        )
    }

    /// What the columns have to be, in the order of `ConsentColumns`; evidence is a hash, apart.
    private static func columns(_ line: AuditEvent) -> [SQLValue] {
        let facts = line.facts
        func time(_ name: String) -> SQLValue {
            .time(facts[name].flatMap { Timestamp(text: $0) })
        }
        return [
            .blob(line.subject), .id(line.contact), .text(line.scope),
            .text(String(line.kind.dropFirst("consent.".count))), .text(facts["basis"]),
            .text(line.source?.text), .text(facts["policyVersion"]),
            .blob(facts["policySha256"].flatMap { bytes(hexadecimal: $0) }),
            .text(facts["locale"]), time("givenAt"), .time(line.at), time("expiresAt"),
            .id(facts["optOut"].flatMap { OptOutID(text: $0) }), .text(line.actor.id),
            .text(line.actor.kind.rawValue), .id(facts["batch"].flatMap { ImportID(text: $0) }),
        ]
    }

    /// SHA-256 of sealed bytes; nil for none.
    static func hash(of sealed: SQLValue) -> [UInt8]? {
        guard case .blob(let bytes) = sealed else { return nil }
        return Array(SHA256.hash(data: bytes))
    }
}

/// Rows that are gone, against what purges have logged.
struct PurgeCount: Sendable {
    /// Events that are gone and old enough.
    var missingEvents = 0
    /// Rows of other tables that are gone and old enough.
    struct Missing {
        var records = 0
        var sends = 0
    }

    /// What `retention.purged` events say, by table.
    private(set) var logged: [String: Int] = [:]

    mutating func add(_ line: AuditEvent) {
        guard let table = line.facts["table"], let rows = line.facts["rows"].flatMap({ Int($0) })
        else { return }
        logged[table, default: 0] += rows
    }

    /// Compares; `later` are purges that are not in the log yet, or ran beside the verifier.
    func check(_ missing: Missing, later: PurgeCount, _ findings: inout Findings) {
        let events = logged["audit_events", default: 0]
        let eventsMost = events + later.logged["audit_events", default: 0]
        if !(events...max(events, eventsMost)).contains(missingEvents) {
            findings.add(
                .purgeCount,
                at: "audit_events",
                "\(missingEvents) old events are gone, but purges have logged \(eventsMost)"
            )
        }
        // Of a row whose event was purged too nothing is known here, so this is an upper bound.
        for (table, rows, count) in [
            ("consent_records", "records", missing.records),
            ("send_decisions", "decisions before sends", missing.sends),
        ] {
            let most = logged[table, default: 0] + later.logged[table, default: 0]
            guard count > most else { continue }
            findings.add(
                .purgeCount,
                at: table,
                "\(count) old \(rows) are gone, but purges have logged \(most)"
            )
        }
    }
}
