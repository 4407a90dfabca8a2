// `heed backup`: a consistent copy of the database while a server runs and writes.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedSQLite

/// Copies the embedded database.
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the database into a new file, while a server runs and writes.",
        discussion: """
            The copy opens with the master key only, which is not in it: keep that elsewhere, and
            the journal folder on another disk. On PostgreSQL the server is backed up as a whole
            with its own tools (docs/operations/backup.md); this command then makes nothing and
            says so.
            """
    )
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The file to make.") var file: String
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let settings = try await global.settings()
        guard case .sqlite = settings.database.place else {
            throw CommandError(
                "a PostgreSQL server is backed up by pg_basebackup with its write-ahead log "
                    + "archived, not by heed and not by pg_dump: docs/operations/backup.md"
            )
        }
        let installation = try Installation(settings, opening: .existing)
        try await installation.backUp(to: file)
        // What the copy has at least: it was read after.
        let bytes = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
        try installation.close()
        if json {
            try Terminal.print(json: Report(file: file, bytes: bytes))
        } else {
            print("\(file): \(bytes) bytes, every page checked")
        }
    }

    private struct Report: Encodable {
        let file: String
        let bytes: Int
    }
}
