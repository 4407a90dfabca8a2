// `heed log checkpoint` and `heed log key`: the signed head of the log and the key it is checked
// with.

import ArgumentParser
import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore

/// The log nobody has to trust.
struct LogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "The audit log as a tree that only grows: its head, its proofs, its check.",
        subcommands: [
            CheckpointCommand.self, KeyCommand.self, LogProve.self, LogVerify.self,
        ]
    )

    /// What opens the log of an installation.
    struct Options: ParsableArguments {
        @OptionGroup var global: GlobalOptions
        @Option(help: "The name of a log that has none yet (default: public URL and /log).")
        var logOrigin: String?
        @Flag(help: "Take the log as it is, without the events of the last moment.")
        var noExtend = false

        /// Opens the installation.
        func open() async throws -> Installation {
            let settings = try await global.settings(["logOrigin": logOrigin])
            return try Installation(settings, opening: .existing)
        }

        /// Takes into the log what was committed; another process that is at it is left alone.
        func extend(_ installation: Installation) async throws {
            if noExtend { return }
            let sequencer = Sequencer(
                engine: installation.engine,
                origin: installation.settings.logOrigin,
                holder: Installation.surroundings.randomBytes(16)
            )
            try await sequencer.catchUp()
            try await sequencer.release()
        }

        /// The head, after taking in what was committed.
        func head() async throws -> PublishedCheckpoint.Head {
            let installation = try await open()
            let quorum = try LogCommand.quorum(installation.settings)
            try await extend(installation)
            let question = PublishedCheckpoint(quorum: quorum)
            guard let head = try await installation.engine.ask(question) else {
                throw CommandError("nothing has been written to the log yet")
            }
            return head
        }
    }

    /// How many witnesses have to have signed what is shown, as the server has it.
    static func quorum(_ settings: Settings) throws -> Int {
        try settings.witnessPolicyPath.map(LogServices.policy)?.policy.quorum ?? 0
    }

    struct CheckpointCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "checkpoint",
            abstract: "Print the signed head of the log; keep it, and you hold all its past."
        )
        @OptionGroup var options: Options
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let head = try await options.head()
            if json {
                try Terminal.print(json: Answer(head))
            } else {
                print(String(decoding: head.note.bytes, as: UTF8.self), terminator: "")
            }
        }

        private struct Answer: Encodable {
            let origin: String
            let size: Int
            let root: String
            let signedAt: String
            let verifier: String
            let note: String

            init(_ head: PublishedCheckpoint.Head) throws {
                let checkpoint = try Checkpoint(text: head.note.text)
                origin = checkpoint.origin
                size = checkpoint.size
                root = checkpoint.root.base64
                signedAt = head.signedAt.text
                verifier = head.verifier
                note = String(decoding: head.note.bytes, as: UTF8.self)
            }
        }
    }

    struct KeyCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "key",
            abstract: "Print the log's public key; hand it out apart from the log."
        )
        @OptionGroup var options: Options

        func run() async throws { print(try await options.head().verifier) }
    }
}
