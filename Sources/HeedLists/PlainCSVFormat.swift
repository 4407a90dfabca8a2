// Any list with a header line, read by the names people give their columns.

import HeedConsent

/// Reads rows of a file whose columns have common names.
///
/// Where a row says two things, the one that stops mail counts: a column such as `opted_out`, or
/// the time of an opt-out that no later consent follows, outweighs the status.
package struct PlainCSVFormat: Sendable {
    /// The names an address column may have; the first one present is it.
    package static let addressNames = [
        "email", "e-mail", "email address", "email_address", "mail", "recipient", "address",
    ]

    private static let statusNames = [
        "status", "subscription_status", "subscribed", "opted_in", "opt_in", "optin", "consent",
    ]
    private static let stopNames = [
        "unsubscribed", "opted_out", "opt_out", "optout", "do_not_email", "blocklisted",
        "blacklisted",
    ]
    /// Times that only a yes has.
    private static let yesTimeNames = [
        "consented_at", "given_at", "opted_in_at", "confirmed_at", "subscribed_at",
    ]
    private static let consentTimeNames = yesTimeNames + ["created_at", "created"]
    private static let stopTimeNames = ["unsubscribed_at", "opted_out_at", "unsub_time"]
    private static let bounceTimeNames = ["bounced_at", "cleaned_at", "clean_time"]
    private static let complaintTimeNames = ["complained_at"]

    private static let words: [ImportRow.Status: Set<String>] = [
        .subscribed: [
            "subscribed", "subscribe", "active", "confirmed", "enabled", "granted", "opted_in",
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
    private static let yes: Set<String> = ["yes", "y", "true", "t", "on", "1"]
    private static let no: Set<String> = ["no", "n", "false", "f", "off", "0"]

    private let given: ImportRow.Status?
    private let address: ImportColumn
    private let status: ImportColumn
    private let yesTime: ImportColumn
    private let stop: ImportColumn
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
        status = columns.firstColumn(of: PlainCSVFormat.statusNames)
        stop = columns.column(PlainCSVFormat.stopNames)
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
        case .cleaned: return (stated, try bounceTime.time(in: fields))
        case .complained:
            let complainedAt = try complaintTime.time(in: fields)
            let stoppedAt = try stopTime.time(in: fields)
            return (stated, complainedAt ?? stoppedAt)
        case .unsubscribed: return (stated, try stopTime.time(in: fields))
        case .subscribed: return try consentOrStop(in: fields)
        }
    }

    private func consentOrStop(
        in fields: [String]
    ) throws(InvalidRow) -> (status: ImportRow.Status, at: Timestamp?) {
        let complainedAt = try complaintTime.time(in: fields)
        let stoppedAt = try stopTime.time(in: fields)
        let bouncedAt = try bounceTime.time(in: fields)
        // No consent that an import could carry lifts a complaint.
        if let complainedAt { return (.complained, complainedAt) }
        if try saysStop(fields) { return (.unsubscribed, stoppedAt) }
        let consentedAt = try consentTime.pastTime(in: fields)
        let stops: [(ImportRow.Status, Timestamp?)] = [
            (.unsubscribed, stoppedAt), (.cleaned, bouncedAt),
        ]
        for case (let status, let time?) in stops {
            if let consentedAt, consentedAt > time { continue }
            return (status, time)
        }
        return (.subscribed, consentedAt)
    }

    private func statedStatus(in fields: [String]) throws(InvalidRow) -> ImportRow.Status {
        guard let cell = status.cell(in: fields) else {
            // An empty cell in the column that says it is nobody's yes; a stop beside it counts.
            let isSaid = status.isAbsent || given != nil || saysAnything(fields)
            guard isSaid else {
                throw InvalidRow("\(status.name ?? "status"): it says neither yes nor no")
            }
            return .subscribed
        }
        let word = folded(cell.text)
        guard let status = PlainCSVFormat.words.first(where: { $0.value.contains(word) })?.key
        else {
            // A status nobody knows does not hide a plain opt-out beside it.
            if try saysStop(fields) { return .unsubscribed }
            throw InvalidRow(
                "\(cell.column): not subscribed, unsubscribed, bounced or complained, nor yes or no"
            )
        }
        return status
    }

    private func saysAnything(_ fields: [String]) -> Bool {
        [yesTime, stop, stopTime, bounceTime, complaintTime].contains {
            $0.cell(in: fields) != nil
        }
    }

    private func saysStop(_ fields: [String]) throws(InvalidRow) -> Bool {
        guard let cell = stop.cell(in: fields) else { return false }
        let word = folded(cell.text)
        if PlainCSVFormat.yes.contains(word) { return true }
        guard PlainCSVFormat.no.contains(word) else {
            throw InvalidRow("\(cell.column): neither yes nor no")
        }
        return false
    }
}

/// True for the ways databases write that there is no value.
private func isNothing(_ text: String) -> Bool {
    text.utf8.count <= 4 && (text == "\\N" || text.lowercased() == "null")
}
