// Files of other programs whose rows say by a word, or by being there, what became of an address.

import HeedConsent

/// Reads rows by a table: how a program's file is known, and what its words mean here.
struct SystemFormat: Sendable {
    /// Where a row says what it is about.
    enum Rule: Sendable {
        /// Every row says the same.
        case always(ImportRow.Status)
        /// Whoever imports the file has to say it.
        case given
        /// The first column of these that is not empty has one of these words.
        case words([String], [ImportRow.Status: Set<String>], otherwise: ImportRow.Status?)
        /// A row with one of these times is a stop, another one is what whoever imports it says.
        case times([String])
    }

    /// One kind of file.
    struct Layout: Sendable {
        let format: ImportFormat
        /// The columns that show it, all of them.
        let marks: [String]
        let address: [String]
        let status: Rule
        let consentTime: [String]
        let stopTime: [String]
        let externalID: [String]
        /// Words of rows that are passed over, and why.
        let passedOver: [String: String]
        /// Words that say neither yes nor no: such a row is what whoever imports it says.
        let undecided: Set<String>
        /// Whether a stop is from everything.
        let isGlobal: Bool
        /// The words of a stop from everything, and where they stand.
        let globalWords: (columns: [String], words: Set<String>)

        init(
            _ format: ImportFormat,
            marks: [String],
            address: [String],
            status: Rule,
            consentTime: [String] = [],
            stopTime: [String] = [],
            externalID: [String] = [],
            passedOver: [String: String] = [:],
            undecided: Set<String> = [],
            isGlobal: Bool = false,
            globalWords: (columns: [String], words: Set<String>) = ([], [])
        ) {
            self.format = format
            self.marks = marks
            self.address = address
            self.status = status
            self.consentTime = consentTime
            self.stopTime = stopTime
            self.externalID = externalID
            self.passedOver = passedOver
            self.undecided = undecided
            self.isGlobal = isGlobal
            self.globalWords = globalWords
        }

        /// True when the columns tell a yes from a no, so that nobody has to say what rows are.
        func saysWhatItIsOf(_ columns: ImportColumns) -> Bool {
            switch status {
            case .always: true
            case .given: false
            case .times(let names): names.contains(where: columns.contains)
            case .words(let names, _, otherwise: _):
                // Of several the first decides; where it is missing the next may say too little.
                undecided.isEmpty
                    ? names.contains(where: columns.contains)
                    : names.first.map(columns.contains) ?? false
            }
        }

        func isShown(by columns: ImportColumns) -> Bool {
            !marks.isEmpty && marks.allSatisfy(columns.contains)
        }
    }

    private let layout: Layout
    private let given: ImportRow.Status?
    private let address: ImportColumn
    private let word: ImportColumn
    private let consentTime: ImportColumn
    private let stopTime: ImportColumn
    private let externalID: ImportColumn
    private let global: ImportColumn

    /// Finds the columns; nil when there is none for the address.
    ///
    /// `given` is what rows are that say nothing else.
    init?(_ layout: Layout, columns: ImportColumns, given: ImportRow.Status? = nil) {
        self.layout = layout
        self.given = given
        address = columns.firstColumn(of: layout.address)
        guard !address.isAbsent else { return nil }
        switch layout.status {
        case .words(let names, _, otherwise: _), .times(let names): word = columns.column(names)
        case .always, .given: word = columns.column([])
        }
        consentTime = columns.column(layout.consentTime)
        stopTime = columns.column(layout.stopTime)
        externalID = columns.column(layout.externalID)
        global = columns.column(layout.globalWords.columns)
    }

    /// True when no row can say yes.
    var isListOfNo: Bool {
        switch layout.status {
        case .always(let status): status != .subscribed
        case .given, .times: false
        case .words(_, let words, let otherwise):
            words[.subscribed] == nil && layout.undecided.isEmpty && otherwise != .subscribed
        }
    }

    /// True for a list that may be of telephone numbers, as a provider of both has it.
    ///
    /// Its first row shows which.
    static func mayBeOfTelephones(_ columns: ImportColumns) -> Bool {
        ["to", "from", "reason", "scope"].allSatisfy(columns.contains)
            && !columns.contains("email")
    }

