// The files of other programs as lists go out: their header lines, and how they say where somebody
// stands.

package import HeedConsent

/// A file that goes out.
package struct ExportFormat: Sendable {
    /// The program it is for.
    package let format: ImportFormat
    /// Which of the program's files it is; nil when it has one for all.
    let file: ExportStatus?
    /// Who can be written down in it; all others are left out, and counted.
    package let statuses: Set<ExportStatus>
    private let columns: [String]
    private let delimiter: Character
    private let cells: @Sendable (ExportRow) -> [String]

    private init(
        _ format: ImportFormat,
        file: ExportStatus? = nil,
        _ statuses: Set<ExportStatus>,
        columns: [String],
        delimiter: Character = ",",
        cells: @escaping @Sendable (ExportRow) -> [String]
    ) {
        self.format = format
        self.file = file
        self.statuses = statuses
        self.columns = columns
        self.delimiter = delimiter
        self.cells = cells
    }

    /// The header line; empty for a file without one.
    package var header: String {
        columns.isEmpty ? "" : listLine(columns, delimiter: delimiter) + "\n"
    }

    /// A row with its line break; nil for somebody the file has no place for.
    package func line(_ row: ExportRow) -> String? {
        guard statuses.contains(row.status) else { return nil }
        return listLine(cells(row), delimiter: delimiter) + "\n"
    }

    /// The file of this name.
    ///
    /// A program with several files has one for each status; for others a status leaves the rest
    /// of the people out.
    package static func named(
        _ name: String,
        status: String?
    ) throws(Refusal) -> ExportFormat {
        let formats = all.filter { $0.format.rawValue == name }
        guard let first = formats.first else {
            let names = ImportFormat.allCases.filter { $0 != .auto }.map(\.rawValue)
            throw Refusal(
                .invalid,
                field: "format",
                "a format is one of: \(names.joined(separator: ", "))"
            )
        }
        let wanted = try status.map(ExportFormat.status)
        if first.file != nil {
            guard let format = formats.first(where: { $0.file == wanted }) else {
                let files = formats.compactMap { $0.file?.rawValue }.joined(separator: ", ")
                throw Refusal(
                    wanted == nil ? .missing : .invalid,
                    field: "status",
                    "\(name) has a file for each status: \(files)"
                )
            }
            return format
        }
        guard let wanted else { return first }
        guard first.statuses.contains(wanted) else {
            let words = first.statuses.map(\.rawValue).sorted().joined(separator: ", ")
            throw Refusal(.invalid, field: "status", "a list of \(name) holds only: \(words)")
        }
        return ExportFormat(
            first.format,
            [wanted],
            columns: first.columns,
            delimiter: first.delimiter,
            cells: first.cells
        )
    }

    private static func status(_ text: String) throws(Refusal) -> ExportStatus {
        guard let status = ExportStatus(rawValue: text) else {
            let words = ExportStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, field: "status", "a status is one of: \(words)")
        }
        return status
    }
}

extension ExportFormat {
    private static let stops: Set<ExportStatus> = [.unsubscribed, .complained, .cleaned]

    /// Every file there is.
    package static let all: [ExportFormat] =
        [csv, listmonk, keila, dittofeed, mautic, mailup, promio, cloudflare] + mailchimp + mailgun
        + [sparkpost, ses, mandrill, telnyx] + sendgrid

    private static let csv = ExportFormat(
        .csv,
        Set(ExportStatus.allCases),
        columns: [
            "email", "status", "reason", "consented_at", "unsubscribed_at", "complained_at",
            "bounced_at", "ip", "form_url", "locale", "region", "external_id",
        ]
    ) { row in
        let isYes = row.status == .subscribed
        return [
            row.address, row.status.rawValue, row.reason, row.time(if: .subscribed),
            row.time(if: .unsubscribed), row.time(if: .complained), row.time(if: .cleaned),
            isYes ? row.evidence.ip ?? "" : "", isYes ? row.evidence.formURL ?? "" : "",
            row.locale ?? "", row.region ?? "", row.externalID ?? "",
        ]
    }

    /// Mailchimp's audience export has a file for each; spam is a reason for having left.
    private static let mailchimp: [ExportFormat] = [
        ExportFormat(
            .mailchimp,
            file: .subscribed,
            [.subscribed],
            columns: [
                "Email Address", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP", "CC",
                "REGION",
            ]
        ) { row in
            let evidence = row.evidence
            let requestedAt = evidence.requestedAt.flatMap { Timestamp(text: $0) }
            return [
                row.address, requestedAt.map(plainText) ?? row.plainTime(if: .subscribed),
                evidence.requestedIP ?? "", row.plainTime(if: .subscribed),
                evidence.confirmedIP ?? evidence.ip ?? "",
            ] + place(row)
        },
        ExportFormat(
            .mailchimp,
            file: .unsubscribed,
            [.unsubscribed, .complained],
            columns: ["Email Address", "UNSUB_TIME", "UNSUB_REASON", "CC", "REGION"]
        ) { row in
            let reason = row.status == .complained ? "SPAM" : "NORMAL"
            return [row.address, row.plainTime(if: .unsubscribed, .complained), reason] + place(row)
        },
        ExportFormat(
            .mailchimp,
            file: .cleaned,
            [.cleaned],
            columns: ["Email Address", "CLEAN_TIME", "CC", "REGION"]
        ) { row in [row.address, row.plainTime(if: .cleaned)] + place(row) },
    ]

