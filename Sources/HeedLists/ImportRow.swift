// What one row of an imported file says about one person, whatever program wrote it.

package import HeedConsent

/// One row that could be read.
///
/// Its evidence and its locale, region and external id pass the checks of HeedConsent: a value that
/// does not is left out, since a row must not be lost for it.
package struct ImportRow: Hashable, Sendable {
    /// What the other system says about the address.
    package enum Status: String, CaseIterable, Sendable {
        /// It may be written to.
        case subscribed
        /// The person opted out.
        case unsubscribed
        /// The person reported a message as spam.
        case complained
        /// The address does not work.
        case cleaned
    }

    /// The physical line the row starts on.
    package let line: Int
    /// Whom it is about.
    package let address: Address
    /// What the other system says about the address.
    package private(set) var status: Status
    /// When that was decided; nil when the file does not say.
    package private(set) var decidedAt: Timestamp?
    /// The latest instant that a stop's time may mean, where it names a day or no zone.
    package private(set) var latest: Timestamp?
    /// What shows it.
    package private(set) var evidence: Evidence
    /// The person's language, when it is a language tag.
    package let locale: String?
    /// The person's region, when it is an ISO 3166 code.
    package let region: String?
    /// The other system's own key for the person, when it is not an address.
    package var externalID: String?
    /// True for a stop that is meant for everything, not for the scope alone.
    package var isGlobal = false

    /// Makes a row, without the parts about the person that could not be stored.
    package init(
        line: Int,
        address: Address,
        status: Status,
        decidedAt: Timestamp?,
        evidence: Evidence,
        locale: String? = nil,
        region: String? = nil,
        externalID: String? = nil
    ) {
        self.line = line
        self.address = address
        self.status = status
        self.decidedAt = decidedAt
        self.evidence = evidence
        self.locale = storable(locale: locale)
        self.region = storable(region: region)
        self.externalID = storable(externalID: externalID)
    }
}

extension ImportRow {
    /// The row with the time of a stop, as far as it is known.
    func stopped(at time: ListTime?) -> ImportRow {
        var row = self
        row.decidedAt = time?.time
        row.latest = time?.latest
        return row
    }

    /// The row of somebody who stopped, whatever else it says; nothing of a yes is left.
    func stopped(by stop: StopColumns.Stop) -> ImportRow {
        var row = stopped(at: stop.time)
        row.status = stop.status
        row.evidence = Evidence()
        row.isGlobal = row.isGlobal || stop.isGlobal
        return row
    }

    /// The row of a file of which somebody said what its rows are.
    ///
    /// It never weakens a row that says something stronger itself.
    func saying(_ given: Status?) -> ImportRow {
        let isStronger = given == .complained && status == .unsubscribed
        guard let given, status == .subscribed || isStronger else { return self }
        var row = self
        row.status = given
        return row
    }
}

/// What came of one record of a file.
package enum ImportItem: Hashable, Sendable {
    /// A row that could be read.
    case row(ImportRow)
    /// A row that could not, and why; the reason never repeats a value of the row.
    case invalid(line: Int, reason: String)
    /// A row that says nothing of what Heed keeps, such as a bounce that may pass.
    case passedOver(line: Int, reason: String)
}

// The rules are Contact's own, so they are asked rather than written again.
private let nobody = ContactID(high: 0, low: 0)

private func storable(locale: String?) -> String? {
    let tag = locale.map { String($0.map { $0 == "_" ? "-" : $0 }) }
    return (try? Contact(id: nobody, externalID: nil, locale: tag, region: nil))?.locale
}

private func storable(region: String?) -> String? {
    // `Contact` also lets short names of countries by, such as "Spain".
    guard let region, region.split(separator: "-").first?.utf8.count == 2 else { return nil }
    return (try? Contact(id: nobody, externalID: nil, locale: nil, region: region))?.region
}

private func storable(externalID: String?) -> String? {
    (try? Contact(id: nobody, externalID: externalID, locale: nil, region: nil))?.externalID
}
