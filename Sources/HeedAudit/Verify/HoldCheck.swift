// Holds the legal holds against the events that placed and lifted them.

import HeedConsent
import HeedEngine
import HeedStore

/// Which holds the log says stand.
///
/// A purge takes nothing that a hold covers, and with it not the event that placed it: a hold
/// without one was not placed by Heed.
struct HoldCheck: Sendable {
    private struct Placed: Sendable {
        let position: Int64
        let contact: ContactID?
    }

    private var standing: [HoldID: Placed] = [:]

    /// Takes an event about a hold, in the order of the log.
    mutating func add(_ line: AuditEvent, at position: Int64) {
        guard let id = line.subject.flatMap({ HoldID(bytes: $0) }) else { return }
        standing[id] =
            line.kind == "hold.placed" ? Placed(position: position, contact: line.contact) : nil
    }

    /// Compares with the rows, after what has happened since the log was walked.
    func check(_ content: StandingHolds.Content, _ findings: inout Findings) {
        var check = self
        for event in content.later {
            guard let line = AuditEvent(canonical: event.body) else { continue }
            check.add(line, at: event.position)
        }
        var left = check.standing
        for hold in content.holds {
            let place = "hold \(hold.id.text)"
            guard let placed = left.removeValue(forKey: hold.id) else {
                findings.add(.holdUnlogged, at: place, "no event says that it was placed")
                continue
            }
            if placed.contact != hold.contact {
                findings.add(
                    .holdUnlogged,
                    at: place,
                    "it covers another than event \(placed.position) says"
                )
            }
        }
        for (id, placed) in left.sorted(by: { $0.value.position < $1.value.position }) {
            findings.add(
                .holdMissing,
                at: "hold \(id.text)",
                "event \(placed.position) placed it and nothing lifted it, but it is gone"
            )
        }
    }
}

/// The holds, and what has happened to holds after a position, in one snapshot.
struct StandingHolds: Query {
    let after: Int64

    /// What there is.
    struct Content: Sendable {
        let holds: [(id: HoldID, contact: ContactID?)]
        let later: [StoredEvent]
    }

    func answer(in transaction: Transaction) throws -> Content {
        let later =
            try transaction.events(of: "hold.placed", after: after)
            + transaction.events(of: "hold.lifted", after: after)
        // Not `legalHolds()`: why they were placed is sealed, and is no business of the verifier.
        let rows = try transaction.rows("SELECT id, contact_id FROM legal_holds ORDER BY id")
        return Content(
            holds: try rows.map { (try $0.id(0), try $0.optionalID(1)) },
            later: later.sorted { $0.position < $1.position }
        )
    }
}
