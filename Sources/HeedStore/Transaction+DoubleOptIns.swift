// Requests to confirm a yes, as consent records have them.

package import HeedConsent

extension Transaction {
    /// A request to confirm; nil for every other record.
    package func doubleOptIn(_ id: ConsentID) throws(StoreError) -> DoubleOptIn? {
        let row = try row(
            "SELECT contact_id, scope, policy_version, locale, given_at, expires_at "
                + "FROM consent_records WHERE id = $1 AND decision = 'requested'",
            .id(id)
        )
        guard let row else { return nil }
        return DoubleOptIn(
            request: id,
            contact: try row.id(0),
            scope: ScopeName(stored: try row.text(1)),
            policyVersion: try row.text(2),
            locale: try row.optionalText(3),
            requestedAt: try row.time(4),
            expiresAt: try row.time(5)
        )
    }

    /// What a person was asked to confirm after an instant.
    package func doubleOptIns(
        of contact: ContactID,
        since time: Timestamp
    ) throws(StoreError) -> [DoubleOptInTerms.Earlier] {
        let rows = try rows(
            "SELECT scope, recorded_at FROM consent_records "
                + "WHERE contact_id = $1 AND recorded_at > $2 AND decision = 'requested'",
            .id(contact),
            .time(time)
        )
        return try rows.map { row throws(StoreError) in
            DoubleOptInTerms.Earlier(
                scope: ScopeName(stored: try row.text(0)),
                requestedAt: try row.time(1)
            )
        }
    }
}
