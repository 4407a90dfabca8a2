// `heed filter`: a campaign's list in, the part of it that may be written to out.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedLists
import HeedServer

/// Filters recipients: one address a line, CSV with a header line, or NDJSON.
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

    func run() async throws {
        let scope = try ScopeName(scope)
        let settings = try await global.settings()
        let order = try sends.order(scope, settings)
        if links { settings.noteLinksWithoutHTTPS() }
        let installation = try Installation(settings, opening: .existing)
        let handle = try Filter.lines(file)
        var input = try RecipientReader(chunk: { try Filter.chunk(of: handle) })
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
            withLinks: links
        )
        try output.begin(header: input.header)
        while true {
            let batch = try input.next(MaySendMany.recipientsMaximum)
            guard !batch.isEmpty else { break }
            last = try await check(batch.map(\.address), order, installation.engine)
            try await log.add(last)
            for (recipient, verdict) in zip(batch, last.verdicts) {
                try output.add(recipient, verdict)
            }
            try output.flush()
        }
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

    private static func lines(_ path: String?) throws -> FileHandle {
        guard let path, path != "-" else { return .standardInput }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandError("file: \(path) cannot be read")
        }
        return handle
    }

    private static func chunk(of handle: FileHandle) throws -> [UInt8]? {
        do {
            let data = try handle.read(upToCount: 262_144)
            return data.flatMap { $0.isEmpty ? nil : Array($0) }
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
    private var counts: [String: Int] = [:]
    private var invalid = 0
    /// Lines that are not written yet.
    private var lines: [String] = []
    private var blockedLines = ["line,recipient,reason"]

    init(asJSON: Bool, blocked: FileHandle?, publicURL: String, withLinks: Bool) {
        self.asJSON = asJSON
        self.blocked = blocked
        self.publicURL = publicURL
        self.withLinks = withLinks
    }

    mutating func begin(header: String?) throws {
        if let header, !asJSON {
            let names = withLinks ? UnsubscribeHeaders.names : []
            lines.append(([header] + names).joined(separator: ","))
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
        lines.removeAll(keepingCapacity: true)
        blockedLines.removeAll(keepingCapacity: true)
    }

    private func write(_ lines: [String], to handle: FileHandle) throws {
        guard !lines.isEmpty else { return }
        try handle.write(contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
    }

    mutating func add(_ recipient: Recipient, _ verdict: MaySendMany.Verdict) throws {
        counts[verdict.reason.rawValue, default: 0] += 1
        if let reason = verdict.invalid {
            invalid += 1
            Terminal.note("heed: line \(recipient.line): \(reason)")
        }
        if asJSON {
            lines.append(try Terminal.json(VerdictAnswer(verdict, publicURL: publicURL)))
        } else if verdict.reason == .allowed {
            let gap = String(repeating: ",", count: withLinks ? recipient.columnsMissing : 0)
            lines.append(recipient.text + gap + columns(verdict.links))
        }
        if verdict.reason != .allowed, blocked != nil {
            let cells = [String(recipient.line), recipient.address, verdict.reason.rawValue]
            blockedLines.append(csvLine(cells))
        }
    }

    /// What is added to a row: nothing, or link and headers as further columns.
    private func columns(_ links: MailLinks?) -> String {
        guard let links, withLinks else { return "" }
        let headers = UnsubscribeHeaders(links, publicURL: publicURL)
        return "," + csvLine(headers.values)
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
