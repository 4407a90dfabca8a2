// People of a list that goes out, page by page: their addresses and evidence opened, nothing else
// read for each.

import Foundation
package import HeedConsent

/// An address of a list that goes out; it holds personal data.
package struct ListedPerson: Sendable {
    /// The person.
    package let contact: Contact
    /// The address as it is written to.
    package let address: String
    /// What the guard finds it by.
    package let keys: LookupKeys
    /// Since when the person's permission is what it is; nil when they have none in the scope.
    package let decidedAt: Timestamp?
    /// What shows it; nil when nothing does.
    package let evidence: Evidence?
}

/// How much of the people of a list is opened.
package enum ListedDetail: Sendable {
    /// The addresses.
    case addresses
    /// Also what shows their consent.
    case evidence
}

extension Transaction {
    /// The addresses of some people on a scope's channel, in the order of the people's ids.
    ///
    /// Unsealed personal data: for an export that the audit log knows of.
    package func listedPeople(
        in range: ContactRange,
        scope: Scope,
        detail: ListedDetail
    ) throws(StoreError) -> [ListedPerson] {
        var people: [ListedPerson] = []
        for row in try rows(
            "SELECT a.contact_id, a.match_key, a.widened_key, a.sealed, k.wrapped, c.external_id, "
                + "c.locale, c.region, p.decided_at, p.record_id, r.evidence FROM addresses a "
                + "JOIN contacts c ON c.id = a.contact_id "
                + "JOIN contact_keys k ON k.contact_id = a.contact_id "
                + "LEFT JOIN permissions p ON p.contact_id = a.contact_id AND p.scope = $3 "
                + "LEFT JOIN consent_records r ON r.id = p.record_id "
                + "WHERE a.contact_id > $1 AND a.contact_id <= $2 AND a.channel = $4 "
                + "ORDER BY a.contact_id, a.created_at, a.match_key",
            .blob(range.after),
            .blob(range.through),
            .text(scope.name.text),
            .text(scope.channel.rawValue)
        ) { people.append(try listedPerson(row, detail)) }
        return people
    }

    private func listedPerson(
        _ row: Row,
        _ detail: ListedDetail
    ) throws(StoreError) -> ListedPerson {
        let id: ContactID = try row.id(0)
        let key = try unwrap(row.blob(4), of: id)
        var evidence: Evidence?
        if detail == .evidence, let sealed = try row.optionalBlob(10),
            let record: ConsentID = try row.optionalID(9)
        {
            let bytes = try open(sealed, of: id, as: .consent(record), with: key)
            evidence = try? JSONDecoder().decode(Evidence.self, from: Data(bytes))
        }
        return ListedPerson(
            contact: Contact(
                stored: id,
                externalID: try row.optionalText(5),
                locale: try row.optionalText(6),
                region: try row.optionalText(7)
            ),
            address: String(
                decoding: try open(row.blob(3), of: id, as: .address, with: key),
                as: UTF8.self
            ),
            keys: LookupKeys(match: try row.blob(1), widened: try row.optionalBlob(2)),
            decidedAt: try row.optionalTime(8),
            evidence: evidence
        )
    }
}
