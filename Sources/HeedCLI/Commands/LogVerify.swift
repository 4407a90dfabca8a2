// `heed log verify`: a bundle, a served log or the log in the database, against a public key.

import ArgumentParser
import Foundation
import HeedAudit
import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedLedger

/// Checks the log.
///
/// Exit code 0 when all is good, 1 when anything is wrong, 2 when it could not be checked.
struct LogVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check a bundle, a served log or this log. Exit 0 good, 1 wrong, 2 error.",
        discussion: """
            heed log verify                                       the log in the database
            heed log verify --checkpoint FILE                     it extends a kept checkpoint
            heed log verify --checkpoint FILE --url URL --key K   a served log does; no database
            heed log verify --bundle DIR --key K                  a folder of proofs or evidence;
                                                                  no database
            """
    )
    @OptionGroup var global: GlobalOptions
    @Option(help: "A folder that `heed log prove -o` or `heed evidence` made.") var bundle: String?
    @Option(help: "A file with a checkpoint that was kept.") var checkpoint: String?
    @Option(help: "Where the log is served, for example https://heed.example/log.")
    var url: String?
    @Option(help: "The log's public key, from another place than what is checked.")
    var key: String?
    @Option(parsing: .singleValue, help: "The public key of a witness; may be repeated.")
    var witness: [String] = []
    @Option(help: "How many of the witnesses must have signed (default: all).")
    var quorum: Int?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let verdict = try await verdict()
        try verdict.show(asJSON: json)
        if !verdict.isGood { throw ExitCode(1) }
    }

    private func verdict() async throws -> Verdict {
        let policy = try policy()
        let log = try key.map { try LogVerify.verifier($0, field: "key") }
        if bundle != nil, checkpoint != nil || url != nil {
            throw Refusal(.invalid, field: "bundle", "a bundle is checked alone")
        }
        if url != nil, checkpoint == nil {
            throw Refusal(.missing, field: "checkpoint", "say which kept checkpoint to start from")
        }
        guard bundle != nil || url != nil else {
            guard witness.isEmpty, quorum == nil else {
                throw Refusal(.invalid, field: "witness", "only with --bundle or --url")
            }
            return try await database(log)
        }
        guard let log else {
            throw Refusal(.missing, field: "key", "say --key VKEY; `heed log key` prints it")
        }
        if let bundle { return try LogVerify.check(bundle: bundle, log, policy) }
        return try await served(log, policy)
    }

    private static func check(
        bundle: String,
        _ log: NoteVerifier,
        _ policy: WitnessPolicy
    ) throws -> Verdict {
        let (files, findings) = try BundleFolder.read(bundle)
        let report = ProofBundle.check(files, log: log, policy: policy)
        return Verdict(report, findings)
    }

    /// The log in the database, by the verifier that `heed verify` also runs.
    private func database(_ log: NoteVerifier?) async throws -> Verdict {
        let outside = try Verify.outside(files: checkpoint.map { [$0] } ?? [], archive: nil)
        let installation = try Installation(await global.settings(), opening: .existing)
        let verifier = Verifier(engine: installation.engine, key: log?.text, outside: outside)
        let report = try await verifier.runLog()
        let head = try await installation.engine.ask(PublishedCheckpoint())
        return Verdict(report, head: try? head.map { try Checkpoint(text: $0.note.text) })
    }

    /// A log that cannot be fetched is neither good nor wrong.
    private func served(_ log: NoteVerifier, _ policy: WitnessPolicy) async throws -> Verdict {
        let kept = try LogVerify.bytes(of: checkpoint ?? "")
        let base = (url ?? "").replacing(#/\/+$/#, with: "")
        let networks = try await global.settings().outboundNetworks
        return try await HTTPTransport.with(reaching: networks) { transport in
            let served = ServedLog(log: log, policy: policy) { path in
                try await LogVerify.get("\(base)/\(path)", by: transport)
            }
            do {
                let note = try SignedNote(bytes: kept)
                let old = try Checkpoint(opening: note, origin: log.name, log: log)
                return Verdict(good: try await served.head(extending: old))
            } catch let error as LedgerError {
                return Verdict(wrong: error.message)
            }
        }
    }

    /// Fetches one file; a log redirects nowhere.
    private static func get(
        _ url: String,
        by transport: HTTPTransport
    ) async throws -> [UInt8] {
        do {
            let request = OutboundRequest(method: "GET", url: url, headers: [], body: [])
            let response = try await transport.send(request, timeoutSeconds: 20)
            guard response.status == 200 else {
                throw CommandError("url: \(url) answered \(response.status)")
            }
            return response.body
        } catch let error as TransportError {
            throw CommandError("url: \(url): \(error.message)")
        }
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError("checkpoint: \(path) cannot be read")
        }
        return Array(data)
    }

    private func policy() throws -> WitnessPolicy {
        let witnesses = try witness.map { try LogVerify.verifier($0, field: "witness") }
        do {
            return try WitnessPolicy(witnesses: witnesses, quorum: quorum ?? witnesses.count)
        } catch {
            let field = error.code == .unsupportedKey ? "witness" : "quorum"
            throw Refusal(.invalid, field: field, error.message)
        }
    }

    private static func verifier(_ text: String, field: String) throws(Refusal) -> NoteVerifier {
        do throws(LedgerError) {
            return try NoteVerifier(text: text)
        } catch {
            throw Refusal(.invalid, field: field, error.message)
        }
    }
}

