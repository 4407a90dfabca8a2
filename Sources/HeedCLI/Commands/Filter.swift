// `heed filter`: a campaign's list in, the part of it that may be written to out.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedLists
import HeedServer

/// Filters recipients: an address a line, CSV with a header line, or NDJSON; packed by gzip or not.
///
/// Rows leave as they came.
struct Filter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep only the recipients who may be written to now."
    )
    @OptionGroup var global: GlobalOptions
    @Option(help: "The scope of the campaign.") var scope: String
    @Argument(help: "The file (default standard input).") var file: String?
    @Option(help: "Write refused recipients with their reasons to this CSV file.")
    var blocked: String?
    @Flag(help: "Print a decision for each recipient as NDJSON, and the counts last.")
    var json = false
    @Flag(
        help: ArgumentHelp(
            "Give the allowed their links and headers for one-click unsubscribing (RFC 8058).",
            discussion: "As members of a decision, or as columns that are added to CSV and lines."
        )
    )
    var links = false
    @OptionGroup var sends: SendOptions
    @OptionGroup var progress: ProgressOptions

    func run() async throws {
        let scope = try ScopeName(scope)
        let settings = try await global.settings()
        let order = try sends.order(scope, settings)
        if links { settings.noteLinksWithoutHTTPS() }
        let installation = try Installation(settings, opening: .existing)
        let list = try ListFile(file)
        var input = try RecipientReader(chunk: list.chunk)
        if links, input.isNDJSON, !json {
            throw Refusal(.invalid, field: "links", "a list of JSON gets links with --json")
        }
        // A scope nobody knows is refused before anything is written.
        var last = try await check([], order, installation.engine)
        var log = SendLog(engine: installation.engine, order: order, actor: Installation.actor)
        var output = FilterOutput(
            asJSON: json,
            blocked: try blocked.map { try OutputFile.open($0, field: "blocked") },
            publicURL: settings.publicURL,
            withLinks: links,
            separator: input.separator
        )
        try output.begin(header: input.header)
        var bar = ProgressBar("filtering", progress.besideRows)
        defer { bar.giveWay() }
        while true {
            let batch = try input.next(MaySendMany.recipientsMaximum)
            guard !batch.isEmpty else { break }
            last = try await check(batch.map(\.asked), order, installation.engine)
            try await log.add(last)
            for (recipient, verdict) in zip(batch, last.verdicts) {
                output.add(recipient, verdict)
            }
            if !output.notes.isEmpty { bar.giveWay() }
            try output.flush()
            bar.show(list.bytesRead, of: list.byteCount, detail: output.progress(bar))
        }
        bar.finish(output.progress(bar))
        try output.end(last, try await log.finish())
    }

    private func check(
        _ recipients: [String],
        _ order: SendOrder,
        _ engine: Engine
    ) async throws -> MaySendMany.Answer {
        try await engine.ask(
            MaySendMany(
                recipients: recipients,
                scope: order.scope,
                withLinks: links,
                detail: order.detail
            )
        )
    }
}

/// The file of a list, or standard input, and how much of it was read.
private final class ListFile {
    private let handle: FileHandle
    /// How many bytes there are; nil where nobody knows before the end.
    let byteCount: Int?
    private(set) var bytesRead = 0

    init(_ path: String?) throws {
        if let path, path != "-" {
            guard let handle = FileHandle(forReadingAtPath: path) else {
                throw CommandError("file: \(path) cannot be read")
            }
            self.handle = handle
        } else {
            handle = .standardInput
        }
        var found = stat()
        let isFile =
            unsafe fstat(handle.fileDescriptor, &found) == 0 && found.st_mode & S_IFMT == S_IFREG
        byteCount = isFile ? Int(found.st_size) : nil
    }

    /// The next bytes; nil at the end.
    func chunk() throws -> [UInt8]? {
        do {
            guard let data = try handle.read(upToCount: 262_144), !data.isEmpty else { return nil }
            bytesRead += data.count
            return Array(data)
        } catch {
            throw CommandError("file: the list cannot be read")
        }
    }
}