    /// Reads one record; one that is stopped by something else need not say what it is.
    func row(_ record: CSVRecord, isStopped: Bool = false) throws(InvalidRow) -> ImportRow {
        let address = try address.address(in: record.fields)
        let status: ImportRow.Status
        do throws(InvalidRow) {
            status = try self.status(in: record.fields)
        } catch {
            guard isStopped, !error.isPassedOver else { throw error }
            status = .subscribed
        }
        let isStop = isStopped || status != .subscribed || given.map { $0 != .subscribed } ?? false
        let consentedAt = isStop ? nil : try consentTime.pastTime(in: record.fields)
        var row = ImportRow(
            line: record.line,
            address: address,
            status: status,
            decidedAt: consentedAt,
            evidence: Evidence(),
            externalID: externalID.text(in: record.fields)
        )
        if isStop { row = row.stopped(at: stopTime.latestTime(in: record.fields)) }
        row.isGlobal =
            layout.isGlobal && status != .subscribed
            || global.cells(in: record.fields).contains {
                layout.globalWords.words.contains(folded($0.text))
            }
        return row
    }

    private func status(in fields: [String]) throws(InvalidRow) -> ImportRow.Status {
        switch layout.status {
        case .always(let status): return status
        case .given: return .subscribed
        case .times:
            if let cell = word.cell(in: fields), !StopColumns.isNothing(cell.text) {
                return .unsubscribed
            }
            return try unsaid(word.name ?? "status")
        case .words(_, let words, let otherwise):
            let name = word.name ?? "status"
            guard let cell = word.cell(in: fields) else {
                if let otherwise { return otherwise }
                return try unsaid(name)
            }
            let text = folded(cell.text)
            if layout.undecided.contains(text) { return try unsaid(cell.column) }
            if let reason = layout.passedOver[text] {
                throw InvalidRow(passingOver: "\(cell.column): \(reason)")
            }
            if let status = words.first(where: { $0.value.contains(text) })?.key { return status }
            if let otherwise, otherwise != .subscribed { return otherwise }
            let known = words.values.flatMap(\.self).sorted().joined(separator: ", ")
            throw InvalidRow("\(cell.column): not one of \(known)")
        }
    }
}

extension SystemFormat {
    /// What a row is that says nothing: what whoever imports it says, and nobody's guess.
    private func unsaid(_ name: String) throws(InvalidRow) -> ImportRow.Status {
        guard given == nil else { return .subscribed }
        throw InvalidRow("\(name): the row says neither that somebody joined nor left")
    }

