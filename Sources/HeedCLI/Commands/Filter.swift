// `heed filter`: a campaign's list in, the part of it that may be written to out.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
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

    func run() async throws {
        let scope = try ScopeName(scope)
        let settings = try await global.settings()
        let installation = try Installation(settings, opening: .existing)
        let handle = try Filter.lines(file)
        var input = try RecipientReader(chunk: {
            let data = try handle.read(upToCount: 262_144)
            return data.flatMap { $0.isEmpty ? nil : Array($0) }
        })
        var output = FilterOutput(
            asJSON: json,
            blocked: try blocked.map(Filter.open),
            publicURL: settings.publicURL
        )
        output.begin(header: input.header)
        var last = try await check([], scope, installation.engine)
        while true {
            let batch = try input.next(MaySendMany.recipientsMaximum)
            guard !batch.isEmpty else { break }
            last = try await check(batch.map(\.address), scope, installation.engine)
            for (recipient, verdict) in zip(batch, last.verdicts) {
                try output.write(recipient, verdict)
            }
        }
        try output.end(position: last.position, validUntil: last.validUntil)
    }

    private func check(
        _ recipients: [String],
        _ scope: ScopeName,
        _ engine: Engine
    ) async throws -> MaySendMany.Answer {
        try await engine.ask(MaySendMany(recipients: recipients, scope: scope))
    }

    private static func lines(_ path: String?) throws -> FileHandle {
        guard let path, path != "-" else { return .standardInput }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandError("file: \(path) cannot be read")
        }
        return handle
    }

    private static func open(_ path: String) throws -> FileHandle {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let handle = FileHandle(forWritingAtPath: path)
        else { throw CommandError("blocked: \(path) cannot be written") }
        return handle
    }
}

/// Where a filter's verdicts go.
private struct FilterOutput {
    let asJSON: Bool
    let blocked: FileHandle?
    let publicURL: String
    private var counts: [String: Int] = [:]
    private var invalid = 0

    init(asJSON: Bool, blocked: FileHandle?, publicURL: String) {
        self.asJSON = asJSON
        self.blocked = blocked
        self.publicURL = publicURL
    }

    func begin(header: String?) {
        if let header, !asJSON { print(header) }
        blocked?.write(Data("line,recipient,reason\n".utf8))
    }

    mutating func write(_ recipient: Recipient, _ verdict: MaySendMany.Verdict) throws {
        counts[verdict.reason.rawValue, default: 0] += 1
        if let reason = verdict.invalid {
            invalid += 1
            Terminal.note("heed: line \(recipient.line): \(reason)")
        }
        if asJSON {
            try Terminal.print(json: VerdictAnswer(verdict, publicURL: publicURL))
        } else if verdict.reason == .allowed {
            print(recipient.text)
        }
        if verdict.reason != .allowed, let blocked {
            let cells = [String(recipient.line), recipient.address, verdict.reason.rawValue]
            blocked.write(Data((csvLine(cells) + "\n").utf8))
        }
    }

    func end(position: Int64, validUntil: Timestamp) throws {
        if asJSON {
            let last = Summary(counts: counts, position: position, validUntil: validUntil.text)
            try Terminal.print(json: last)
            return
        }
        let all = counts.values.reduce(0, +)
        let parts = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        Terminal.note("\(all) recipients: \(parts.joined(separator: ", "))")
        if invalid > 0 {
            Terminal.note("\(invalid) of them are no addresses, so nobody knows them")
        }
        Terminal.note("valid until \(validUntil.text), position \(position)")
    }

    private struct Summary: Encodable {
        let counts: [String: Int]
        let position: Int64
        let validUntil: String
    }
}
