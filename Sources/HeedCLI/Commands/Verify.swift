// `heed verify`: is everything in the database what was signed, and what follows from it.

import ArgumentParser
import Foundation
import HeedAudit
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedStore
import Logging

/// Verifies the whole database.
///
/// Exit code 0 when nothing differs, 1 for differences, 2 when it could not be done.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verify the log and everything that follows from it; exit 1 when it differs.",
        discussion: """
            Hashes every event again, rebuilds the tree, holds it against every signed checkpoint,
            and compares consent records, opt-outs, permissions and blocks with the log, and what
            the guard answers from memory with what it answers from the database. It runs beside a
            server.

            Whoever can rewrite the whole database and has its signing key can make a shorter
            history that looks whole. A checkpoint kept elsewhere (--checkpoint,
            --checkpoint-archive) shows that, too.
            """
    )

    /// How files of an archive of checkpoints end.
    static let archiveEnding = ".checkpoint"

    @OptionGroup var global: GlobalOptions
    @OptionGroup var progress: ProgressOptions

    @Flag(help: "Also put right permissions that are not what their records make.")
    var rebuild = false

    @Option(help: "A signed checkpoint kept elsewhere; may be repeated.")
    var checkpoint: [String] = []

    @Option(help: "A folder of such checkpoints, in files ending in .checkpoint.")
    var checkpointArchive: String?

    @Option(help: "The public key (vkey) the log is known by, if not the database's own word.")
    var key: String?

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let outside = try Verify.outside(files: checkpoint, archive: checkpointArchive)
        let installation = try Installation(await global.settings(), opening: .existing)
        let verifier = Verifier(engine: installation.engine, key: key, outside: outside)
        var bar = ProgressBar("verifying", progress.drawing)
        let started = ContinuousClock.now
        let report = try await verifier.run { progress in
            let rate = bar.rate(progress.done)
            bar.show(
                progress.done,
                of: progress.total,
                detail: "\(progress.pass.rawValue), \(rate)/s, \(progress.findings) differences"
            )
        }
        bar.finish()
        try await installation.engine.keep(report)
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let rebuilt: Rebuilt? =
            rebuild ? try await Verify.rebuild(report, by: verifier) : nil
        try print(report, seconds: seconds, rebuilt: rebuilt)
        let waiting = try await installation.engine.ask(LogStatus()).unsequenced
        if waiting > 0 {
            Terminal.note(
                "\(waiting) committed events are not in the log yet, so nothing was said of them; "
                    + "a running server takes them in, and so does `heed log checkpoint`"
            )
        }
        try installation.close()
        let isRight = report.isClean || rebuilt?.hasPutAllRight(report) == true
        if !isRight { throw ExitCode(1) }
    }

    /// What `--rebuild` did.
    struct Rebuilt {
        var rows = 0
        var refusal: String?

        /// True when permissions were all that differed.
        func hasPutAllRight(_ report: Verifier.Report) -> Bool {
            refusal == nil && report.findings.allSatisfy { $0.code == .permissionChanged }
        }
    }

    private static func rebuild(
        _ report: Verifier.Report,
        by verifier: Verifier
    ) async throws -> Rebuilt {
        do {
            return Rebuilt(rows: try await verifier.rebuild(report, as: Installation.actor))
        } catch let refusal as Refusal {
            return Rebuilt(refusal: refusal.message)
        }
    }

    /// The checkpoints from files and from a folder, by name.
    static func outside(files: [String], archive: String?) throws -> [OutsideCheckpoint] {
        var paths = files
        if let archive {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: archive) else {
                throw CommandError("checkpoint-archive: the folder \(archive) cannot be read")
            }
            let found = names.filter { $0.hasSuffix(archiveEnding) }.sorted()
            // An empty archive would verify nothing, and look as if it had.
            guard !found.isEmpty else {
                throw CommandError("checkpoint-archive: \(archive) has no *\(archiveEnding)")
            }
            paths += found.map { "\(archive)/\($0)" }
        }
        return try paths.map { path in
            guard let data = FileManager.default.contents(atPath: path) else {
                throw CommandError("checkpoint: the file \(path) cannot be read")
            }
            return OutsideCheckpoint(name: path, note: Array(data))
        }
    }

    private func print(
        _ report: Verifier.Report,
        seconds: Double,
        rebuilt: Rebuilt?
    ) throws {
        let rate = seconds > 0 ? Int(Double(report.logSize) / seconds * 60) : 0
        guard !json else {
            try Terminal.print(
                json: VerifyAnswer(report, rate, rebuilt)
            )
            return
        }
        for finding in report.findings { Swift.print(finding) }
        if report.count > report.findings.count {
            Swift.print("… and \(report.count - report.findings.count) more of these kinds")
        }
        Swift.print(
            "\(report.logSize) events, \(report.people) people and \(report.blocks) blocks "
                + "verified, \(rate) events a minute; newest checkpoint over "
                + "\(report.checkpointSize); \(report.answers) answers of the guard compared"
        )
        let differences = report.count == 1 ? "1 difference" : "\(report.count) differences"
        Swift.print(report.isClean ? "nothing differs" : differences)
        if let refusal = rebuilt?.refusal {
            Swift.print("not rebuilt: \(refusal)")
        } else if let rebuilt {
            Swift.print("permissions put right: \(rebuilt.rows)")
        }
    }
}

extension BackgroundVerifier {
    /// The verifier of a server, named by random bytes of its own.
    init(_ installation: Installation, logger: Logger) {
        var options = Options()
        options.intervalSeconds = Int64(installation.settings.verifyIntervalSeconds)
        self.init(
            engine: installation.engine,
            holder: Installation.surroundings.randomBytes(16),
            options: options,
            logger: logger
        )
    }
}

/// The JSON form of a verification.
struct VerifyAnswer: Encodable {
    let startedAt: String
    let finishedAt: String
    let events: Int
    let people: Int
    let blocks: Int
    let checkpointSize: Int
    let answers: Int
    let eventsPerMinute: Int
    let differences: Int
    let findings: [Entry]
    let rebuilt: Int?
    let notRebuilt: String?

    struct Entry: Encodable {
        let code: String
        let place: String
        let sentence: String
    }

    init(
        _ report: Verifier.Report,
        _ eventsPerMinute: Int,
        _ rebuilt: Verify.Rebuilt?
    ) {
        startedAt = report.startedAt.text
        finishedAt = report.finishedAt.text
        events = report.logSize
        people = report.people
        blocks = report.blocks
        checkpointSize = report.checkpointSize
        answers = report.answers
        self.eventsPerMinute = eventsPerMinute
        differences = report.count
        findings = report.findings.map {
            Entry(code: $0.code.rawValue, place: $0.place, sentence: $0.sentence)
        }
        notRebuilt = rebuilt?.refusal
        self.rebuilt = rebuilt.flatMap { $0.refusal == nil ? $0.rows : nil }
    }
}
