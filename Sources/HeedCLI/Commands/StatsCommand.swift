// `heed stats`: what became of messages, in counts and rates that an erasure does not change.

import ArgumentParser
import HeedConsent
import HeedEngine
import HeedServer

/// Counts and rates.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count what became of messages: sent, delivered, opened, bounced, and so on.",
        discussion: """
            The table counts people, once for one message (unique); --json has beside it every
            event (total), also a second opening and what nobody known is about. Rates are made of
            unique numbers:
            delivered and bounced of sent; opened, clicked, complained and unsubscribed of
            delivered. Each event counts in the period it happened in.
            """
    )
    @OptionGroup var global: GlobalOptions
    @Option(help: "From this time or date on; twelve periods back unless said.") var from: String?
    @Option(help: "Up to before this time or date; now unless said.") var to: String?
    @Option(help: "How it is divided: day, week, month.") var period = "month"
    @Option(help: "Only this campaign.") var campaign: String?
    @Option(help: "Only this scope.") var scope: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let period = try ReportSpan.period(period)
        let filter = ActivityStatistics.Filter(
            from: try ReportSpan.time(from, "from"),
            to: try ReportSpan.time(to, "to"),
            campaign: campaign,
            scope: try scope.map { text throws(Refusal) in try ScopeName(text) }
        )
        let installation = try Installation(await global.settings(), opening: .existing)
        let report = try await installation.engine.ask(ActivityStatistics(filter, by: period))
        if json {
            try Terminal.print(json: StatisticsAnswer(report))
        } else {
            StatsCommand.print(report)
        }
        try installation.close()
    }

    private static func print(_ report: ActivityStatistics.Report) {
        let rows = report.rows.map { row in
            [row.span.from.text, row.campaign ?? "-", row.scope ?? "-"] + columns(row.counts)
        }
        Terminal.print(
            table: rows + [["total", "", ""] + columns(report.total)],
            headings: [
                "FROM", "CAMPAIGN", "SCOPE", "SENT", "DELIVERED", "OPENED", "CLICKED", "BOUNCED",
                "COMPLAINED", "UNSUBSCRIBED", "DELIVERY", "OPEN", "CLICK",
            ]
        )
        Swift.print(
            "Numbers are people, once for one message (unique); --json has every event (total)."
        )
    }

    /// Unique numbers, and the rates people ask for first.
    private static func columns(_ counts: ActivityCounts) -> [String] {
        let kinds: [ActivityKind] = [.sent, .delivered, .opened, .clicked]
        let bounced = counts[.hardBounced].unique + counts[.softBounced].unique
        let rates: [ActivityCounts.Rate] = [.delivery, .open, .click]
        return kinds.map { String(counts[$0].unique) } + [
            String(bounced), String(counts[.complained].unique),
            String(counts[.unsubscribed].unique),
        ] + rates.map { counts[$0].map(percent) ?? "-" }
    }

    private static func percent(_ rate: Double) -> String {
        "\((rate * 1000).rounded() / 10) %"
    }
}
