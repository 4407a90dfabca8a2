// The files of a Mailchimp audience export: subscribed, unsubscribed and cleaned.

import HeedConsent

/// Reads rows of one of Mailchimp's files; which one it is, its columns say.
package struct MailchimpFormat: Sendable {
    /// The columns that Mailchimp writes; two of them make a file Mailchimp's.
    private static let marks = [
        "MEMBER_RATING", "OPTIN_TIME", "CONFIRM_TIME", "LAST_CHANGED", "LEID", "EUID",
    ]
    /// One of these is enough, since a file of opt-outs must not pass for a list of subscribers.
    private static let stopMarks = ["UNSUB_TIME", "CLEAN_TIME"]
    /// A merge field may be called `Address` and hold a street, so that name is not among these.
    package static let addressNames = ["Email Address", "Email"]

    let kind: ImportRow.Status
    private let address: ImportColumn
    private let optinTime: ImportColumn
    private let optinIP: ImportColumn
    private let confirmTime: ImportColumn
    private let confirmIP: ImportColumn
    private let unsubTime: ImportColumn
    private let unsubReason: ImportColumn
    private let unsubReasonOther: ImportColumn
    private let cleanTime: ImportColumn
    private let country: ImportColumn
    private let region: ImportColumn

    /// Finds the columns; nil when there is none for the address.
    package init?(columns: ImportColumns) {
        address = columns.firstColumn(of: MailchimpFormat.addressNames)
        guard !address.isAbsent else { return nil }
        optinTime = columns.column(["OPTIN_TIME"])
        optinIP = columns.column(["OPTIN_IP"])
        confirmTime = columns.column(["CONFIRM_TIME"])
        confirmIP = columns.column(["CONFIRM_IP"])
        unsubTime = columns.column(["UNSUB_TIME"])
        unsubReason = columns.column(["UNSUB_REASON"])
        unsubReasonOther = columns.column(["UNSUB_REASON_OTHER"])
        cleanTime = columns.column(["CLEAN_TIME"])
        country = columns.column(["CC"])
        region = columns.column(["REGION"])
        kind =
            if !unsubTime.isAbsent { .unsubscribed } else if !cleanTime.isAbsent { .cleaned } else {
                .subscribed
            }
    }

    /// True when the columns are those of one of Mailchimp's files.
    package static func wrote(_ columns: ImportColumns) -> Bool {
        addressNames.contains(where: columns.contains)
            && (stopMarks.contains(where: columns.contains)
                || marks.filter(columns.contains).count >= 2)
    }

    /// True for the export's file of people who never opted in, by its name.
    package static func isOfNonSubscribed(_ fileName: String) -> Bool {
        letters(of: fileName).contains("nonsubscribed")
    }

    /// True for a file that its name says is of people who are on the list; what it says of others
    /// may be the rest of a file whose column of stops was cut off.
    static func isOfSubscribers(_ fileName: String) -> Bool {
        // As Mailchimp names it: any word before it may deny it.
        var name = letters(of: String(fileName.split(separator: "/").last ?? ""))
        if name.hasPrefix("mailchimp") { name.removeFirst("mailchimp".count) }
        return name.hasPrefix("subscribed") && !name.contains("unsubscribed")
            && !name.contains("cleaned")
    }

    /// Some write `non-subscribed`, some `nonsubscribed`.
    private static func letters(of fileName: String) -> String {
        fileName.lowercased().filter(\.isLetter)
    }

    /// Reads one record.
    package func row(_ record: CSVRecord) throws(InvalidRow) -> ImportRow {
        let fields = record.fields
        let address = try address.address(in: fields)
        let status = status(in: fields)
        var evidence = Evidence()
        var consentedAt: Timestamp?
        var stoppedAt: ListTime?
        switch status {
        case .subscribed:
            consentedAt = try consent(in: fields, evidence: &evidence)
        case .unsubscribed, .complained:
            stoppedAt = unsubTime.latestTime(in: fields)
            evidence.statement = unsubReasonOther.text(in: fields)
                .map { cut($0, toBytes: 2000) }
        case .cleaned: stoppedAt = cleanTime.latestTime(in: fields)
        }
        let row = ImportRow(
            line: record.line,
            address: address,
            status: status,
            decidedAt: consentedAt,
            evidence: evidence,
            region: region(in: fields)
        )
        return status == .subscribed ? row : row.stopped(at: stoppedAt)
    }

    private func status(in fields: [String]) -> ImportRow.Status {
        guard kind == .unsubscribed else { return kind }
        let reason = unsubReason.text(in: fields).map(folded)
        return reason == "spam" ? .complained : .unsubscribed
    }

    private func consent(
        in fields: [String],
        evidence: inout Evidence
    ) throws(InvalidRow) -> Timestamp? {
        let requestedAt = try optinTime.pastTime(in: fields)
        let confirmedAt = try confirmTime.pastTime(in: fields)
        evidence.requestedAt = requestedAt?.text
        evidence.requestedIP = optinIP.text(in: fields, atMost: 64)
        evidence.confirmedAt = confirmedAt?.text
        evidence.confirmedIP = confirmIP.text(in: fields, atMost: 64)
        evidence.ip = evidence.confirmedIP ?? evidence.requestedIP
        return confirmedAt ?? requestedAt
    }

    /// `US-CA` in the United States, where the law differs by state; the country elsewhere.
    private func region(in fields: [String]) -> String? {
        guard let country = country.text(in: fields)?.uppercased(), isTwoLetters(country) else {
            return nil
        }
        guard country == "US", let state = region.text(in: fields)?.uppercased(),
            isTwoLetters(state)
        else { return country }
        return "\(country)-\(state)"
    }
}

private func isTwoLetters(_ text: String) -> Bool {
    text.utf8.count == 2
        && text.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
}
