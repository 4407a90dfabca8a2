// What evidence is made of in the audit log: a person's lines, a period's, and those they rest on.

package import HeedConsent
package import HeedStore

/// A period, from one instant to before another, both whole milliseconds.
package struct LogPeriod: Hashable, Sendable {
    /// When it begins.
    package let from: Timestamp
    /// Before what it ends.
    package let to: Timestamp

    /// Takes both, without what is finer than the ids' time.
    package init(from: Timestamp, to: Timestamp) {
        self.from = Timestamp(microseconds: from.microseconds / 1000 * 1000)
        self.to = Timestamp(microseconds: to.microseconds / 1000 * 1000)
    }

    /// Smaller than all ids made in it.
    var firstID: [UInt8] { EventID(at: from, random: (0, 0)).bytes }
    /// Larger than all ids made in it.
    var endID: [UInt8] { EventID(at: to, random: (0, 0)).bytes }
}

/// Lines of the audit log that belong together.
package enum LogStretch: Sendable {
    /// Those about a person, up to an instant.
    case person(ContactID, through: Timestamp)
    /// Those of a period.
    case period(LogPeriod)
}

/// How many lines there are, and between which positions.
package struct LogReach: Hashable, Sendable {
    /// How many.
    package let count: Int
    /// The position before the first.
    package let before: Int64
    /// The position of the last.
    package let last: Int64

    /// No lines.
    package static let none = LogReach(count: 0, before: 0, last: 0)
}

extension Transaction {
    /// How far a stretch reaches.
    package func reach(of stretch: LogStretch) throws(StoreError) -> LogReach {
        let columns: SQL = "SELECT count(*), min(position), max(position) FROM audit_events WHERE "
        let row =
            switch stretch {
            case .person(let contact, let time):
                try row(columns + "contact_id = $1 AND at <= $2", .id(contact), .time(time))
            case .period(let period):
                try row(
                    columns + "id > $1 AND id < $2",
                    .blob(period.firstID),
                    .blob(period.endID)
                )
            }
        guard let row, try row.integer(0) > 0 else { return .none }
        return LogReach(
            count: Int(try row.integer(0)),
            before: try row.integer(1) - 1,
            last: try row.integer(2)
        )
    }

    /// The lines of a stretch after a position, oldest first, at most `limit`.
    package func lines(
        of stretch: LogStretch,
        after position: Int64,
        through last: Int64,
        limit: Int64
    ) throws(StoreError) -> [StoredEvent] {
        let range: [SQLValue] = [.integer(position), .integer(last)]
        switch stretch {
        case .person(let contact, let time):
            return try events(
                where: "position > $1 AND position <= $2 AND contact_id = $3 AND at <= $4",
                range + [.id(contact), .time(time)],
                limit: limit
            )
        case .period(let period):
            return try events(
                where: "position > $1 AND position <= $2 AND id > $3 AND id < $4",
                range + [.blob(period.firstID), .blob(period.endID)],
                limit: limit
            )
        }
    }

    /// The line that registered a policy version; nil when it was purged.
    package func publication(of version: String) throws(StoreError) -> StoredEvent? {
        guard
            let row = try row(
                "SELECT created_at FROM policies WHERE version = $1",
                .text(version)
            )
        else { return nil }
        // Row and line were written in one millisecond, in which the line's id begins.
        let time = try row.time(0)
        let period = LogPeriod(from: time, to: Timestamp(microseconds: time.microseconds + 1000))
        return try events(
            where: "kind = 'policy.published' AND id > $1 AND id < $2",
            [.blob(period.firstID), .blob(period.endID)],
            limit: 1000
        )
        .first { AuditEvent(canonical: $0.body)?.facts["version"] == version }
    }

    /// Lines about nobody in particular but about this thing, oldest first.
    package func lines(
        about subject: [UInt8],
        limit: Int64
    ) throws(StoreError) -> [StoredEvent] {
        try events(
            where: "contact_id IS NULL AND subject = $1",
            [.blob(subject)],
            limit: limit
        )
    }

    /// Who was behind the opt-outs that blocks stand for, where they have been erased since.
    package func erasedOwners(of blocks: [Suppression]) throws(StoreError) -> Set<ContactID> {
        var owners: Set<ContactID> = []
        for optOut in Set(blocks.compactMap(\.optOut)) {
            guard
                let row = try row("SELECT contact_id FROM opt_outs WHERE id = $1", .id(optOut))
            else { continue }
            let owner: ContactID = try row.id(0)
            if try isErased(owner) { owners.insert(owner) }
        }
        return owners
    }
}
