// `heed restore`: puts a backup back, and stops again what was stopped after it.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedLedger
import HeedRights
import HeedStore

/// Puts a backup back.
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup back, and stop again what was stopped after it.",
        discussion: """
            Opt-outs, withdrawals, blocks and erasures that are newer than the backup come from
            the journal that Heed keeps beside the database. Until all of them are done nothing is
            served; a return that was interrupted goes on with --in-place. The log goes on under a
            new name, since its old one may have been signed for further than the backup.

            On PostgreSQL put the server back with its own tools first, then run this with
            --in-place on one node before any node serves.
            """
    )
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The backup.") var file: String?
    @Flag(help: "The backup is in its place already, or a return was interrupted: go on.")
    var inPlace = false
    @Flag(help: "Set the database that is there aside; without it, nothing is put over one.")
    var replace = false
    @Option(help: "What the log is called from now on (default: its first name/restored-N).")
    var newLogOrigin: String?
    @Option(help: "The journal folder of another node; may be given more than once.")
    var journal: [String] = []
    @Flag(help: "Go on although the journal begins after the backup: those stops are lost.")
    var acceptGap = false
    @Flag(help: "Print JSON.") var json = false

    func validate() throws {
        guard (file != nil) != inPlace else {
            throw ValidationError("give the backup's file, or --in-place")
        }
        guard !(inPlace && replace) else {
            throw ValidationError("--replace goes with a file")
        }
    }

    func run() async throws {
        let settings = try await global.settings()
        for folder in journal where !FileManager.default.fileExists(atPath: folder) {
            throw CommandError("journal: there is no folder \(folder)")
        }
        if let file {
            let place = try RestorePlace(settings, file: file, replace: replace)
            try await place.put { part in
                let installation = try Installation(part, opening: .restoring)
                _ = try await begin(installation, settings)
                try? await installation.engine.cleanStorage()
                try installation.close()
            }
        }
        try await goOn(settings)
    }

    /// Marks the database, after a look at whether the journal reaches back far enough.
    private func begin(
        _ installation: Installation,
        _ settings: Settings
    ) async throws -> (Replayer, Replayer.Plan) {
        guard let replayer = installation.replayer(withJournalsIn: journal) else {
            throw CommandError("there is no journal")
        }
        let plan = try await replayer.plan()
        guard plan.isComplete || acceptGap else {
            throw CommandError(
                "the journal in \(settings.journalFolder) begins after the backup's last event: "
                    + "what was stopped in between is not in it; give the folder with "
                    + "journalFolder or --journal, or go on without it with --accept-gap"
            )
        }
        if inPlace, !acceptGap, try await !replayer.hasWork(plan) {
            throw CommandError("the database is not older than its journal; nothing was changed")
        }
        let begin = BeginRestore(
            origin: newLogOrigin,
            fallback: settings.logOrigin,
            newestEpoch: plan.newestEpoch
        )
        let actor = Installation.actor
        let restore = try await installation.engine.perform(begin, as: actor).receipt
        replayer.enter(restore)
        return (replayer, plan)
    }

    private func goOn(_ settings: Settings) async throws {
        let installation = try Installation(settings, opening: .restoring)
        let (replayer, plan) = try await begin(installation, settings)
        let actor = Installation.actor
        let counts = try await replayer.run(plan, as: actor)
        _ = try await installation.engine.perform(FinishRestore(counts: counts), as: actor)
        try await installation.completeJournal()
        // Of those who were erased again nothing stays in the log of the database.
        try? await installation.engine.cleanStorage()
        let sequencer = Sequencer(
            engine: installation.engine,
            origin: settings.logOrigin,
            holder: Installation.surroundings.randomBytes(16)
        )
        try await sequencer.catchUp()
        try await sequencer.release()
        let key = try await installation.engine.ask(LogKey(origin: settings.logOrigin))
        try installation.close()
        try say(Report(counts, plan, origin: key.verifier.name, logKey: key.verifier.text))
    }

    private func say(_ report: Report) throws {
        if report.damagedLines > 0 {
            Terminal.complain(
                "\(report.damagedLines) lines of the journal cannot be read and were passed over"
            )
        }
        if json { return try Terminal.print(json: report) }
        print(
            """
            Put back, and stopped again what was stopped after the backup:
              opt-outs      \(report.optOuts)
              other blocks  \(report.blocks)
              withdrawals   \(report.withdrawals)
              erasures      \(report.erasures), and \(report.requests) requests are open again
            The log goes on as \(report.origin), with the key
              \(report.logKey)
            Give it to whoever checks the log, and a new folder to --checkpoint-archive.
            Look at what else is newer than the backup: docs/operations/backup.md
            """
        )
    }

    private struct Report: Encodable {
        let optOuts: Int
        let blocks: Int
        let withdrawals: Int
        let erasures: Int
        let requests: Int
        let damagedLines: Int
        let origin: String
        let logKey: String

        init(
            _ counts: [String: Int],
            _ plan: Replayer.Plan,
            origin: String,
            logKey: String
        ) {
            func count(_ outcome: ReplayOutcome) -> Int { counts[outcome.rawValue] ?? 0 }
            optOuts = count(.optOut)
            blocks = count(.block)
            withdrawals = count(.withdrawal)
            erasures = count(.erasure)
            requests = count(.request)
            damagedLines = plan.damagedLines
            self.origin = origin
            self.logKey = logKey
        }
    }
}
