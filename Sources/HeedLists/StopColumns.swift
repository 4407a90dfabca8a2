// Every column of a list that may speak of a stop, whatever program wrote it.

import HeedConsent

/// Finds the stop that a row tells in any of its columns, a program's own among them.
///
/// A format reads its own columns by its own words; a yes that comes of it is looked at once more
/// here, so that no stop beside it is overlooked: under a name like `Do not contact` or
/// `Unsubscribe date`, in the second of two columns of one name, or as a date where others write
/// yes.
struct StopColumns: Sendable {
    /// A stop, and when it was.
    struct Stop: Hashable, Sendable {
        var status: ImportRow.Status
        /// When it was said; nil where nobody can tell.
        var time: ListTime?
        /// True when times alone tell it, which a later yes may follow.
        var isTold: Bool
        /// True when it is meant for everything.
        var isGlobal = false
    }

    private enum Kind: Sendable {
        /// Its words say where somebody stands.
        case status
        /// So do they, but only those that nobody can mistake count.
        case word
        /// What somebody chose of a topic of SES.
        case topic
        /// It says whether, or since when, this is so.
        case fact(ImportRow.Status, isTime: Bool, isGlobal: Bool)
    }

    private let columns: [(column: ImportColumn, kind: Kind)]

    /// Finds them; what people chose of `topic` stands in a column of its own with SES.
    init(_ columns: ImportColumns, topic: String = "") {
        var found: [(ImportColumn, Kind)] = []
        for name in Set(columns.names.map(folded)).sorted() {
            let isTopic = name == "topicpreferences" || name == "topicpreferences." + folded(topic)
            if let kind = isTopic ? .topic : StopColumns.kind(of: name) {
                found.append((columns.column([name]), kind))
            }
        }
        self.columns = found
    }

    /// True when the columns may tell a stop.
    var isEmpty: Bool { columns.isEmpty }

    /// The first such column's name.
    var name: String? { columns.first?.column.name }

    /// The stop of a row; nil when no column tells one.
    ///
    /// - Throws: `InvalidRow` when a column says what nobody can read, and none tells a stop.
    func stop(in fields: [String]) throws(InvalidRow) -> Stop? {
        var stops: [Stop] = []
        var unreadable: String?
        for (column, kind) in columns {
            for cell in column.cells(in: fields) {
                switch StopColumns.reading(of: cell.text, kind) {
                case .stop(let stop): stops.append(stop)
                case .nothing: break
                case .unreadable:
                    unreadable = unreadable ?? "\(cell.column): neither yes nor no, nor a time"
                }
            }
        }
        guard
            let first = StopColumns.order.lazy.compactMap({ status in
                stops.first { $0.status == status }
            }).first
        else {
            if let unreadable { throw InvalidRow(unreadable) }
            return nil
        }
        var stop = first
        // Who complained without a time of its own left by that.
        let statuses = [first.status] + (first.status == .complained ? [.unsubscribed] : [])
        let times = statuses.lazy.map { status in
            stops.filter { $0.status == status }.compactMap(\.time)
        }
        stop.time = times.first { !$0.isEmpty }?.max { $0.latest < $1.latest }
        stop.isTold = stops.contains(where: \.isTold)
        stop.isGlobal = stops.contains(where: \.isGlobal)
        return stop
    }

    /// True when the row ends before one of the columns, so that nobody knows what stood there.
    func isCutOff(in fields: [String]) -> Bool {
        columns.contains { $0.column.isCutOff(in: fields) }
    }

    private enum Reading {
        case stop(Stop)
        case nothing
        case unreadable
    }

    /// True for the ways to write that there was no stop.
    static func isNothing(_ text: String) -> Bool {
        let word = folded(text)
        return nothing.contains(word) || text.contains("://") || word.hasPrefix("0000_00_00")
            || Double(word) == 0
    }