/// What a check came to.
private struct Verdict: Encodable {
    private let ok: Bool
    private let origin: String?
    private let size: Int?
    private let root: String?
    private let entries: Int?
    private let hashes: Int?
    private let files: Int?
    private let findings: [Finding]

    private struct Finding: Encodable {
        let path: String?
        let fault: String?
        let detail: String
    }

    var isGood: Bool { ok }

    init(_ report: ProofBundle.Report, _ others: [ProofBundle.Finding]) {
        let all = others + report.findings
        self.init(
            head: report.head,
            entries: report.entryCount,
            hashes: report.hashCount,
            files: report.listedCount > 0 ? report.listedCount : nil,
            findings: all.map {
                Finding(path: $0.path, fault: $0.fault.rawValue, detail: $0.detail)
            }
        )
    }

    init(_ report: Verifier.Report, head: Checkpoint?) {
        self.init(
            head: head,
            entries: report.logSize,
            hashes: nil,
            findings: report.findings.map {
                Finding(path: $0.place, fault: $0.code.rawValue, detail: $0.sentence)
            }
        )
    }

    init(good head: Checkpoint) {
        self.init(head: head, entries: nil, hashes: nil, findings: [])
    }

    init(wrong detail: String) {
        let finding = Finding(path: nil, fault: nil, detail: detail)
        self.init(head: nil, entries: nil, hashes: nil, findings: [finding])
    }

    private init(
        head: Checkpoint?,
        entries: Int?,
        hashes: Int?,
        files: Int? = nil,
        findings: [Finding]
    ) {
        ok = findings.isEmpty
        origin = head?.origin
        size = head?.size
        root = head?.root.base64
        self.entries = entries
        self.hashes = hashes
        self.files = files
        self.findings = findings
    }

    func show(asJSON: Bool) throws {
        if asJSON { return try Terminal.print(json: self) }
        for finding in findings {
            let place = finding.path.map { "\($0): " } ?? ""
            print("\(finding.fault ?? "wrong"): \(place)\(finding.detail)")
        }
        guard ok else {
            return print(
                "NOT GOOD: \(findings.count == 1 ? "1 finding" : "\(findings.count) findings")"
            )
        }
        guard let origin, let size else { return print("good: the log is empty") }
        let checked = entries.map { ", \($0) of them checked" } ?? ""
        let hashed = (hashes ?? 0) > 0 ? ", \(hashes ?? 0) by their hashes alone" : ""
        let listed = files.map { ", \($0) files as the log has them" } ?? ""
        print("good: \(origin), \(size) entries\(checked)\(hashed)\(listed)")
    }
}
