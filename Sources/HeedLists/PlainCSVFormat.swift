// Any list with a header line, read by the names people give their columns.

import HeedConsent

/// Reads rows of a file whose columns have common names.
///
/// Where a row says two things, the one that stops mail counts: any column such as `opted_out`, or
/// the time of an opt-out that no later consent follows, outweighs what else says yes. A row that
/// says nothing is nobody's consent.
package struct PlainCSVFormat: Sendable {
    /// The names an address column may have; the first one present is it.
    package static let addressNames = [
        "email", "e-mail", "email address", "email_address", "mail", "recipient", "address",
    ]

    private static let statusNames = [
        "status", "subscription_status", "subscribed", "opted_in", "opt_in", "optin", "consent",
    ]
    /// Words about an account, which say nothing about a list.
    private static let undecided: Set<String> = ["enabled"]
    private static let stopNames = [
        "unsubscribed", "opted_out", "opt_out", "optout", "do_not_email", "donotemail",
        "do_not_contact", "do_not_mail", "blocklisted", "blacklisted", "suppressed",
    ]
    private static let bounceNames = ["bounced", "hard_bounced", "is_bounced"]
    private static let complaintNames = ["complained", "marked_as_spam"]
    /// Times that only a yes has.
    private static let yesTimeNames = [
        "consented_at", "given_at", "opted_in_at", "confirmed_at", "subscribed_at",
    ]
    private static let consentTimeNames = yesTimeNames + ["created_at", "created"]
    private static let stopTimeNames = ["unsubscribed_at", "opted_out_at", "unsub_time"]
    private static let bounceTimeNames = ["bounced_at", "cleaned_at", "clean_time"]
    private static let complaintTimeNames = ["complained_at"]

    private static let wordsByStatus: [ImportRow.Status: Set<String>] = [
        .subscribed: [
            "subscribed", "subscribe", "active", "confirmed", "granted", "opted_in",
            "opt_in", "optin", "consented", "yes", "y", "true", "t", "on", "1",
        ],
        .unsubscribed: [
            "unsubscribed", "unsubscribe", "opted_out", "opt_out", "optout", "withdrawn",
            "blocklisted", "blacklisted", "suppressed", "no", "n", "false", "f", "off", "0",
        ],
        .cleaned: [
            "bounced", "bounce", "cleaned", "unreachable", "hard_bounce", "hard_bounced",
            "undeliverable",
        ],
        .complained: ["complained", "complaint", "spam", "abuse"],
    ]
    private static let words = Dictionary(
        uniqueKeysWithValues: wordsByStatus.flatMap { status, words in
            words.map { ($0, status) }
        }
    )
    /// What counts first where a row says several things.
    private static let stops = [ImportRow.Status.complained, .unsubscribed, .cleaned]
    private static let unknownWord =
        "not subscribed, unsubscribed, bounced or complained, nor yes or no"
    private static let yes: Set<String> = ["yes", "y", "true", "t", "on", "1"]
    private static let no: Set<String> = ["no", "n", "false", "f", "off", "0"]

    private let given: ImportRow.Status?
    private let address: ImportColumn
    private let status: ImportColumn
    private let yesTime: ImportColumn
    private let stop: ImportColumn
    /// Columns that say yes or no about one thing.
    private let flags: [(ImportColumn, ImportRow.Status)]
    private let consentTime: ImportColumn
    private let stopTime: ImportColumn
    private let bounceTime: ImportColumn
    private let complaintTime: ImportColumn
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
        status = columns.column(PlainCSVFormat.statusNames)
        stop = columns.column(PlainCSVFormat.stopNames)
        flags = [
            (stop, .unsubscribed), (columns.column(PlainCSVFormat.bounceNames), .cleaned),
            (columns.column(PlainCSVFormat.complaintNames), .complained),
        ]
        consentTime = columns.column(PlainCSVFormat.consentTimeNames)
        yesTime = columns.column(PlainCSVFormat.yesTimeNames)
        stopTime = columns.column(PlainCSVFormat.stopTimeNames)
        bounceTime = columns.column(PlainCSVFormat.bounceTimeNames)
        complaintTime = columns.column(PlainCSVFormat.complaintTimeNames)
        ip = columns.column(["ip", "optin_ip", "ip_address"])
        form = columns.column(["form_url", "source_url"])
        locale = columns.column(["locale", "language", "lang"])
        region = columns.column(["region", "country", "country_code", "cc"])
        externalID = columns.column(["external_id", "externalid", "id"])
        let telling = [
            status, stop, stopTime, bounceTime, complaintTime, yesTime,
        ]
        saysWhatItIsOf = telling.contains { !$0.isAbsent }
    }

    /// True when some column tells a yes from a stop; a bare list of addresses may be either.
    let saysWhatItIsOf: Bool

    /// Reads one record.
    package func row(_ record: CSVRecord) throws(InvalidRow) -> ImportRow {
        let fields = record.fields.map { isNothing($0) ? "" : $0 }
        let address = try address.address(in: fields)
        let (status, decidedAt) = try decision(in: fields)
        var evidence = Evidence()
        if status == .subscribed {
            evidence.ip = ip.text(in: fields, atMost: 64)
            evidence.formURL = form.text(in: fields, atMost: 2048)
        }
        return ImportRow(
            line: record.line,
            address: address,
            status: status,
            decidedAt: decidedAt,
            evidence: evidence,
            locale: locale.text(in: fields),
            region: region.text(in: fields),
            externalID: externalID.text(in: fields)
        )
    }

    private func decision(
        in fields: [String]
    ) throws(InvalidRow) -> (status: ImportRow.Status, at: Timestamp?) {
        let stated = try statedStatus(in: fields)
        switch stated {
        case .cleaned: return (.cleaned, try bounceTime.time(in: fields))
        case .complained:
            let complainedAt = try complaintTime.time(in: fields)
            let stoppedAt = try stopTime.time(in: fields)
            return (.complained, complainedAt ?? stoppedAt)
        case .unsubscribed: return (.unsubscribed, try stopTime.time(in: fields))
        case .subscribed, nil: return try consentOrStop(in: fields, saysYes: stated != nil)
        }
    }

    private func consentOrStop(
        in fields: [String],
        saysYes: Bool
    ) throws(InvalidRow) -> (status: ImportRow.Status, at: Timestamp?) {
        let complainedAt = try complaintTime.time(in: fields)
        let stoppedAt = try stopTime.time(in: fields)
        let bouncedAt = try bounceTime.time(in: fields)
        // No consent that an import could carry lifts a complaint.
        if let complainedAt { return (.complained, complainedAt) }
        let consentedAt = try consentTime.pastTime(in: fields)
        let stops: [(ImportRow.Status, Timestamp?)] = [
            (.unsubscribed, stoppedAt), (.cleaned, bouncedAt),
        ]
        for case (let status, let time?) in stops {
            if let consentedAt, consentedAt > time { continue }
            return (status, time)
        }
        let isSaid = saysYes || given != nil || yesTime.cell(in: fields) != nil
        guard isSaid else {
            let name = [status, stop, yesTime, stopTime, bounceTime].lazy.compactMap(\.name).first
            throw InvalidRow("\(name ?? "status"): the row says neither yes nor no")
        }
        return (.subscribed, consentedAt)
    }

    /// What the columns with a word say together.
    private func said(in fields: [String]) -> (statuses: Set<ImportRow.Status>, unknown: String?) {
        var said: Set<ImportRow.Status> = []
        var unknown: String?
        for cell in status.cells(in: fields) {
            let word = folded(cell.text)
            if PlainCSVFormat.undecided.contains(word) { continue }
            if let status = PlainCSVFormat.words[word] {
                said.insert(status)
            } else {
                unknown = unknown ?? "\(cell.column): \(PlainCSVFormat.unknownWord)"
            }
        }
        for (column, status) in flags where !column.isAbsent {
            for cell in column.cells(in: fields) {
                let word = folded(cell.text)
                if PlainCSVFormat.yes.contains(word) {
                    said.insert(status)
                } else if PlainCSVFormat.no.contains(word) {
                    // Not to have left is to be there; not to have bounced is nothing.
                    if status == .unsubscribed { said.insert(.subscribed) }
                } else if status == .unsubscribed {
                    unknown = unknown ?? "\(cell.column): neither yes nor no"
                }
            }
        }
        return (said, unknown)
    }

    /// What a row says; nil when it says nothing.
    private func statedStatus(in fields: [String]) throws(InvalidRow) -> ImportRow.Status? {
        let (said, unknown) = said(in: fields)
        // The one that stops mail counts, and none hides behind a word nobody knows.
        if let stop = PlainCSVFormat.stops.first(where: said.contains) { return stop }
        if let unknown { throw InvalidRow(unknown) }
        return said.first
    }

    /// The stop that these columns tell beside another program's own; nil for none.
    func stopBeside(_ fields: [String]) -> ImportRow.Status? {
        let fields = fields.map { isNothing($0) ? "" : $0 }
        let said = said(in: fields).statuses
        if let stop = PlainCSVFormat.stops.first(where: said.contains) { return stop }
        return stopTime.cell(in: fields) == nil ? nil : .unsubscribed
    }
}

/// True for the ways databases write that there is no value.
private func isNothing(_ text: String) -> Bool {
    text.utf8.count <= 4 && (text == "\\N" || text.lowercased() == "null")
}
