// `heed import`: brings in the lists of other programs, and says what became of every row.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine

/// Imports files.
///
/// Good rows go on, bad ones are listed with their line; running it again changes nothing.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import lists of other programs; an import never weakens an opt-out."
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The files.") var files: [String]
    @Option(help: "auto, mailchimp or csv.") var format = "auto"
    @Option(help: "The scope the rows are about.") var scope: String
    @Option(help: "The registered policy version people agreed to.") var policy: String
    @Flag(help: "Only count what would happen.") var dryRun = false
    @Flag(help: "Print the counts as JSON.") var json = false

    func run() async throws {
        guard let format = ImportFormat(rawValue: format) else {
            let formats = ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, field: "format", "a format is one of: \(formats)")
        }
        let sources = try files.map(Import.source)
        let installation = try Installation(await global.settings(), opening: .existing)
        let importer = Importer(
            engine: installation.engine,
            format: format,
            scope: try ScopeName(scope),
            policyVersion: policy,
            mode: dryRun ? .dryRun : .write,
            actor: Installation.actor
        )
        var bar = ProgressBar("importing")
        let report = try await namingOptions {
            try await importer.run(sources) { done, all in
                bar.show(done, of: all, detail: "\(done / 1024) of \(all / 1024) KiB")
            }
        }
        bar.finish()
        if json { try Terminal.print(json: report) } else { Import.show(report, dryRun: dryRun) }
    }

    /// A file as the importer reads it, 256 KiB at a time.
    static func source(_ path: String) throws -> ImportSource {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard let size = attributes?[.size] as? Int,
            attributes?[.type] as? FileAttributeType != .typeDirectory
        else { throw CommandError("file: \(path) cannot be read") }
        return ImportSource(name: URL(filePath: path).lastPathComponent, byteCount: size) {
            guard let file = FileHandle(forReadingAtPath: path) else {
                throw CommandError("file: \(path) cannot be read")
            }
            return {
                let data = try file.read(upToCount: 262_144)
                return data.flatMap { $0.isEmpty ? nil : Array($0) }
            }
        }
    }

    static func show(_ report: ImportReport, dryRun: Bool) {
        for file in report.files {
            print(
                "\(file.name): \(file.rows) rows, \(file.contacts) contacts, "
                    + "\(file.duplicates) duplicates, \(file.invalid) invalid"
            )
        }
        let counts: [(String, Int)] = [
            ("consent recorded", report.granted), ("opted out", report.optedOut),
            ("complaints", report.complaints), ("hard bounces", report.hardBounces),
            ("unchanged", report.unchanged), ("duplicates", report.duplicates),
            ("refused", report.refused), ("invalid", report.invalid.count),
        ]
        print(dryRun ? "would be, of \(report.rows) rows:" : "of \(report.rows) rows:")
        for (name, count) in counts {
            let number = String(count)
            print(String(repeating: " ", count: max(0, 9 - number.count)) + "\(number)  \(name)")
        }
        for (reason, count) in report.refusals.sorted(by: { $0.value > $1.value }) {
            print("refused \(count): \(reason)")
        }
        for line in report.invalid { print("\(line.file), line \(line.line): \(line.reason)") }
        if !report.batch.isEmpty { print("batch \(report.batch)") }
    }
}
