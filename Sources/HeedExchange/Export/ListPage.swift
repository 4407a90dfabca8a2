// One page of a list that goes out: who is on it, and where the guard says they stand.

package import HeedConsent
import HeedEngine
import HeedLists
import HeedStore

/// Somebody on a list that goes out; it holds personal data.
struct ListedRow: Sendable {
    /// What a list says of them.
    let row: ExportRow
    /// The person.
    let contact: ContactID
    /// Links for a message to them, when they were asked for and it may go.
    let links: MailLinks?
}

/// How fresh a list is.
package struct ListFreshness: Hashable, Sendable {
    /// The log's position everything on it is at least as fresh as.
    package let position: Int64
    /// Until when it may be used.
    package let validUntil: Timestamp

    /// The same with a later page, which makes nothing fresher.
    func with(_ later: ListFreshness) -> ListFreshness {
        ListFreshness(position: position, validUntil: min(validUntil, later.validUntil))
    }
}

/// Some people of a list, with where they stand, all as of one snapshot.
struct ListPage: Query {
    /// What is wanted of each of them.
    enum Content {
        /// Also what shows their consent.
        case evidence
        /// The address alone.
        case addresses
        /// The address, and links for those who may be written to.
        case links
    }

    struct Answer: Sendable {
        let rows: [ListedRow]
        /// The last person looked at; nil at the end.
        let last: ContactID?
        let freshness: ListFreshness
    }

    let scope: Scope
    let after: [UInt8]
    let limit: Int64
    let content: Content

    func answer(in transaction: Transaction) throws -> Answer {
        let end = [UInt8](repeating: 0xFF, count: 16)
        let range = ContactRange(after: after, through: end)
        var validUntil = SendDecision.validUntil(nil, at: transaction.now)
        let last = try transaction.contactIDs(in: range, limit: limit).last
        var rows: [ListedRow] = []
        if let last {
            let page = ContactRange(after: after, through: last.bytes)
            let detail: ListedDetail = content == .evidence ? .evidence : .addresses
            let people = try transaction.listedPeople(in: page, scope: scope, detail: detail)
            let facts = try transaction.facts(about: people.map(\.keys), scope.name)
            for (person, facts) in zip(people, facts) {
                let decision = SendDecision(facts, at: transaction.now)
                guard let row = ListPage.row(person, facts, decision.reason) else { continue }
                if decision.allowed { validUntil = min(validUntil, decision.validUntil) }
                let links =
                    content == .links ? transaction.links(for: decision, in: scope.name) : nil
                rows.append(ListedRow(row: row, contact: person.contact.id, links: links))
            }
        }
        let freshness = ListFreshness(
            position: try transaction.position(),
            validUntil: validUntil
        )
        return Answer(rows: rows, last: last, freshness: freshness)
    }

    /// Nil for somebody the scope knows nothing of.
    private static func row(
        _ person: ListedPerson,
        _ facts: GuardFacts,
        _ reason: SendDecision.Reason
    ) -> ExportRow? {
        guard let status = status(reason) else { return nil }
        var row = ExportRow(address: person.address, status: status)
        row.reason = reason.rawValue
        let since = blocks(reason).flatMap { kind in
            facts.suppressions.filter { kind.contains($0.reason) }.map(\.since).min()
        }
        row.at = since ?? person.decidedAt
        if status == .subscribed { row.evidence = person.evidence ?? Evidence() }
        row.locale = person.contact.locale
        row.region = person.contact.region
        row.externalID = person.contact.externalID
        return row
    }

    private static func status(_ reason: SendDecision.Reason) -> ExportStatus? {
        switch reason {
        case .allowed: .subscribed
        case .unknownContact, .noConsent: nil
        // An old yes that is not enough any more is no "no": they may be asked again.
        case .unconfirmed, .expired, .policyOutdated: .pending
        case .complaint: .complained
        case .hardBounce: .cleaned
        case .legalBlock, .erased, .manualBlock, .restricted, .globalOptOut, .optOut, .denied,
            .withdrawn:
            .unsubscribed
        }
    }

    /// The blocks that a reason may rest on.
    private static func blocks(_ reason: SendDecision.Reason) -> Set<SuppressionReason>? {
        switch reason {
        case .complaint: [.complaint]
        case .hardBounce: [.hardBounce]
        case .legalBlock: [.legal]
        case .manualBlock: [.manual]
        case .globalOptOut: [.optOutGlobal]
        case .optOut: [.optOut]
        default: nil
        }
    }
}
