// The windows of opt-outs as a page for people: how long they took, drawn, and which were late.

package import HeedConsent
import HeedEngine
import HeedRights

/// Writes HTML that stands alone, runs nothing and prints.
package struct WindowPage {
    private let from: Timestamp
    private let to: Timestamp
    private let madeAt: Timestamp
    private let spread: WindowSpread

    /// Takes the span, when it was made, and the times of the span.
    package init(from: Timestamp, to: Timestamp, madeAt: Timestamp, _ spread: WindowSpread) {
        self.from = from
        self.to = to
        self.madeAt = madeAt
        self.spread = spread
    }

    /// The page.
    package var html: String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <meta http-equiv="Content-Security-Policy" content="\(Markup.policy)">
        <title>How long opt-outs took</title>
        <style>\(Markup.style)
        svg { max-width: 100%; height: auto }
        svg text { fill: var(--ink); font: 12px system-ui, sans-serif }
        svg rect { fill: var(--act) }
        @media print { :root { --ink: #000000; --paper: #ffffff; --act: #444444 } }
        </style>
        </head>
        <body>
        <h1>How long opt-outs took</h1>
        <p>Requested from \(from.text) to before \(to.text) (UTC). Made \(madeAt.text).</p>
        \(summary)
        <h2>Until the last system had confirmed</h2>
        \(plot)
        <h2>By kind and system</h2>
        \(table)
        <h2>Past their deadline</h2>
        \(late)
        </body>
        </html>

        """
    }

    private var summary: String {
        guard spread.count > 0 else {
            return "<p>No opt-outs were requested in this time.</p>" + imported
        }
        let ended =
            spread.completed.ended == 0
            ? ""
            : "\(spread.completed.ended) over without the confirmation of a system that was "
                + "removed, "
        let confirmed = spread.completed.milliseconds.count
        return """
            <p>\(spread.count) opt-outs, \(confirmed) of them confirmed by every system, \
            \(ended)\(spread.completed.open) still on their way, \
            \(spread.lateCount) past their deadline. An opt-out holds here from its \
            acknowledgement on: no message is allowed while others are told.</p>\(imported)
            """
    }

    private var imported: String {
        guard spread.imported > 0 else { return "" }
        return
            "<p>\(spread.imported) more came with lists of other programs. They were said there, "
            + "before Heed knew of them, so nothing was measured; the CSV has their times.</p>"
    }

    // MARK: - The plot

    private static let width = 640
    private static let height = 220

    private var plot: String {
        let counts = spread.completed.counts
        let most = counts.max() ?? 0
        guard most > 0 else { return "<p>None was confirmed by every system.</p>" }
        let step = WindowPage.width / counts.count
        var marks = ""
        for (place, count) in counts.enumerated() {
            // What is there at all can be seen.
            let height = count == 0 ? 0 : max(2, count * 150 / most)
            let (x, y) = (place * step, 180 - height)
            let label = (place < counts.count - 1 ? "≤ " : "") + WindowSpread.bars[place].label
            marks += """
                <rect x="\(x + 6)" y="\(y)" width="\(step - 12)" height="\(height)"></rect>
                <text x="\(x + step / 2)" y="\(y - 6)" text-anchor="middle">\(count)</text>
                <text x="\(x + step / 2)" y="198" text-anchor="middle">\(label)</text>

                """
        }
        let words = zip(WindowSpread.bars, counts).filter { $0.1 > 0 }
            .map { "\($0.0.label): \($0.1)" }.joined(separator: ", ")
        return """
            <svg viewBox="0 0 \(WindowPage.width) \(WindowPage.height)" role="img" \
            aria-labelledby="plot-title plot-words">
            <title id="plot-title">Opt-outs by the time they took, each bar up to its label</title>
            <desc id="plot-words">\(Markup.escaped(words))</desc>
            \(marks)</svg>
            """
    }

    // MARK: - The tables

    private var table: String {
        var rows = [
            row("refused here", spread.effective),
            row("confirmed by every system", spread.completed),
        ]
        for (name, times) in spread.connectors.sorted(by: { $0.key < $1.key }) {
            rows.append(row("confirmed by \(name)", times))
        }
        return """
            <div class="rows"><table>
            <tr><th>from the request until</th><th>done</th><th>open</th><th>ended</th>\
            <th>half within</th>\
            <th>95 % within</th><th>99 % within</th><th>all within</th></tr>
            \(rows.joined(separator: "\n"))
            </table></div>
            """
    }

    private func row(_ name: String, _ times: WindowSpread.Times) -> String {
        let quantiles = times.quantiles([50, 95, 99, 100]).map { time in
            "<td>\(time.map(WindowPage.duration) ?? "")</td>"
        }
        return "<tr><td>\(Markup.escaped(name))</td><td>\(times.milliseconds.count)</td>"
            + "<td>\(times.open)</td><td>\(times.ended)</td>\(quantiles.joined())</tr>"
    }

    private var late: String {
        guard spread.lateCount > 0 else { return "<p>None.</p>" }
        let rows = spread.late.map { honour in
            let waiting = honour.targets.filter { !$0.state.isOver }.map(\.connector)
            let cells = [
                honour.id.text, honour.scope, honour.regime, honour.requestedAt.text,
                honour.deadlineAt.text, honour.completedAt?.text ?? "open",
                waiting.joined(separator: ", "),
            ]
            return "<tr>" + cells.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>"
        }
        let further = spread.lateCount - spread.late.count
        let rest = further > 0 ? "<p>And \(further) more; the CSV has all.</p>" : ""
        return """
            <div class="rows"><table>
            <tr><th>opt-out</th><th>scope</th><th>regime</th><th>requested</th><th>deadline</th>\
            <th>completed</th><th>waiting for</th></tr>
            \(rows.joined(separator: "\n"))
            </table></div>
            \(rest)
            """
    }

    /// Milliseconds as people say them.
    package static func duration(_ milliseconds: Int64) -> String {
        switch milliseconds {
        case ..<1000: "\(milliseconds) ms"
        case ..<60_000: "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s"
        case ..<3_600_000: "\(milliseconds / 60_000) min \(milliseconds / 1000 % 60) s"
        case ..<86_400_000: "\(milliseconds / 3_600_000) h \(milliseconds / 60_000 % 60) min"
        default: "\(milliseconds / 86_400_000) d \(milliseconds / 3_600_000 % 24) h"
        }
    }
}
