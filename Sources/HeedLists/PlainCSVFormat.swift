// Any list with a header line, read by the names people give their columns.

import HeedConsent

/// Reads rows of a file whose columns have common names.
///
/// Where a row says two things, the one that stops mail counts: any column such as `opted_out`, or
/// the time of an opt-out that no later consent follows, outweighs what else says yes. A row that
/// says nothing is nobody's consent, and neither is one that says only that nobody stopped.
package struct PlainCSVFormat: Sendable {
    /// The names an address column may have; the first one present is it.
    package static let addressNames = [
        "email", "e-mail", "email address", "email_address", "mail", "recipient", "address",
    ]

    /// Words about an account, which say nothing about a list.
    private static let undecided: Set<String> = ["enabled"]
    /// Times that only a yes has.
    private static let yesTimeNames = [
        "consented_at", "given_at", "opted_in_at", "confirmed_at", "subscribed_at",
    ]
    /// When somebody was added, at the latest; it is no yes, and follows no stop.
    private static let addedTimeNames = ["created_at", "created"]

    private let given: ImportRow.Status?
    private let address: ImportColumn
    private let status: ImportColumn
    private let stops: StopColumns
    private let yesTime: ImportColumn
    private let addedTime: ImportColumn
    /// Heed's own word for a stop, in its own lists.
    private let reason: ImportColumn
    private let ip: ImportColumn
    private let form: ImportColumn
    private let locale: ImportColumn
    private let region: ImportColumn
    private let externalID: ImportColumn

    /// Finds the columns; nil when there is none for the address.
    ///
    /// `given` is what rows are that say nothing else.
    package init?(columns: ImportColumns, given: ImportRow.Status? = nil) {
        self.given = given
        address = columns.firstColumn(of: PlainCSVFormat.addressNames)
        guard !address.isAbsent else { return nil }
        status = columns.column(ListWords.statusNames)
        stops = StopColumns(columns)
        yesTime = columns.column(PlainCSVFormat.yesTimeNames)
        addedTime = columns.column(PlainCSVFormat.addedTimeNames)
        reason = columns.column(["reason"])
        ip = columns.column(["ip", "optin_ip", "ip_address"])
        form = columns.column(["form_url", "source_url"])
        locale = columns.column(["locale", "language", "lang"])
        region = columns.column(["region", "country", "country_code", "cc"])
        externalID = columns.column(["external_id", "externalid", "id"])
        saysWhatItIsOf = !stops.isEmpty || !yesTime.isAbsent
    }

    /// True when some column may say yes.
    static func tellsYes(_ columns: ImportColumns) -> Bool {
        (ListWords.statusNames + yesTimeNames).contains(where: columns.contains)
    }

    /// True when some column tells a yes from a stop; a bare list of addresses may be either.
    let saysWhatItIsOf: Bool

    /// Reads one record.
    package func row(_ record: CSVRecord) throws(InvalidRow) -> ImportRow {
        let fields = record.fields.map { isNothing($0) ? "" : $0 }
        let address = try address.address(in: fields)
        let stop = try standingStop(in: fields)
        let isList = given.map { $0 != .subscribed } ?? false
        var evidence = Evidence()
        var decidedAt: Timestamp?
        if stop == nil, !isList {
            try requireYes(in: fields)
            let consentedAt = try yesTime.pastTime(in: fields)
            let addedAt = try addedTime.pastTime(in: fields)
            decidedAt = consentedAt ?? addedAt
            evidence.ip = ip.text(in: fields, atMost: 64)
            evidence.formURL = form.text(in: fields, atMost: 2048)
        }
        let row = ImportRow(
            line: record.line,
            address: address,
            status: .subscribed,
            decidedAt: decidedAt,
            evidence: evidence,
            locale: locale.text(in: fields),
            region: region.text(in: fields),
            externalID: externalID.text(in: fields)
        )
        if let stop { return row.stopped(by: stop) }
        // A list of stops has them as of when each was added to it.
        return isList ? row.stopped(at: addedTime.latestTime(in: fields)) : row
    }

    /// The stop of a row, unless the row tells by times alone that a yes followed it.
    ///
    /// No consent that an import could carry lifts a complaint.
    private func standingStop(in fields: [String]) throws(InvalidRow) -> StopColumns.Stop? {
        guard var stop = try stops.stop(in: fields) else { return nil }
        if stop.status != .complained, !stop.isTold, let time = stop.time,
            let consented = yesTime.latestTime(in: fields), consented.isAfter(time)
        {
            return nil
        }
        if stop.status == .unsubscribed,
            reason.text(in: fields).map(folded) == folded(SendDecision.Reason.globalOptOut.rawValue)
        {
            stop.isGlobal = true
        }
        return stop
    }

    /// Refuses a row that says nothing: not to have stopped is no yes.
    private func requireYes(in fields: [String]) throws(InvalidRow) {
        var isSaid = given != nil || yesTime.cell(in: fields) != nil
        for cell in status.cells(in: fields) {
            let word = folded(cell.text)
            if PlainCSVFormat.undecided.contains(word) { continue }
            guard ListWords.statuses[word] != nil else {
                throw InvalidRow(
                    "\(cell.column): not subscribed, unsubscribed, bounced or complained, "
                        + "nor yes or no"
                )
            }
            isSaid = true
        }
        guard isSaid else {
            let name = status.name ?? yesTime.name ?? stops.name ?? "status"
            throw InvalidRow("\(name): the row says neither yes nor no")
        }
    }
}

/// True for the ways databases write that there is no value.
private func isNothing(_ text: String) -> Bool {
    text.utf8.count <= 4 && (text == "\\N" || text.lowercased() == "null")
}
