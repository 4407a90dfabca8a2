// `heed audit`: the twenty properties of an installation, tried on the installation itself.

import ArgumentParser
import Foundation
import HeedAudit
import HeedConsent
import HeedStore

/// Runs the compliance audit.
///
/// Exit code 0 when all pass, 1 when one does not, 2 when it could not be done.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Audit this installation by twenty checks; exit 1 when one fails.",
        discussion: """
            Tries forbidden statements, walks a synthetic person from a yes to their erasure, reads
            query plans and the schema, verifies the log and measures how long opt-outs take. What
            it tries is rolled back, so it leaves nothing, tells no other system and runs beside a
            server. docs/operations/audit.md says what each check does and does not prove.
            """
    )

    @OptionGroup var global: GlobalOptions
    @OptionGroup var progress: ProgressOptions

    @Option(help: "Run only the check with this id; may be repeated.")
    var only: [String] = []

    @Flag(help: "Print JSON.") var json = false

    @Flag(help: "Print a page of HTML.") var html = false

    @Option(name: .shortAndLong, help: "Write to this file instead of to the terminal.")
    var output: String?

    @Flag(help: "Write over a file that is there.") var force = false

    @Option(help: "A signed checkpoint kept elsewhere; may be repeated.")
    var checkpoint: [String] = []

    @Option(help: "A folder of such checkpoints, in files ending in .checkpoint.")
    var checkpointArchive: String?

    @Option(help: "The public key (vkey) the log is known by, if not the database's own word.")
    var key: String?

    func validate() throws {
        guard !(json && html) else { throw ValidationError("json, html: give one of the two") }
    }

    func run() async throws {
        let checks = try ComplianceAudit.checks(named: only)
        if let output, !force { try OutputFile.refuseFile(at: output, field: "output") }
        let settings = try await global.settings()
        var terms = AuditTerms(retention: settings.retention, rules: settings.alerts.rules)
        terms.logKey = key
        terms.outside = try Verify.outside(files: checkpoint, archive: checkpointArchive)
        let installation = try Installation(settings, opening: .existing)
        var bar = ProgressBar("verifying", progress.drawing)
        let audit = ComplianceAudit(engine: installation.engine, terms: terms)
        let report = try await audit.run(checks) { progress in
            bar.show(progress.done, of: progress.total, detail: progress.pass.rawValue)
        }
        bar.finish()
        try installation.close()
        try write(try text(of: report))
        if !report.passes { throw ExitCode(1) }
    }

    private func text(of report: ComplianceAudit.Report) throws -> String {
        if json { return try Terminal.json(AuditAnswer(report, version: Heed.version)) + "\n" }
        if html { return report.html(version: Heed.version) }
        return AuditCommand.table(report)
    }

    private func write(_ text: String) throws {
        guard let output else { return print(text, terminator: "") }
        let file = try OutputFile.open(output, field: "output")
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    /// A line for each check, and under it what was seen and what to do.
    static func table(_ report: ComplianceAudit.Report) -> String {
        let rows = report.results.map { result in
            [result.passes ? "pass" : "FAIL", result.check.severity.rawValue, result.check.id]
        }
        let lines = Terminal.lines(table: rows, headings: ["result", "severity", "check"])
        var text = lines[0] + "\n"
        for (line, result) in zip(lines.dropFirst(), report.results) {
            text += line + "\n"
            for fault in result.faults { text += "      wrong: \(fault)\n" }
            if !result.passes { text += "      to do: \(result.check.remedy)\n" }
            for fact in result.evidence { text += "      \(fact)\n" }
        }
        return text + "\(report.passed) of \(report.results.count) checks pass\n"
    }
}
