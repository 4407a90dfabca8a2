// What a person decided, with its evidence, and what became of it: records, forms, opt-outs.

import Crypto
import Foundation
import HeedConsent

extension PersonalCategory {
    private static let evidence: [Column] = [
        Column("ip"), Column("userAgent"), Column("formUrl"), Column("wordingSha256"),
        Column("askedAt"), Column("askedIp"), Column("confirmedAt"), Column("confirmedIp"),
        Column("confirmationAddress"), Column("relationship"), Column("relationshipAt"),
        Column("reference"), Column("statement"),
    ]

    private static let record: [Column] = [
        Column("id", .id), Column("scope"), Column("decision"), Column("basis"), Column("source"),
        Column("policyVersion"), Column("policySha256", .hash), Column("language"),
        Column("givenAt", .time), Column("recordedAt", .time), Column("expiresAt", .time),
        Column("optOutId", .id), Column("importId", .id), Column("actorType"),
    ]

    /// Every decision with what shows it.
    static let consents = PersonalCategory(
        "consents",
        record + evidence
    ) { transaction, span, place, limit throws(StoreError) in
        try transaction.consentPage(span, place, limit) { _ in true }
    }

    /// What came from a form: the decisions that name one.
    static let formSubmissions = PersonalCategory(
        "formSubmissions",
        record + evidence
    ) { transaction, span, place, limit throws(StoreError) in
        let source = record.firstIndex { $0.name == "source" } ?? 0
        let form = record.count + (evidence.firstIndex { $0.name == "formUrl" } ?? 0)
        return try transaction.consentPage(span, place, limit) { cells in
            cells[source] == .text(Source.form.text) || cells[form] != .none
        }
    }

    private static let optOut: [Column] = [
        Column("id", .id), Column("scope"), Column("status"), Column("source"), Column("regime"),
        Column("requestedAt", .time), Column("deadlineAt", .time), Column("processedAt", .time),
    ]

    /// Every "stop".
    static let optOuts = PersonalCategory(
        "optOuts",
        optOut + evidence
    ) { transaction, span, place, limit throws(StoreError) in
        try transaction.optOutPage(span, place, limit)
    }

    private static let answer: [Column] = [
        Column("optOutId", .id), Column("system"), Column("state"), Column("attempts", .number),
        Column("nextAttemptAt", .time), Column("answer"), Column("confirmedAt", .time),
    ]

    /// What each system answered to a "stop".
    static let optOutAnswers = PersonalCategory(
        "optOutAnswers",
        answer
    ) { transaction, span, place, limit throws(StoreError) in
        try transaction.answerPage(span, place, limit)
    }

    fileprivate static func cells(_ evidence: Evidence?) -> [PersonalCell] {
        let found = evidence ?? Evidence()
        return [
            found.ip, found.userAgent, found.formURL, found.wordingSHA256, found.requestedAt,
            found.requestedIP, found.confirmedAt, found.confirmedIP, found.confirmationAddress,
            found.relationship, found.relationshipAt, found.reference, found.statement,
        ].map { PersonalCell($0) }
    }

    fileprivate static var recordColumns: [Column] { record }
    fileprivate static var optOutColumns: [Column] { optOut }
    fileprivate static var answerColumns: [Column] { answer }
}

extension Transaction {
    fileprivate func consentPage(
        _ span: PersonalSpan,
        _ place: PersonalPlace,
        _ limit: Int64,
        where isWanted: ([PersonalCell]) -> Bool
    ) throws(StoreError) -> PersonalPage {
        let rows = try rows(
            "SELECT id, scope, decision, basis, source, policy_version, policy_sha256, locale, "
                + "given_at, recorded_at, expires_at, opt_out_id, import_id, actor_type, evidence "
                + "FROM consent_records WHERE contact_id = $1 AND (recorded_at, id) > ($2, $3) "
                + "AND recorded_at <= $4 ORDER BY recorded_at, id LIMIT $5",
            .id(span.contact),
            .integer(place.number),
            .blob(place.bytes),
            .time(span.through),
            .integer(limit)
        )
        let key = rows.isEmpty ? nil : try contactKey(of: span.contact)
        return try PersonalPage(rows) { row throws(StoreError) in
            PersonalPlace(number: try row.integer(9), bytes: try row.blob(0))
        } cells: { row throws(StoreError) in
            let evidence = try evidence(
                row.optionalBlob(14),
                of: span.contact,
                as: .consent(row.id(0)),
                with: key
            )
            let cells = try row.cells(PersonalCategory.recordColumns) + evidence
            return isWanted(cells) ? cells : nil
        }
    }

    fileprivate func optOutPage(
        _ span: PersonalSpan,
        _ place: PersonalPlace,
        _ limit: Int64
    ) throws(StoreError) -> PersonalPage {
        let rows = try rows(
            "SELECT id, scope, status, source, regime, requested_at, deadline_at, processed_at, "
                + "details FROM opt_outs WHERE contact_id = $1 AND id > $2 ORDER BY id LIMIT $3",
            .id(span.contact),
            .blob(place.bytes),
            .integer(limit)
        )
        let key = rows.isEmpty ? nil : try contactKey(of: span.contact)
        return try PersonalPage(rows) { row throws(StoreError) in
            PersonalPlace(bytes: try row.blob(0))
        } cells: { row throws(StoreError) in
            let evidence = try evidence(
                row.optionalBlob(8),
                of: span.contact,
                as: .optOut(row.id(0)),
                with: key
            )
            return try row.cells(PersonalCategory.optOutColumns) + evidence
        }
    }

    fileprivate func answerPage(
        _ span: PersonalSpan,
        _ place: PersonalPlace,
        _ limit: Int64
    ) throws(StoreError) -> PersonalPage {
        let rows = try rows(
            "SELECT t.opt_out_id, t.connector, t.state, t.attempts, t.next_attempt_at, t.answer, "
                + "t.confirmed_at FROM opt_outs o "
                + "JOIN opt_out_targets t ON t.opt_out_id = o.id "
                + "WHERE o.contact_id = $1 AND (o.id, t.connector) > ($2, $3) "
                + "ORDER BY o.id, t.connector LIMIT $4",
            .id(span.contact),
            .blob(place.bytes),
            .text(place.text),
            .integer(limit)
        )
        return try PersonalPage(rows) { row throws(StoreError) in
            PersonalPlace(bytes: try row.blob(0), text: try row.text(1))
        } cells: { row throws(StoreError) in
            try row.cells(PersonalCategory.answerColumns)
        }
    }

    /// What was sealed beside a row; empty cells where there is nothing, or no key any more.
    private func evidence(
        _ sealed: [UInt8]?,
        of contact: ContactID,
        as place: SealedPlace,
        with key: SymmetricKey?
    ) throws(StoreError) -> [PersonalCell] {
        guard let sealed, let key else { return PersonalCategory.cells(nil) }
        let bytes = try open(sealed, of: contact, as: place, with: key)
        guard let evidence = try? JSONDecoder().decode(Evidence.self, from: Data(bytes)) else {
            throw StoreError(.corrupt, "sealed evidence is not readable")
        }
        return PersonalCategory.cells(evidence)
    }
}
