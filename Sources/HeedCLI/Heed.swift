// The program `heed`: one sub-command a file, and one place where errors become a line and an exit
// code.

import ArgumentParser
import Foundation
import HeedConsent
import HeedLedger
import HeedStore

/// The root command.
@main
struct Heed: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "heed",
        abstract: "Consent and opt-outs that hold, and can be proved.",
        version: version,
        subcommands: [
            Serve.self, Demo.self, Migrate.self, Version.self, ScopeCommand.self,
            PolicyCommand.self, KeyCommand.self, ConnectorCommand.self, Import.self,
            ConsentCommand.self, OptOutCommand.self, Check.self, Explain.self, Filter.self,
            Audience.self, Reconcile.self, LogCommand.self, QueueCommand.self, PurgeCommand.self,
            HoldCommand.self, Verify.self, FormCommand.self, PreferencesCommand.self,
            Erase.self, RequestCommand.self, Inventory.self, Doctor.self, ListCommand.self,
            StatsCommand.self, BackupCommand.self, RestoreCommand.self, Export.self,
            VaultCommand.self, AuditCommand.self, EvidenceCommand.self, WindowsCommand.self,
        ]
    )

    /// The version of this program.
    static let version = "0.1.0"

    /// Exit code of a command that failed; 1 is kept for a guard's "no".
    static let failure: Int32 = 2

    static func main() async {
        // Files that hold keys or sealed data are for their owner only.
        umask(0o077)
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            Foundation.exit(code.rawValue)
        } catch {
            Foundation.exit(report(error))
        }
    }

    /// Writes one line about an error to standard error; help and version go to standard output.
    private static func report(_ error: any Error) -> Int32 {
        switch error {
        case let refusal as Refusal: Terminal.complain(refusal.description)
        case let error as StoreError: Terminal.complain("database: \(error.message)")
        case let error as CommandError: Terminal.complain(error.message)
        case let error as LedgerError: Terminal.complain("log: \(error.message)")
        default:
            if exitCode(for: error).isSuccess {
                print(fullMessage(for: error))
                return 0
            }
            let message = message(for: error)
            Terminal.complain(message.isEmpty ? "\(error)" : message)
        }
        return failure
    }
}

/// A failure of the command line itself, such as a file that cannot be read.
struct CommandError: Error {
    /// One line.
    let message: String

    init(_ message: String) { self.message = message }
}
