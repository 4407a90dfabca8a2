// `heed migrate` and `heed version`.

import ArgumentParser
import HeedConsent

/// Brings the database up to date, making it when there is none.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the database or bring its schema up to date.",
        discussion: "On PostgreSQL, give the connection string of the role that owns the tables."
    )
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let steps = try Installation.migrate(await global.settings())
        print(
            steps.isEmpty ? "the schema is up to date" : "applied: " + steps.joined(separator: ", ")
        )
    }
}

/// Says which version this is.
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the version.")

    func run() { print("heed \(Heed.version), canonical events v\(AuditEvent.canonicalVersion)") }
}