    private static func reading(of text: String, _ kind: Kind) -> Reading {
        let word = folded(text)
        switch kind {
        case .topic:
            guard word.contains("opt_out") else { return .nothing }
            return .stop(Stop(status: .unsubscribed, time: nil, isTold: true))
        case .word:
            return ListWords.no.contains(word) ? .nothing : reading(of: text, .status)
        case .status:
            guard let said = ListWords.statuses[word], said != .subscribed else { return .nothing }
            return .stop(Stop(status: said, time: nil, isTold: true))
        case .fact(let status, let isTime, let isGlobal):
            if isNothing(text) { return .nothing }
            // Codes for why, and counts, are greater than nothing.
            let isNumber = word.utf8.count <= 3 && Double(word).map { $0 > 0 } ?? false
            if ListWords.yes.contains(word) || word == "x" || isNumber {
                return .stop(Stop(status: status, time: nil, isTold: true, isGlobal: isGlobal))
            }
            if let time = ListTime(text) {
                return .stop(Stop(status: status, time: time, isTold: false, isGlobal: isGlobal))
            }
            if let said = ListWords.statuses[word] {
                guard said != .subscribed else { return .nothing }
                return .stop(Stop(status: said, time: nil, isTold: true, isGlobal: isGlobal))
            }
            // A stop is never turned away, so a time nobody can read is an unknown one.
            guard isTime else { return .unreadable }
            return .stop(Stop(status: status, time: nil, isTold: true, isGlobal: isGlobal))
        }
    }

    /// What counts first where a row says several things.
    private static let order = [ImportRow.Status.complained, .unsubscribed, .cleaned]
    private static let nothing = ListWords.no.union([
        "never", "none", "nil", "null", "\\n", "n/a", "na", "_", "soft", "soft_bounce",
    ])

    /// What a column tells by its name.
    private static func kind(of name: String) -> Kind? {
        if ListWords.statusNames.contains(name) { return .status }
        // Words run together as well as apart.
        let flat = name.filter { $0.isLetter || $0.isNumber }
        let said = { (words: [String]) in words.contains(where: flat.contains) }
        // What mail merges carry along, and figures.
        let aside = ["_url", "_link", "_token", "_hash", "_code", "_count", "_rate", "_score"]
        guard !aside.contains(where: name.hasSuffix) else { return nil }
        let isTime = ["_at", "_time", "_on", "date"].contains(where: name.hasSuffix)
        if said(["complain", "abuse"]) || said(["spam"]) && !said(["anti"]) {
            return .fact(.complained, isTime: isTime, isGlobal: false)
        }
        let stops = [
            "unsub", "optout", "optedout", "optingout", "optsout", "donot", "blocklist", "blocked",
            "blacklist", "suppress", "withdraw", "withdrew", "revoked",
        ]
        if said(stops) || flat.hasPrefix("dont") || ["dnc", "dne", "dnm"].contains(flat) {
            return .fact(.unsubscribed, isTime: isTime, isGlobal: name.contains("_all"))
        }
        if bounces.contains(flat) { return .fact(.cleaned, isTime: isTime, isGlobal: false) }
        let isWord = said(["status"]) || ["state", "subscription"].contains(flat)
        return isWord ? .word : nil
    }

    /// By their whole names: what else bounced may pass.
    private static let bounces: Set<String> = [
        "bounce", "bounced", "hardbounced", "isbounced", "hasbounced", "hardbounce", "bouncedat",
        "bouncedon", "bouncedate", "cleaned", "cleanedat", "cleantime", "undeliverable",
        "unreachable",
    ]
}

/// The words of common lists.
enum ListWords {
    /// Columns whose words say where somebody stands.
    static let statusNames = [
        "status", "subscription_status", "subscribed", "opted_in", "opt_in", "optin", "consent",
        "accepts_marketing", "accepts_email_marketing",
    ]
    static let yes: Set<String> = ["yes", "y", "true", "t", "on", "1"]
    static let no: Set<String> = ["no", "n", "false", "f", "off", "0"]
    /// What the words of such a column mean.
    static let statuses: [String: ImportRow.Status] = {
        let words: [ImportRow.Status: Set<String>] = [
            .subscribed: yes.union([
                "subscribed", "subscribe", "active", "confirmed", "granted", "opted_in",
                "opt_in", "optin", "consented",
            ]),
            .unsubscribed: no.union([
                "unsubscribed", "unsubscribe", "opted_out", "opt_out", "optout", "withdrawn",
                "blocklisted", "blacklisted", "suppressed",
            ]),
            .cleaned: [
                "bounced", "bounce", "cleaned", "unreachable", "hard_bounce", "hard_bounced",
                "hard", "undeliverable",
            ],
            .complained: ["complained", "complaint", "spam", "abuse"],
        ]
        return Dictionary(
            uniqueKeysWithValues: words.flatMap { status, words in words.map { ($0, status) } }
        )
    }()
}
