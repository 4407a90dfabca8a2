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
        /// It says whether, or since when, this is so.
        case fact(ImportRow.Status, isTime: Bool, isGlobal: Bool)
    }

    private let columns: [(column: ImportColumn, kind: Kind)]

    init(_ columns: ImportColumns) {
        var found: [(ImportColumn, Kind)] = []
        for name in Set(columns.names.map(folded)).sorted() {
            if let kind = StopColumns.kind(of: name) {
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

    private static func reading(of text: String, _ kind: Kind) -> Reading {
        let word = folded(text)
        switch kind {
        case .status:
            guard let said = ListWords.statuses[word], said != .subscribed else { return .nothing }
            return .stop(Stop(status: said, time: nil, isTold: true))
        case .fact(let status, let isTime, let isGlobal):
            if nothing.contains(word) || text.contains("://") || word.hasPrefix("0000_00_00") {
                return .nothing
            }
            if ListWords.yes.contains(word) || word == "x" {
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
        let said = { (words: [String]) in words.contains(where: name.contains) }
        // What mail merges carry along, and figures.
        let aside = ["_url", "_link", "_token", "_hash", "_code", "_count", "_rate", "_score"]
        guard !aside.contains(where: name.hasSuffix) else { return nil }
        let isTime = ["_at", "_time", "_on", "date"].contains(where: name.hasSuffix)
        if said(["complain"]) || said(["spam"]) && !said(["anti"]) {
            return .fact(.complained, isTime: isTime, isGlobal: false)
        }
        let stops = [
            "unsub", "optout", "opt_out", "opted_out", "do_not_", "donot", "dont_", "blocklist",
            "blacklist", "suppress", "withdraw", "revoked",
        ]
        if said(stops) {
            return .fact(.unsubscribed, isTime: isTime, isGlobal: name.contains("_all"))
        }
        guard bounces.contains(name) else { return nil }
        return .fact(.cleaned, isTime: isTime, isGlobal: false)
    }

    /// By their whole names: what else bounced may pass.
    private static let bounces: Set<String> = [
        "bounced", "hard_bounced", "is_bounced", "has_bounced", "hard_bounce", "bounced_at",
        "cleaned", "cleaned_at", "clean_time", "undeliverable", "unreachable",
    ]
}

/// The words of common lists.
enum ListWords {
    /// Columns whose words say where somebody stands.
    static let statusNames = [
        "status", "subscription_status", "subscribed", "opted_in", "opt_in", "optin", "consent",
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
