// `heed export`: everything that is known about one person, as an archive for them.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedRights
import HeedServer

/// Exports a person's data; the audit log keeps who did, when, and how many rows left.
struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write everything known about a person into an archive for them.",
        discussion: """
            The archive has data.json for programs, a table for each kind of data, and index.html \
            for the person, in their language. It answers a request for access (GDPR articles 15 \
            and 20, CCPA 1798.110); one that is open and verified is completed by it.
            """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "One of the person's addresses.") var address: String
    @Option(name: .shortAndLong, help: "The file to write, for its owner to read only.")
    var output: String
    @Flag(help: "Write over a file that is there.") var force = false
    @Option(help: "The language of the page in it (default the person's).") var language: String?
    @Flag(help: "Print the numbers of rows as JSON.") var json = false

    func run() async throws {
        let subject = Subject.address(try Address(email: address))
        // Before anything is written down about an export that is none.
        if !force { try OutputFile.refuseFile(at: output, field: "output") }
        let settings = try await global.settings()
        let languages = try PageLanguages(
            folder: settings.pagesFolder,
            fallback: settings.pagesLanguage
        )
        let installation = try Installation(settings, opening: .existing)
        let exporter = PersonExporter(
            engine: installation.engine,
            subject: subject,
            way: PersonExporter.Way(
                actor: Installation.actor,
                source: .commandLine,
                language: language
            ),
            terms: ExportTerms(settings.serverOptions, languages: languages)
        )
        // Somebody nobody knows is refused before a file is made.
        var run = try await exporter.begin().run()
        do {
            let file = try OutputFile.open(output, field: "output", replacing: force)
            while let bytes = try await run.next() { try Export.write(bytes, to: file) }
        } catch {
            await run.breakOff()
            throw error
        }
        if json {
            try Terminal.print(json: run.counts)
        } else {
            print("\(output): \(counted(run.counts.values.reduce(0, +), "row"))")
        }
        try installation.close()
    }

    private static func write(_ bytes: [UInt8], to file: FileHandle) throws {
        do {
            try file.write(contentsOf: Data(bytes))
        } catch {
            throw CommandError("output: the archive cannot be written")
        }
    }
}
