// `heed audience`: everybody who may be written to now for a scope.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedExchange
import HeedServer

/// Writes the audience of a scope; the audit log keeps who did, when, and how many there were.
struct Audience: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write everybody who may be written to now for a scope.",
        discussion: """
            A row for each address, as CSV with a header line, or as NDJSON with --json. Counts, \
            position and until when it may be used come last. Somebody with two addresses has two \
            rows with one contact id.
            """
    )

    @OptionGroup var global: GlobalOptions
    @Option(help: "The scope.") var scope: String
    @Flag(help: "Give each their links and headers for one-click unsubscribing (RFC 8058).")
    var links = false
    @Option(name: .shortAndLong, help: "The file to write (default standard output).")
    var output: String?
    @Flag(help: "Print NDJSON, and the counts last.") var json = false
    @OptionGroup var progress: ProgressOptions

    func run() async throws {
        let settings = try await global.settings()
        if links { settings.noteLinksWithoutHTTPS() }
        let installation = try Installation(settings, opening: .existing)
        let wish: AudienceForm.Links = links ? .included : .none
        let exporter = try ListExporter(
            engine: installation.engine,
            audienceOf: scope,
            form: json
                ? .ndjson(wish, publicURL: settings.publicURL)
                : .csv(wish, publicURL: settings.publicURL),
            actor: Installation.actor
        )
        // A scope nobody knows is refused before a file is made.
        var run = try await exporter.begin()
        let file: FileHandle
        do {
            file = try output.map { try OutputFile.open($0, field: "output") } ?? .standardOutput
            var bar = ProgressBar(
                "audience",
                output == nil ? progress.besideRows : progress.drawing
            )
            defer { bar.giveWay() }
            while let text = try await run.next() {
                try OutputFile.write(text, to: file)
                let allowed = run.counts["allowed"] ?? 0
                bar.show(allowed, of: nil, detail: "\(allowed) allowed")
            }
            bar.finish("\(run.counts["allowed"] ?? 0) allowed")
        } catch {
            await run.breakOff()
            throw error
        }
        guard let summary = AudienceSummary(run) else { return }
        if json { return try OutputFile.write(summary.line(), to: file) }
        let parts = summary.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        Terminal.note(
            parts.isEmpty ? "nobody is known for \(scope)" : parts.joined(separator: ", ")
        )
        Terminal.note("valid until \(summary.validUntil), position \(summary.position)")
    }
}
