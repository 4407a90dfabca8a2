// `heed vault`: the master key and the lookup key, and others in their place.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore

/// The key outside the database, and the one that addresses are found by.
struct VaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vault",
        abstract: "The keys of an installation, and others in their place.",
        subcommands: [Show.self, RotateMaster.self, RotateLookup.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the id of the master key; it says nothing about the key.",
            discussion: "And how many lookup keys addresses are found by."
        )
        @OptionGroup var global: GlobalOptions

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            print(try await installation.engine.ask(MasterKeyID()) ?? "not written down yet")
            let lookup = try await installation.engine.ask(LookupKeyState())
            let change = lookup.isChanging ? ", and the newest is still being put in use" : ""
            print("lookup keys: \(lookup.generation + 1)\(change)")
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
    struct RotateLookup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate-lookup",
            abstract: "Put a new key over those that addresses are found by, while servers run.",
            discussion: """
                Each keyed hash is hashed again with the new key, so it needs no address and holds
                for people who were erased, too. Copies of the database made afterwards say nothing
                to somebody who has the keys before. Run it again if it was interrupted. On
                PostgreSQL run it as the role that owns the tables, with --allow-owner.
                """
        )
        @OptionGroup var global: GlobalOptions
        @OptionGroup var progress: ProgressOptions

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let engine = installation.engine
            let before = try await engine.ask(LookupKeyState())
            if before.isChanging {
                Terminal.note("Going on with lookup key \(before.generation + 1).")
            } else {
                _ = try await engine.perform(AddLookupKey(), as: Installation.actor)
            }
            var bar = ProgressBar("hashing", progress.drawing)
            var hashes = 0
            let count = try await engine.moveLookupHashes(as: Installation.actor) { step in
                hashes += step.hashes
                bar.show(Int(step.done * 1000), of: 1000, detail: "\(bar.rate(hashes))/s")
            }
            bar.finish()
            // The old hashes stay in no page of the file.
            try? await engine.cleanStorage()
            let state = try await engine.ask(LookupKeyState())
            try installation.close()
            print("\(count) keyed hashes are under lookup key \(state.generation + 1) now.")
            print("Make a backup: those made until now can be read with the keys before.")
        }
    }
}