/// Where a filter's verdicts go.
private struct FilterOutput {
    let asJSON: Bool
    let blocked: FileHandle?
    let publicURL: String
    /// Whether rows get columns for one-click unsubscribing.
    let withLinks: Bool
    /// What stands between the fields of a row.
    let separator: Character
    private var counts: [String: Int] = [:]
    private var invalid = 0
    /// Lines that are not written yet.
    private var lines: [String] = []
    private var blockedLines = ["line,recipient,reason"]
    /// What is to be said of lines that cannot be read.
    private(set) var notes: [String] = []

    init(
        asJSON: Bool,
        blocked: FileHandle?,
        publicURL: String,
        withLinks: Bool,
        separator: Character
    ) {
        self.asJSON = asJSON
        self.blocked = blocked
        self.publicURL = publicURL
        self.withLinks = withLinks
        self.separator = separator
    }

    mutating func begin(header: String?) throws {
        if let header, !asJSON {
            let names = withLinks ? UnsubscribeHeaders.names : []
            lines.append(([header] + names).joined(separator: String(separator)))
        }
        try flush()
    }

    /// Writes what was added; a list that cannot be written whole is an error.
    mutating func flush() throws {
        do {
            try write(lines, to: .standardOutput)
        } catch {
            throw CommandError("output: the list cannot be written")
        }
        do {
            if let blocked { try write(blockedLines, to: blocked) }
        } catch {
            throw CommandError("blocked: the refused recipients cannot be written")
        }
        for note in notes { Terminal.note(note) }
        lines.removeAll(keepingCapacity: true)
        blockedLines.removeAll(keepingCapacity: true)
        notes.removeAll()
    }

    /// How far it is.
    func progress(_ bar: ProgressBar) -> String {
        let rows = counts.values.reduce(0, +)
        let allowed = counts[SendDecision.Reason.allowed.rawValue] ?? 0
        return "\(rows) rows, \(bar.rate(rows)) a second, \(allowed) allowed, "
            + "\(rows - allowed) refused"
    }

    private func write(_ lines: [String], to handle: FileHandle) throws {
        guard !lines.isEmpty else { return }
        try handle.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
    }

    mutating func add(_ recipient: Recipient, _ verdict: MaySendMany.Verdict) {
        counts[verdict.reason.rawValue, default: 0] += 1
        if let reason = recipient.problem ?? verdict.invalid {
            invalid += 1
            notes.append("heed: line \(recipient.line): \(reason)")
        }
        if asJSON {
            var line: [UInt8] = []
            VerdictAnswer(verdict, of: recipient, publicURL: publicURL).append(to: &line)
            lines.append(String(decoding: line, as: UTF8.self))
        } else if verdict.reason == .allowed {
            let missing = withLinks ? recipient.columnsMissing : 0
            let gap = String(repeating: separator, count: missing)
            lines.append(recipient.text + gap + columns(verdict.links))
        }
        if verdict.reason != .allowed, blocked != nil {
            let cells = [String(recipient.line), recipient.address, verdict.reason.rawValue]
            blockedLines.append(listLine(cells))
        }
    }

    /// What is added to a row: nothing, or link and headers as further columns.
    private func columns(_ links: MailLinks?) -> String {
        guard let links, withLinks else { return "" }
        let headers = UnsubscribeHeaders(links, publicURL: publicURL)
        return String(separator) + csvLine(headers.values, delimiter: separator)
    }

    mutating func end(_ answer: MaySendMany.Answer, _ logged: SendLog.Logged?) throws {
        if asJSON {
            let last = FilterSummary(
                counts: counts,
                position: answer.position,
                validUntil: answer.validUntil,
                logged: logged
            )
            lines.append(try Terminal.json(last))
            try flush()
            return
        }
        let all = counts.values.reduce(0, +)
        let parts = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        Terminal.note("\(all) recipients: \(parts.joined(separator: ", "))")
        if invalid > 0 {
            Terminal.note("\(invalid) of them are no addresses, so nobody knows them")
        }
        Terminal.note("valid until \(answer.validUntil.text), position \(answer.position)")
        if let logged {
            Terminal.note("logged as \(logged.call.text), list \(hexadecimal(logged.list))")
        }
    }
}
