// `heed list export`: who stands where with a scope, as a file of another program.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedExchange

/// Lists as they go out.
struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Hand a scope's list to another program.",
        subcommands: [ListExportCommand.self]
    )
}

/// Exports a list; the audit log keeps who did, when, and how many rows left.
struct ListExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write every contact known for a scope, with where they stand.",
        discussion: """
            Formats are those `heed import` reads. A format that has no place for somebody, such \
            as a list of bounces for a subscriber, leaves them out and the counts say so. Programs \
            with a file for each status are told which by --status.
            """
    )

    @OptionGroup var global: GlobalOptions
    @Option(help: "The scope.") var scope: String
    @Option(help: "The program the list is for.") var format = "csv"
    @Option(help: "Only these: subscribed, pending, unsubscribed, complained, cleaned.")
    var status: String?
    @Option(name: .shortAndLong, help: "The file to write (default standard output).")
    var output: String?
    @Flag(help: "Print the counts as JSON on standard error.") var json = false

    func run() async throws {
        let installation = try Installation(await global.settings(), opening: .existing)
        let exporter = try ListExporter(
            engine: installation.engine,
            scope: scope,
            format: (format, status),
            actor: Installation.actor
        )
        // A scope nobody knows is refused before a file is made.
        var run = try await exporter.begin()
        do {
            let file =
                try output.map { try OutputFile.open($0, field: "output") } ?? .standardOutput
            while let text = try await run.next() { try OutputFile.write(text, to: file) }
        } catch {
            await run.breakOff()
            throw error
        }
        let counts = run.counts
        if json { return Terminal.note(try Terminal.json(counts)) }
        let parts = counts.sorted { $0.key < $1.key }.map { name, count in
            "\(count) \(name == "leftOut" ? "left out" : name)"
        }
        Terminal.note(
            parts.isEmpty ? "nobody is known for \(scope)" : parts.joined(separator: ", ")
        )
    }
}
