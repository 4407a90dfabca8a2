// `heed consent receipt`: the receipt of one consent record.

import ArgumentParser
import HeedConsent
import HeedEngine
import HeedServer

/// Prints a receipt.
struct ConsentReceiptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt",
        abstract: "Print the receipt of a consent record, for the person it is about.",
        discussion: "Ids of records are shown by `heed explain`."
    )
    @OptionGroup var global: GlobalOptions
    @Argument(help: "The record's id.") var id: String
    @Option(help: "kantara (Consent Receipt 1.1) or dpv (ISO/IEC TS 27560, JSON-LD).")
    var format = ConsentReceipt.Form.kantara.rawValue

    func run() async throws {
        guard let form = ConsentReceipt.Form(rawValue: format) else {
            let forms = ConsentReceipt.Form.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, field: "format", "a format is one of: \(forms)")
        }
        guard let record = ConsentID(text: id) else {
            throw Refusal(.invalid, field: "id", "this is not a record's id")
        }
        let settings = try await global.settings()
        let installation = try Installation(settings, opening: .existing)
        let facts = try await installation.engine.ask(ConsentFacts(record))
        let receipt = try ConsentReceipt(facts, options: settings.serverOptions)
        print(String(decoding: try receipt.bytes(as: form), as: UTF8.self))
    }
}
