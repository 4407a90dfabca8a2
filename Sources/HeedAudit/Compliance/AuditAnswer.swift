// The forms of an audit's report for programs and for people who were not there.

import HeedConsent
import HeedEvidence
import HeedRights

/// The JSON form of a report.
public struct AuditAnswer: Encodable, Sendable {
    /// The form, for readers of later years.
    let format = "heed-audit-v1"
    let version: String
    let database: String
    let startedAt: String
    let finishedAt: String
    let passes: Bool
    let passed: Int
    let failed: Int
    let checks: [Entry]

    struct Entry: Encodable, Sendable {
        let id: String
        let severity: String
        let title: String
        let passes: Bool
        let evidence: [String]
        let faults: [String]
        /// What to do; nil where nothing is wrong.
        let toDo: String?
    }

    /// Takes a report, and the version of the program that made it.
    public init(_ report: ComplianceAudit.Report, version: String) {
        self.version = version
        database = report.database
        startedAt = report.startedAt.text
        finishedAt = report.finishedAt.text
        passes = report.passes
        passed = report.passed
        failed = report.results.count - report.passed
        checks = report.results.map { result in
            Entry(
                id: result.check.id,
                severity: result.check.severity.rawValue,
                title: result.check.title,
                passes: result.passes,
                evidence: result.evidence,
                faults: result.faults,
                toDo: result.passes ? nil : result.check.remedy
            )
        }
    }
}

extension ComplianceAudit.Report {
    /// The page: one file that loads nothing, with times that people read.
    public func html(version: String) -> String {
        EvidenceTimes.readable(in: page(version))
    }

    private func page(_ version: String) -> String {
        let rows = results.map(ComplianceAudit.Report.row).joined(separator: "\n")
        let verdict = "\(passed) of \(results.count) checks pass"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="\(Markup.policy)">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Heed audit: \(verdict)</title>
            <style>\(Markup.style)</style>
            </head>
            <body>
            <main>
            <h1>Audit of a Heed installation</h1>
            <p><strong>\(verdict)</strong>. From \(startedAt.text) to \(finishedAt.text), on \
            \(Markup.escaped(database)), by heed \(Markup.escaped(version)).</p>
            <div class="rows" role="region" tabindex="0" aria-label="Checks">
            <table>
            <thead><tr><th scope="col">Check</th><th scope="col">Severity</th>\
            <th scope="col">Result</th><th scope="col">Evidence</th></tr></thead>
            <tbody>
            \(rows)
            </tbody>
            </table>
            </div>
            <p>What was tried was tried in transactions that were rolled back. What each check \
            does, and what it does not prove, is in docs/operations/audit.md.</p>
            </main>
            </body>
            </html>

            """
    }

    private static func row(_ result: ComplianceAudit.Result) -> String {
        let check = result.check
        var parts: [String] = []
        if !result.faults.isEmpty { parts.append(list(result.faults, "Wrong")) }
        if !result.passes {
            parts.append("<p><strong>To do:</strong> \(Markup.escaped(check.remedy))</p>")
        }
        if !result.evidence.isEmpty { parts.append(list(result.evidence, "Seen")) }
        return "<tr><th scope=\"row\"><code>\(Markup.escaped(check.id))</code><br>"
            + "\(Markup.escaped(check.title))</th><td>\(check.severity.rawValue)</td>"
            + "<td>\(result.passes ? "pass" : "<strong>FAIL</strong>")</td>"
            + "<td>\(parts.joined())</td></tr>"
    }

    private static func list(_ facts: [String], _ heading: String) -> String {
        let items = facts.map { "<li>\(Markup.escaped($0))</li>" }.joined()
        return "<p>\(heading):</p><ul>\(items)</ul>"
    }
}
