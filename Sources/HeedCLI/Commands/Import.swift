// `heed import`: brings in the lists of other programs, and says what became of every row.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedExchange
import HeedLists

/// Imports, and what may be done about them afterwards.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import lists of other programs; an import never weakens an opt-out.",
        subcommands: [ImportFiles.self, ImportUndo.self],
        defaultSubcommand: ImportFiles.self
    )
}

/// Imports files.
///
/// Good rows go on, bad ones are listed with their line; running it again changes nothing.
struct ImportFiles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "files",
        abstract: "Import files; `heed import FILE …` is the same.",
        discussion: """
            Formats are told by their header lines: \
            \(ImportFormat.allCases.map(\.rawValue).joined(separator: ", ")). An archive as \
            Mailchimp exports it is read as it is. sendgrid needs --status, cloudflare has no \
            header line and is named by --format.
            """
    )

    @OptionGroup var global: GlobalOptions

    @Argument(help: "The files.") var files: [String]
    @Option(help: "The program that wrote them.") var format = ImportFormat.auto.rawValue
    @Option(help: "The scope the rows are about.") var scope: String
    @Option(help: "The registered policy version people agreed to.") var policy: String
    @Option(
        help: "What rows are that say nothing else: subscribed, unsubscribed, complained, cleaned."
    )
    var status: String?
    @Option(help: "Write the rows that were not taken, with line and reason, to this CSV file.")
    var rejected: String?
    @Option(help: "Go on with a batch that broke off; the files have to be the same.")
    var resume: String?
    @Flag(help: "Only count what would happen.") var dryRun = false
    @Flag(help: "Print the counts as JSON.") var json = false

    func run() async throws {
        let mode = try mode()
        let request = try ImportRequest(
            scope: scope,
            policyVersion: policy,
            format: format,
            status: status
        )
        let sources = try files.flatMap(ImportFiles.sources)
        let installation = try Installation(await global.settings(), opening: .existing)
        var importer = Importer(
            request,
            engine: installation.engine,
            mode: mode,
            actor: Installation.actor
        )
        let output = try rejected.map { try RejectedFile($0) }
        if let output { importer.onRejected = { try output.write($0) } }
        var bar = ProgressBar(dryRun ? "counting" : "importing")
        var named = false
        let report = try await namingOptions {
            try await importer.run(sources) { progress in
                if let batch = progress.batch, !named, Terminal.isWatched {
                    Terminal.note("batch \(batch.text); --resume \(batch.text) if it breaks off")
                    named = true
                }
                let detail = "\(progress.rows) rows, \(bar.rate(progress.rows)) a second"
                bar.show(progress.bytesDone, of: progress.bytesAll, detail: detail)
            }
        }
        bar.finish()
        if json {
            try Terminal.print(json: report)
        } else {
            ImportFiles.show(report, dryRun: dryRun)
        }
    }

    private func mode() throws(Refusal) -> Importer.Mode {
        guard let resume else { return dryRun ? .dryRun(nil) : .write }
        guard !dryRun else {
            throw Refusal(.conflict, field: "resume", "a dry run has nothing to go on with")
        }
        guard let batch = ImportID(text: resume) else {
            throw Refusal(.invalid, field: "resume", "this is not a batch's id")
        }
        return .resume(batch)
    }

    /// A file, or the lists in an archive.
    private static func sources(_ path: String) throws -> [ImportSource] {
        let (lists, passedOver) = try ImportSource.lists(inFile: path)
        for name in passedOver { Terminal.note("passed over: \(name)") }
        return lists
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
            ("refused", report.refused), ("invalid", report.invalidCount),
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
        if report.invalidCount > report.invalid.count {
            print("… and \(report.invalidCount - report.invalid.count) more; see --rejected FILE")
        }
        if !report.batch.isEmpty { print("batch \(report.batch)") }
    }
}

/// Undoes a batch.
struct ImportUndo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Take the consents of a batch back; its opt-outs stay, and no record is deleted."
    )
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The batch's id, as the import printed it.") var batch: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        guard let id = ImportID(text: batch) else {
            throw Refusal(.invalid, field: "batch", "this is not a batch's id")
        }
        let installation = try Installation(await global.settings(), opening: .existing)
        let undoing = ImportUndoing(engine: installation.engine, actor: Installation.actor)
        let report = try await undoing.run(id)
        if json { return try Terminal.print(json: report) }
        print("\(report.takenBack) consents taken back, \(report.changed) people changed by it")
        if report.optOutsKept > 0 {
            print("\(report.optOutsKept) opt-outs of the batch stay in force")
        }
    }
}

/// A CSV file with the rows that were not taken.
private final class RejectedFile: Sendable {
    private let file: FileHandle

    init(_ path: String) throws {
        file = try OutputFile.open(path, field: "rejected")
        try write(RejectedLine.names)
    }

    func write(_ line: RejectedLine) throws {
        try write(line.cells)
    }

    private func write(_ cells: [String]) throws {
        do {
            try file.write(contentsOf: Data((listLine(cells) + "\n").utf8))
        } catch {
            throw CommandError("rejected: the rows that were not taken cannot be written")
        }
    }
}
