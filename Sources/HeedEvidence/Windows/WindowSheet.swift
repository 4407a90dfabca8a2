// The windows of opt-outs as a table for spreadsheets: a line for each opt-out and connector.

import HeedConsent
package import HeedEngine
import HeedLists

/// Writes CSV (RFC 4180).
package enum WindowSheet {
    /// The header line.
    package static var header: String {
        line([
            "optOut", "scope", "source", "regime", "requestedAt", "effectiveAt", "effectiveMs",
            "deadlineAt", "completedAt", "completedMs", "late", "connector", "state", "attempts",
            "confirmedAt", "confirmedMs",
        ])
    }

    /// The lines of one opt-out; one without a connector where there was none to tell.
    package static func lines(_ honour: OptOutHonour) -> [String] {
        let first = [
            honour.id.text, honour.scope, honour.source, honour.regime, honour.requestedAt.text,
            honour.effectiveAt.text, String(honour.effectiveMilliseconds), honour.deadlineAt.text,
            honour.completedAt?.text ?? "", text(honour.completedMilliseconds),
            honour.isLate ? "yes" : "no",
        ]
        let targets = honour.targets
        guard !targets.isEmpty else { return [line(first + ["", "", "", "", ""])] }
        return targets.map { target in
            line(
                first + [
                    target.connector, target.state.rawValue, String(target.attempts),
                    target.confirmedAt?.text ?? "", text(target.confirmedMilliseconds),
                ]
            )
        }
    }

    private static func line(_ cells: [String]) -> String { csvLine(cells) + "\r\n" }

    private static func text(_ number: Int64?) -> String { number.map { String($0) } ?? "" }
}
