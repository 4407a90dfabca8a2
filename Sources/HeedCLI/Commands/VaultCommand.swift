// `heed vault`: the master key, and another one in its place.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore

/// The key outside the database.
struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault",
        abstract: "The master key that opens the database, and its change.",
        subcommands: [Show.self, RotateMaster.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the id of the master key; it says nothing about the key."
        )
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            print(try await installation.engine.ask(MasterKeyID()) ?? "not written down yet")
            try installation.close()
        }
    }

    struct RotateMaster: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate-master",
            abstract: "Put a new master key in the place of the present one, while servers run.",
            discussion: """
                The new key is made beside the old one, the installation's keys are wrapped by it
                in one transaction, and it takes the old one's name; the old one stays as
                master.key.previous for the backups made under it. Run it again if it was
                interrupted. On PostgreSQL run it as the role that owns the tables, with
                --allow-owner, and bring the new file to every node before its next start.
                """
        )
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let settings = try await global.settings()
            guard settings.masterKey == nil else {
                throw CommandError(
                    "masterKey: the key comes from HEED_MASTER_KEY; put it in a file and name that "
                        + "with HEED_MASTER_KEY_FILE to change it"
                )
            }
            let installation = try Installation(settings, opening: .existing)
            let files = MasterKeyFiles(settings.masterKeyPath)
            let before = try await installation.engine.ask(MasterKeyID())
            let next = try files.makeNext()
            if before != next.id {
                let replace = ReplaceMasterKey(by: next)
                _ = try await installation.engine.perform(replace, as: Installation.actor)
            }
            try files.finish()
            // The old wrapping stays in no page of the file.
            try? await installation.engine.cleanStorage()
            try installation.close()
            print("The master key is \(next.id) now, in \(settings.masterKeyPath).")
            print("The one before is in \(files.previous): backups made until now need it.")
        }
    }
}
