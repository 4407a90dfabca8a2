// `heed windows`: how long each opt-out took to hold and to reach every system, and by when it had
// to.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedEvidence
import HeedServer

/// Windows, as a table, as a list of every opt-out, and as a page.
struct WindowsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "windows",
        abstract:
            "Report how long opt-outs took to be honoured everywhere, against their deadlines.",
        discussion: """
            The table has a line for each period and regime: how many opt-outs were requested, are
            completed, have ended without the confirmation of a system that was removed before it,
            have their deadline near, are past it, and within what time half, 99 of a hundred and
            all of the completed were confirmed by every system. What imported lists bring was
            said elsewhere and is counted apart. --csv writes a line for each opt-out
            and connector, --html a page with a plot of the times; a file named - is standard
            output, in place of the table. Of the time until an opt-out holds here nothing is left
            to measure but what another system told late: the guard refuses from the commit that
            is acknowledged.
            """
    )
    @OptionGroup var global: GlobalOptions
    @Option(help: "From this time or date on; twelve periods back unless said.") var from: String?
    @Option(help: "Up to before this time or date; now unless said.") var to: String?
    @Option(help: "How the table is divided: day, week, month.") var period = "month"
    @Option(help: "Write every opt-out to this file as CSV.") var csv: String?
    @Option(help: "Write a page with a plot to this file.") var html: String?
    @Flag(help: "Write over files that are there.") var force = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard [csv == "-", html == "-", json].filter(\.self).count <= 1 else {
            throw ValidationError(
                "only one of --csv -, --html - and --json goes to standard output"
            )
        }
    }

    func run() async throws {
        let period = try ReportSpan.period(period)
        let settings = try await global.settings()
        let question = Windows(
            from: try ReportSpan.time(from, "from"),
            to: try ReportSpan.time(to, "to"),
            by: period,
            nearSeconds: settings.serverOptions.nearDeadlineSeconds
        )
        let installation = try Installation(settings, opening: .existing)
        let report = try await installation.engine.ask(question)
        if csv != nil || html != nil {
            let sheet = try csv.map { try open($0, field: "csv") }
            let page = try html.map { try open($0, field: "html") }
            let spread = try await gather(report, from: installation.engine, into: sheet)
            let text = WindowPage(
                from: report.from,
                to: report.to,
                madeAt: report.now,
                spread
            ).html
            try page?.write(contentsOf: Data(text.utf8))
        }
        try installation.close()
        if json {
            try Terminal.print(json: WindowsAnswer(report, by: period))
        } else if csv != "-", html != "-" {
            WindowsCommand.print(report)
        }
    }

    private func open(_ path: String, field: String) throws -> FileHandle {
        path == "-"
            ? .standardOutput : try OutputFile.open(path, field: field, replacing: force)
    }

    /// Reads every opt-out, page by page, so that memory holds 8 bytes for each time.
    private func gather(
        _ report: Windows.Report,
        from engine: Engine,
        into sheet: FileHandle?
    ) async throws -> WindowSpread {
        var spread = WindowSpread()
        try sheet?.write(contentsOf: Data(WindowSheet.header.utf8))
        var last: OptOutHonour?
        while true {
            let question = HonouredOptOuts(from: report.from, to: report.to, after: last)
            let page = try await engine.ask(question)
            guard let end = page.last else { return spread }
            var lines: [String] = []
            for honour in page {
                spread.add(honour)
                lines += WindowSheet.lines(honour)
            }
            try sheet?.write(contentsOf: Data(lines.joined().utf8))
            last = end
        }
    }

    private static func print(_ report: Windows.Report) {
        let rows = report.windows.map { window in
            [
                String(window.span.from.text.prefix(10)), window.regime, String(window.count),
                String(window.completed), String(window.ended), String(window.nearDeadline),
                String(window.pastDeadline),
            ]
                + [window.quantiles?.p50, window.quantiles?.p99, window.quantiles?.max].map {
                    $0.map(WindowPage.duration) ?? ""
                }
        }
        Terminal.print(
            table: rows,
            headings: [
                "from", "regime", "opt-outs", "completed", "ended", "near", "past", "half", "99 %",
                "all",
            ]
        )
        if report.imported > 0 {
            Terminal.note(
                "\(report.imported) more came with imported lists: they were said elsewhere, "
                    + "before Heed knew of them; --csv has them"
            )
        }
    }
}
