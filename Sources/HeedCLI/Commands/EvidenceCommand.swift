// `heed evidence`: everything that was recorded about a person or in a period, with its proofs.

import ArgumentParser
import Foundation
import HeedConsent
import HeedEngine
import HeedEvidence
import HeedRights
import HeedServer
import HeedStore

/// Exports evidence; the audit log keeps who did, when, why, and the hash of what left.
struct EvidenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "Write a folder of evidence about a person or a period, with proofs.",
        discussion: """
            heed evidence ada@mail.example --reason "case 17" -o FOLDER
            heed evidence --contact ID --reason "case 17" -o FOLDER
            heed evidence --receipt TOKEN --reason "case 17" -o FOLDER    somebody who was erased
            heed evidence --from 2026-01-01 --to 2026-02-01 --reason "audit" -o FOLDER

            evidence.html is for people and prints; evidence.json is for programs. `heed log \
            verify --bundle FOLDER --key KEY` checks every byte without a database. About a \
            person the sealed evidence is opened; in a period people are ids only.
            """
    )
    @OptionGroup var options: LogCommand.Options
    @Argument(help: "One of the person's addresses, also of somebody who was erased.")
    var address: String?
    @Option(help: "The person with this id.") var contact: String?
    @Option(help: "The person of the request whose receipt has this token, or its URL.")
    var receipt: String?
    @Option(help: "The first day of a period, or its time (RFC 3339).") var from: String?
    @Option(help: "The day after a period, or its time; now if left out.") var to: String?
    @Option(help: "Why it is needed, without an address; the audit log keeps it for good.")
    var reason: String
    @Option(
        name: .shortAndLong,
        help: "The folder to make (default: evidence-ID, ID being the export's)."
    )
    var output: String?
    @Option(help: "The time zone of times beside UTC, such as Europe/Warsaw (default: this one).")
    var timeZone: String?
    @Flag(help: "Print what was written as JSON.") var json = false

    func run() async throws {
        let settings = try await options.global.settings(["logOrigin": options.logOrigin])
        let order = try EvidenceOrder(
            question(settings),
            actor: Installation.actor,
            source: .commandLine,
            reason: reason
        )
        let zone = try EvidenceTerms.timeZone(timeZone)
        if let output { try BundleFolder.refuse(output) }
        let installation = try Installation(settings, opening: .existing)
        let terms = EvidenceTerms(
            controller: settings.serverOptions.controllerLines,
            timeZone: zone,
            quorum: try LogCommand.quorum(settings),
            extendLog: { [options] in try await options.extend(installation) }
        )
        let exporter = EvidenceExporter(engine: installation.engine, order: order, terms: terms)
        let begun = try await exporter.begin()
        let folder = output ?? "evidence-\(begun.id.text)"
        var run = begun.run()
        do {
            if output == nil { try BundleFolder.refuse(folder) }
            var files = try BundleWriter(folder)
            do {
                while let piece = try await run.next() {
                    switch piece {
                    case .file(let path): try files.begin(path)
                    case .bytes(let bytes): try files.add(bytes)
                    }
                }
                try files.finish()
            } catch {
                files.discard()
                throw error
            }
        } catch {
            await run.breakOff()
            throw error
        }
        try show(run, begun.id, folder)
        try installation.close()
    }

    private struct Written: Encodable {
        let export: String
        let folder: String
        let manifestSha256: String
        let counts: [String: Int]
    }

    private func show(_ run: EvidenceRun, _ export: ExportID, _ folder: String) throws {
        if json {
            let written = Written(
                export: export.text,
                folder: folder,
                manifestSha256: hexadecimal(run.manifestHash),
                counts: run.counts
            )
            return try Terminal.print(json: written)
        }
        let events = run.counts["timeline"] ?? 0
        print("\(folder): \(counted(events, "event")), see \(folder)/evidence.html")
        Terminal.note("check it: heed log verify --bundle \(folder) --key KEY (heed log key)")
    }

    /// Exactly one of the ways to say what it is about.
    private func question(_ settings: Settings) throws(Refusal) -> EvidenceQuestion {
        let place = try address.map { text throws(Refusal) in try Address(email: text) }
        switch (place, contact, receipt, from) {
        case (let address?, nil, nil, nil) where to == nil: return .address(address)
        case (nil, let text?, nil, nil) where to == nil:
            guard let id = ContactID(text: text) else {
                throw Refusal(.invalid, field: "contact", "this is not a contact's id")
            }
            return .contact(id)
        case (_, nil, let text?, nil) where to == nil:
            let base = settings.publicURL
            return .receipt(token: try EvidenceQuestion.token(ofReceipt: text, at: base), place)
        case (nil, nil, nil, let text?):
            return .period(
                from: try ReportSpan.time(text, "from"),
                to: try ReportSpan.time(to, "to")
            )
        default:
            throw Refusal(
                .missing,
                field: "address",
                "name an ADDRESS, or --contact ID, or --receipt TOKEN, or a period with --from"
            )
        }
    }
}
