// `heed import`: brings in the lists of other programs, and says what became of every row.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedExchange
import HeedLists
import HeedServer
import Synchronization

/// Imports, and what may be done about them afterwards.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Import lists of other programs; an import never weakens an opt-out.",
        subcommands: [ImportFiles.self, ImportList.self, ImportUndo.self],
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
            Mailchimp exports it is read as it is, and so are a file that gzip packed and the JSON \
            that SES' API and command line print. sendgrid needs --status; a list of cloudflare \
            without all three fields has to be named by --format.
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
    @Option(help: "The topic people chose, where a list has topics (default: the scope's name).")
    var topic: String?
    @Option(help: "Write the rows that were not taken, with line and reason, to this CSV file.")
    var rejected: String?
    @Option(help: "Go on with a batch that broke off; the files have to be the same.")
    var resume: String?
    @OptionGroup var progress: ProgressOptions
    @Flag(help: "Only count what would happen.") var dryRun = false
    @Flag(help: "Print the counts as JSON.") var json = false

    func run() async throws {
        let mode = try mode()
        let request = try ImportRequest(
            scope: scope,
            policyVersion: policy,
            format: format,
            status: status,
            topic: topic
        )
        let sources = try files.flatMap(ImportFiles.sources)
        let installation = try Installation(await global.settings(), opening: .existing)
        var importer = Importer(
            request,
            engine: installation.engine,
            mode: mode,
            actor: Installation.actor
        )
        if let rejected {
            let output = RejectedFile(rejected)
            // A file of a batch that cannot go on is left as it is.
            if resume == nil { try output.open() }
            importer.onRejected = { try output.write($0) }
            importer.onRejectedBefore = { try output.write($0) }
        }
        importer.onBegun = { batch in
            guard let batch else { return }
            Terminal.note("batch \(batch.text); --resume \(batch.text) if it breaks off")
        }
        var bar = ProgressBar(dryRun ? "counting" : "importing", progress.drawing)
        let report = try await namingOptions {
            try await importer.run(sources) { state in
                let detail = "\(state.rows) rows, \(bar.rate(state.rows)) a second"
                bar.show(state.bytesDone, of: state.bytesAll, detail: detail)
            }
        }
        bar.finish()
        if json {
            try Terminal.print(json: report)
        } else {
            ImportFiles.show(report, dryRun: dryRun)
        }
        // A file of which nothing could be read is not imported, and a script should notice.
        if report.invalidCount > 0, report.invalidCount + report.passedOver == report.rows {
            throw ExitCode(1)
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
        let (lists, passedOver) = try ImportSource.lists(inFile: path, unpackedMaximum: .max)
        for name in passedOver { Terminal.note("passed over: \(name)") }
        return lists
    }

    static func show(_ report: ImportReport, dryRun: Bool) {
        for file in report.files {
            print(
                "\(file.name): \(file.rows) rows, \(file.contacts) contacts, "
                    + "\(file.duplicates) duplicates, \(file.invalid) invalid, "
                    + "\(file.passedOver) passed over"
            )
        }
        let counts: [(String, Int)] = [
            ("consent recorded", report.granted), ("opted out", report.optedOut),
            ("complaints", report.complaints), ("hard bounces", report.hardBounces),
            ("unchanged", report.unchanged), ("duplicates", report.duplicates),
            ("refused", report.refused), ("invalid", report.invalidCount),
            ("passed over", report.passedOver),
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

/// Lists batches.
struct ImportList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List imports, the newest first, those over HTTP and dry runs of theirs included."
    )
    @OptionGroup var global: GlobalOptions
    @Option(help: "Only imports older than the one with this id.") var after: String?
    @Option(help: "At most so many.") var limit = 50
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let last = try after.map { text throws(Refusal) in
            guard let id = ImportID(text: text) else {
                throw Refusal(.invalid, field: "after", "this is not a batch's id")
            }
            return id
        }
        let question = try ListImports(after: last, limit: limit)
        let installation = try Installation(await global.settings(), opening: .existing)
        let page = try await installation.engine.ask(question)
        if json { return try Terminal.print(json: ImportsAnswer(page)) }
        Terminal.print(
            table: page.imports.map(ImportList.cells),
            headings: ["batch", "format", "scope", "began", "rows", "state"]
        )
        if let next = page.next {
            Terminal.note("older ones: heed import list --after \(next.text)")
        }
    }

    private static func cells(_ batch: ImportView) -> [String] {
        [
            batch.id.text, batch.format, batch.scope.text, batch.startedAt.text,
            String(batch.counts["rows"] ?? 0),
            batch.state.rawValue + (batch.isDryRun ? " (dry run)" : ""),
        ]
    }
}

/// Undoes a batch.
struct ImportUndo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo",
        abstract: "Take the consents of a batch back; its opt-outs stay, and no record is deleted."
    )
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The batch's id, as `heed import list` shows it.") var batch: String
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

/// A CSV file with the rows that were not taken; it is begun with the first of them, or when asked.
private final class RejectedFile: Sendable {
    private let path: String
    private let file = Mutex<FileHandle?>(nil)

    init(_ path: String) { self.path = path }

    /// Begins the file.
    func open() throws { try write("") }

    func write(_ line: RejectedLine) throws { try write(listLine(line.cells) + "\n") }

    /// Writes lines that are CSV already.
    func write(_ lines: String) throws {
        try file.withLock { file in
            var text = lines
            let open = try file ?? OutputFile.open(path, field: "rejected")
            if file == nil { text = ReadRejections.header + lines }
            file = open
            do {
                try open.write(contentsOf: Data(text.utf8))
            } catch {
                throw CommandError("rejected: the rows that were not taken cannot be written")
            }
        }
    }
}