    /// The country, and the state where it has one.
    private static func place(_ row: ExportRow) -> [String] {
        let parts = (row.region ?? "").split(separator: "-", maxSplits: 1).map(String.init)
        return [parts.first ?? "", parts.count == 2 ? parts[1] : ""]
    }

    private static let listmonk = ExportFormat(
        .listmonk,
        Set(ExportStatus.allCases),
        columns: [
            "email", "name", "status", "attribs", "subscription_status",
            "subscription_created_at", "subscription_updated_at",
        ]
    ) { row in
        let isBlocked = row.status == .complained || row.status == .cleaned
        let state =
            switch row.status {
            case .subscribed: "confirmed"
            case .pending: "unconfirmed"
            case .unsubscribed, .complained, .cleaned: "unsubscribed"
            }
        return [
            row.address, "", isBlocked ? "blocklisted" : "enabled", "{}", state,
            row.time(if: .subscribed), row.time(if: .unsubscribed, .complained, .cleaned),
        ]
    }

    private static let keila = ExportFormat(
        .keila,
        stops.union([.subscribed]),
        columns: ["Email", "First name", "Last name", "Data", "Status", "External ID"]
    ) { row in
        let state =
            switch row.status {
            case .subscribed: "active"
            case .cleaned: "unreachable"
            default: "unsubscribed"
            }
        return [row.address, "", "", "", state, row.externalID ?? ""]
    }

    private static let dittofeed = ExportFormat(
        .dittofeed,
        stops.union([.subscribed]),
        columns: ["id", "email", "firstName", "lastName", "phone", "action"]
    ) { row in
        let action = row.status == .subscribed ? "subscribe" : "unsubscribe"
        return [row.externalID ?? "", row.address, "", "", "", action]
    }

    private static let mautic = ExportFormat(
        .mautic,
        stops.union([.subscribed]),
        columns: ["email", "doNotEmail", "date_added"]
    ) { row in
        let number = row.status == .subscribed ? "0" : row.status == .cleaned ? "2" : "1"
        return [row.address, number, row.plainTime(if: .subscribed)]
    }

    /// A row without a date would be a yes, so a stop whose time is unknown has the oldest.
    private static let mailup = ExportFormat(
        .mailup,
        stops.union([.subscribed]),
        columns: ["Email", "OptOut_Date"]
    ) { row in
        let oldest = plainText(Timestamp(seconds: 0))
        return [
            row.address, row.status == .subscribed ? "" : row.at.map(plainText) ?? oldest,
        ]
    }

    /// Source 17 is the header line for unsubscribing.
    private static let promio = ExportFormat(
        .promio,
        [.unsubscribed, .complained],
        columns: ["ts", "mail", "custID", "id", "sourceType"],
        delimiter: ";"
    ) { row in
        [
            row.plainTime(if: .unsubscribed, .complained), row.address, row.externalID ?? "", "",
            "17",
        ]
    }

    private static let cloudflare = ExportFormat(.cloudflare, stops, columns: []) { row in
        [row.address, "", ""]
    }

    private static let mailgun: [ExportFormat] = [
        ExportFormat(
            .mailgun,
            file: .unsubscribed,
            [.unsubscribed, .complained],
            columns: ["address", "tags", "created_at"]
        ) { row in [row.address, "*", row.at.map(mailText) ?? ""] },
        ExportFormat(
            .mailgun,
            file: .cleaned,
            [.cleaned],
            columns: ["address", "code", "error", "created_at"]
        ) { row in [row.address, "550", "", row.at.map(mailText) ?? ""] },
    ]

    private static let sparkpost = ExportFormat(
        .sparkpost,
        stops,
        columns: [
            "recipient", "type", "description", "source", "list_id", "created", "updated",
        ]
    ) { row in
        let source =
            switch row.status {
            case .complained: "Spam Complaint"
            case .cleaned: "Bounce Rule"
            default: "Manually Added"
            }
        let time = row.at?.text ?? ""
        return [row.address, "non_transactional", "", source, "", time, time]
    }

    private static let ses = ExportFormat(
        .ses,
        [.complained, .cleaned],
        columns: ["emailAddress", "reason", "lastUpdateTime"]
    ) { row in
        [row.address, row.status == .cleaned ? "BOUNCE" : "COMPLAINT", row.at?.text ?? ""]
    }

    private static let telnyx = ExportFormat(
        .telnyx,
        stops,
        columns: [
            "id", "to", "from", "reason", "source", "scope", "status", "created_at", "updated_at",
        ]
    ) { row in
        let reason =
            switch row.status {
            case .complained: "spam_complaint"
            case .cleaned: "hard_bounce"
            default: "unsubscribe"
            }
        let time = row.at?.text ?? ""
        return ["", row.address, "", reason, "import", "account", "active", time, time]
    }

    private static let mandrill = ExportFormat(
        .mandrill,
        stops,
        columns: [
            "email", "reason", "detail", "created_at", "expires_at", "last_event_at", "subaccount",
        ]
    ) { row in
        let reason =
            switch row.status {
            case .complained: "spam"
            case .cleaned: "hard-bounce"
            default: "unsub"
            }
        let time = row.at.map(plainText) ?? ""
        return [row.address, reason, "", time, "", time, ""]
    }

    /// SendGrid's lists say by what they are uploaded as what they are of.
    private static let sendgrid: [ExportFormat] =
        [ExportStatus.subscribed, .unsubscribed, .complained, .cleaned].map { status in
            ExportFormat(.sendgrid, file: status, [status], columns: ["email", "created"]) { row in
                [row.address, row.at.map { String($0.microseconds / 1_000_000) } ?? ""]
            }
        }
}
