// `heed migrate` and `heed version`.

import ArgumentParser
import HeedConsent

/// Brings the database up to date, making it when there is none.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the database or bring its schema up to date."
    )
    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let installation = try Installation(await global.settings(), opening: .orNew)
        let steps = installation.appliedSteps
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
