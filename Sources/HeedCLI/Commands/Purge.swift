// `heed purge` and `heed hold`: the end of retention, and what stops it.

import ArgumentParser
import HeedConsent
import HeedEngine
import HeedRights

/// Takes away rows that are past their retention; without it, nothing is ever deleted by age.
struct PurgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "purge",
        abstract: "Delete evidence that is past its retention; hashes stay in the log.",
        discussion: """
            A running server does this once a month. How long rows are kept is set by
            auditLogRetentionDays and consentRecordRetentionDays (1825 days each, never under
            1095) and eventRetentionDays (730 days). Rows on a legal hold stay, and so do those
            that a permission or a block still rests on.
            """
    )
    @OptionGroup var global: GlobalOptions
    @Flag(help: "Count what would go, and delete nothing.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let settings = try await global.settings()
        let installation = try Installation(settings, opening: .existing)
        let purger = Purger(engine: installation.engine, retention: settings.retention)
        let counts = try await purger.run(dryRun: dryRun, as: Installation.actor)
        if json {
            try Terminal.print(
                json: Report(dryRun: dryRun, tables: counts.map(Report.Table.init))
            )
        } else {
            Terminal.print(
                table: counts.map { count in
                    [
                        count.kind.rawValue, count.before.text, String(count.purged),
                        String(count.held), String(count.needed),
                    ]
                },
                headings: [
                    "TABLE", "OLDER THAN", dryRun ? "WOULD GO" : "PURGED", "ON HOLD", "NEEDED",
                ]
            )
        }
        try installation.close()
    }

    private struct Report: Encodable {
        struct Table: Encodable {
            let table: String
            let before: String
            let rows: Int
            let held: Int
            let needed: Int

            init(_ count: Purger.Count) {
                table = count.kind.rawValue
                before = count.before.text
                rows = count.purged
                held = count.held
                needed = count.needed
            }
        }

        let dryRun: Bool
        let tables: [Table]
    }
}

/// Legal holds.
struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Legal holds: what they cover is neither purged nor erased.",
        subcommands: [Add.self, List.self, Remove.self]
    )

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep everything about a person, or everything."
        )
        @OptionGroup var global: GlobalOptions
        @Argument(help: "The person's address.") var address: String?
        @Option(help: "The person's id, instead of an address.") var contact: String?
        @Flag(help: "Hold everything, instead of one person.") var everything = false
        @Option(help: "Why, for example a case number; stored sealed.") var reason: String

        func run() async throws {
            let hold = PlaceHold(try extent(), reason: reason)
            let installation = try Installation(await global.settings(), opening: .existing)
            let id = try await installation.engine.perform(hold, as: Installation.actor).receipt
            print("hold \(id.text) stands")
            try installation.close()
        }

        private func extent() throws -> PlaceHold.Extent {
            guard [address != nil, contact != nil, everything].count(where: \.self) == 1 else {
                throw CommandError("name one of: an address, --contact, --everything")
            }
            if let address { return .person(.address(try Address(email: address))) }
            guard let contact else { return .everything }
            guard let id = ContactID(text: contact) else {
                throw Refusal(.invalid, field: "contact", "this is not the id of a contact")
            }
            return .person(.contact(id))
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the holds that stand.")
        @OptionGroup var global: GlobalOptions
        @Flag(help: "Print JSON.") var json = false

        func run() async throws {
            let installation = try Installation(await global.settings(), opening: .existing)
            let holds = try await installation.engine.ask(ListHolds())
            if json {
                try Terminal.print(
                    json: holds.map { hold in
                        [
                            "id": hold.id.text, "contact": hold.contact?.text,
                            "reason": hold.reason, "placedAt": hold.placedAt.text,
                        ]
                    }
                )
            } else {
                Terminal.print(
                    table: holds.map { hold in
                        let covers = hold.contact?.text ?? "everything"
                        return [hold.id.text, covers, hold.placedAt.text, hold.reason]
                    },
                    headings: ["HOLD", "COVERS", "SINCE", "REASON"]
                )
            }
            try installation.close()
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a hold.")
        @OptionGroup var global: GlobalOptions
        @Argument(help: "Its id, as `heed hold list` prints it.") var id: String

        func run() async throws {
            guard let hold = HoldID(text: id) else {
                throw Refusal(.invalid, field: "id", "this is not the id of a hold")
            }
            let installation = try Installation(await global.settings(), opening: .existing)
            _ = try await installation.engine.perform(LiftHold(hold), as: Installation.actor)
            print("hold \(hold.text) is lifted")
            try installation.close()
        }
    }
}
