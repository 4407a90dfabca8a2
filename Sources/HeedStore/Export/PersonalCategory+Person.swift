// Who a person is, where they stand, what they asked for by right, and their lines in the log.

package import HeedConsent

extension PersonalCategory {
    /// The person.
    static let profile = PersonalCategory(
        "profile",
        [
            Column("id", .id), Column("externalId"), Column("language"), Column("region"),
            Column("createdAt", .time),
        ],
        all: "SELECT id, external_id, locale, region, created_at FROM contacts WHERE id = $1"
    )

    /// Where they are reached.
    static let addresses = PersonalCategory(
        "addresses",
        [Column("channel"), Column("address"), Column("addedAt", .time)]
    ) { transaction, span, _, _ throws(StoreError) in
        let rows = try transaction.rows(
            "SELECT channel, sealed, created_at FROM addresses WHERE contact_id = $1 "
                + "ORDER BY created_at, match_key",
            .id(span.contact)
        )
        let key = rows.isEmpty ? nil : try transaction.contactKey(of: span.contact)
        var page = PersonalPage(all: [])
        for row in rows {
            guard let key else { continue }
            let bytes = try transaction.open(
                row.blob(1),
                of: span.contact,
                as: .address,
                with: key
            )
            page.rows.append([
                .text(try row.text(0)), .text(String(decoding: bytes, as: UTF8.self)),
                .text(try row.time(2).text),
            ])
        }
        return page
    }

    /// What may be sent now.
    static let permissions = PersonalCategory(
        "permissions",
        [
            Column("scope"), Column("state"), Column("decidedAt", .time),
            Column("expiresAt", .time), Column("consentId", .id), Column("optOutStatus"),
            Column("optOutId", .id),
        ],
        all: "SELECT scope, state, decided_at, expires_at, record_id, opt_out_status, opt_out_id "
            + "FROM permissions WHERE contact_id = $1 ORDER BY scope"
    )

    /// The blocks on their addresses; of another's opt-out only that it holds here, too.
    static let suppressions = PersonalCategory(
        "suppressions",
        [Column("reason"), Column("scope"), Column("since", .time), Column("source")]
    ) { transaction, span, _, _ throws(StoreError) in
        var rows: [[PersonalCell]] = []
        for keys in try transaction.lookupKeys(of: span.contact) {
            for block in try transaction.suppressions(at: keys) {
                let row: [PersonalCell] = [
                    .text(block.reason.rawValue), PersonalCell(block.scope?.text),
                    .text(block.since.text), .text(block.source.text),
                ]
                // Two addresses of one mailbox share its blocks.
                if !rows.contains(row) { rows.append(row) }
            }
        }
        return PersonalPage(all: rows)
    }

    /// What they asked for by right.
    static let requests = PersonalCategory(
        "requests",
        [
            Column("id", .id), Column("kind"), Column("status"), Column("source"),
            Column("regime"), Column("requestedAt", .time), Column("deadlineAt", .time),
            Column("extendedAt", .time), Column("verifiedBy"), Column("verifiedAt", .time),
            Column("endedAt", .time), Column("reason"),
        ],
        all: "SELECT id, kind, status, source, regime, requested_at, deadline_at, extended_at, "
            + "verified_by, verified_at, ended_at, reason FROM requests WHERE contact_id = $1 "
            + "ORDER BY id"
    )

    /// What each system answered to a request.
    static let requestAnswers = PersonalCategory(
        "requestAnswers",
        [
            Column("requestId", .id), Column("system"), Column("state"),
            Column("attempts", .number), Column("answer"), Column("confirmedAt", .time),
        ],
        all: "SELECT t.request_id, t.connector, t.state, t.attempts, t.answer, t.confirmed_at "
            + "FROM requests r JOIN erasure_targets t ON t.request_id = r.id "
            + "WHERE r.contact_id = $1 ORDER BY t.request_id, t.connector"
    )

    private static let event: [Column] = [
        Column("position", .number), Column("id", .id), Column("at", .time), Column("kind"),
        Column("scope"), Column("from"), Column("to"), Column("source"), Column("actorType"),
        Column("facts", .object),
    ]

    /// Their lines of the audit log; who of the team acted is that person's data and left out.
    static let auditTrail = PersonalCategory(
        "auditTrail",
        event
    ) { transaction, span, place, limit throws(StoreError) in
        let rows = try transaction.rows(
            "SELECT position, body FROM audit_events WHERE contact_id = $1 AND position > $2 "
                + "AND at <= $3 ORDER BY position LIMIT $4",
            .id(span.contact),
            .integer(place.number),
            .time(span.through),
            .integer(limit)
        )
        return try PersonalPage(rows) { row throws(StoreError) in
            PersonalPlace(number: try row.integer(0))
        } cells: { row throws(StoreError) in
            guard let line = AuditEvent(canonical: try row.blob(1)) else {
                throw StoreError(.corrupt, "an event of the audit log is not readable")
            }
            return [
                .number(try row.integer(0)), .text(line.id.text), .text(line.at.text),
                .text(line.kind), PersonalCell(line.scope), PersonalCell(line.from),
                PersonalCell(line.to), PersonalCell(line.source?.text),
                .text(line.actor.kind.rawValue), line.facts.isEmpty ? .none : .object(line.facts),
            ]
        }
    }
}

extension Transaction {
    /// Other systems that are told about people, by name, and what they are.
    package func recipients() throws(StoreError) -> [(name: String, kind: String)] {
        var recipients: [(name: String, kind: String)] = []
        for row in try rows("SELECT name, kind FROM connectors ORDER BY name") {
            recipients.append((try row.text(0), try row.text(1)))
        }
        return recipients
    }

    /// The bases of a person's yeses that count now, by scope.
    package func bases(
        of contact: ContactID
    ) throws(StoreError) -> [(scope: String, basis: String)] {
        var bases: [(scope: String, basis: String)] = []
        for row in try rows(
            "SELECT p.scope, r.basis FROM permissions p JOIN consent_records r "
                + "ON r.id = p.record_id WHERE p.contact_id = $1 ORDER BY p.scope",
            .id(contact)
        ) { bases.append((try row.text(0), try row.text(1))) }
        return bases
    }
}