    /// Every kind of file, those with more to know them by first.
    static let layouts: [Layout] = [
        // The first word decides; "disabled" is an operator's stop.
        Layout(
            .listmonk,
            marks: ["email", "status", "attribs"],
            address: ["email"],
            status: .words(
                ["subscription_status", "status"],
                [
                    .subscribed: ["confirmed"],
                    .unsubscribed: ["blocklisted", "disabled", "unsubscribed"],
                ],
                otherwise: nil
            ),
            consentTime: ["subscription_created_at", "created_at"],
            stopTime: ["subscription_updated_at", "updated_at"],
            externalID: ["uuid"],
            // It is on no list by that: its export has no state of a list.
            undecided: ["enabled"],
            globalWords: (["status"], ["blocklisted"])
        ),
        Layout(
            .listmonk,
            marks: ["email", "name", "attributes"],
            address: ["email"],
            status: .words(
                ["subscription_status", "status"],
                [
                    .subscribed: ["confirmed"],
                    .unsubscribed: ["blocklisted", "disabled", "unsubscribed"],
                ],
                otherwise: nil
            ),
            undecided: ["enabled"],
            globalWords: (["status"], ["blocklisted"])
        ),
        Layout(
            .keila,
            marks: ["email", "first name", "last name", "data"],
            address: ["email"],
            status: .words(
                ["status"],
                [
                    .subscribed: ["active"], .unsubscribed: ["unsubscribed"],
                    .cleaned: ["unreachable"],
                ],
                otherwise: nil
            ),
            externalID: ["external id"]
        ),
        Layout(
            .mandrill,
            marks: ["email", "reason", "detail", "last_event_at"],
            address: ["email"],
            status: .words(
                ["reason"],
                [
                    .cleaned: ["hard_bounce", "invalid"], .complained: ["spam"],
                    .unsubscribed: ["unsub", "custom", "rule"],
                ],
                otherwise: nil
            ),
            stopTime: ["last_event_at", "created_at"],
            passedOver: ["soft_bounce": "a soft bounce may pass and blocks nobody"]
        ),
        Layout(
            .mailgun,
            marks: ["address", "code", "error"],
            address: ["address"],
            status: .always(.cleaned),
            stopTime: ["created_at"]
        ),
        Layout(
            .mailgun,
            marks: ["address", "tags"],
            address: ["address"],
            status: .always(.unsubscribed),
            stopTime: ["created_at"],
            globalWords: (["tags", "tag"], ["*", "[\"*\"]", "['*']", "[*]"])
        ),
        Layout(
            .sparkpost,
            marks: ["recipient", "type", "source"],
            address: ["recipient"],
            status: .words(
                ["source"],
                [
                    .complained: ["spam_complaint"], .cleaned: ["bounce_rule"],
                    .unsubscribed: [
                        "list_unsubscribe", "unsubscribe_link", "manually_added", "compliance",
                    ],
                ],
                // Every entry stops mail, whatever its source is called.
                otherwise: .unsubscribed
            ),
            stopTime: ["updated", "created"]
        ),
        Layout(
            .ses,
            marks: ["emailaddress", "reason"],
            address: ["emailaddress"],
            status: .words(
                ["reason"],
                [.cleaned: ["bounce"], .complained: ["complaint"]],
                otherwise: nil
            ),
            stopTime: ["lastupdatetime"]
        ),
        // Of its topics nothing is read here: only its JSON says which columns they are.
        Layout(
            .ses,
            marks: ["emailaddress", "unsubscribeall"],
            address: ["emailaddress"],
            status: .words(["unsubscribeall"], [.unsubscribed: ["true"]], otherwise: nil),
            undecided: ["false"],
            isGlobal: true
        ),
        Layout(
            .telnyx,
            marks: ["to", "from", "reason", "source", "scope"],
            address: ["to"],
            status: .words(
                ["reason"],
                [
                    .cleaned: ["hard_bounce", "invalid"],
                    .complained: ["spam_complaint", "complaint", "complained", "spam"],
                    .unsubscribed: ["unsubscribe", "manual_block"],
                ],
                // Every entry stops mail, whatever its reason is called.
                otherwise: .unsubscribed
            ),
            stopTime: ["created_at", "updated_at"]
        ),
        Layout(
            .dittofeed,
            marks: ["email", "action"],
            address: ["email"],
            status: .words(
                ["action"],
                [.subscribed: ["subscribe"], .unsubscribed: ["unsubscribe"]],
                otherwise: nil
            ),
            externalID: ["id"]
        ),
        mautic(marks: ["donotemail"]),
        mautic(marks: ["do not contact"]),
        Layout(
            .mailup,
            marks: ["optout_date"],
            address: ["email", "e-mail"],
            status: .times(["optout_date"]),
            stopTime: ["optout_date"]
        ),
        Layout(
            .promio,
            marks: ["mail", "custid", "sourcetype"],
            address: ["mail"],
            status: .always(.unsubscribed),
            stopTime: ["ts"],
            externalID: ["custid"]
        ),
        Layout(
            .sendgrid,
            marks: [],
            address: ["email"],
            status: .given,
            consentTime: ["created", "created_at"],
            stopTime: ["created", "created_at"]
        ),
        Layout(
            .cloudflare,
            marks: [],
            address: ["email"],
            status: .always(.unsubscribed)
        ),
    ]

    /// Reasons are numbers: 1 left, 2 bounced, 3 stopped by hand; not to have left is no yes.
    private static func mautic(marks: [String]) -> Layout {
        Layout(
            .mautic,
            marks: ["email"] + marks,
            address: ["email"],
            status: .words(
                marks,
                [.unsubscribed: ["1", "3", "true", "yes"], .cleaned: ["2"]],
                otherwise: nil
            ),
            consentTime: ["date_added", "dateadded"],
            undecided: ["0", "false", "no"]
        )
    }
}
