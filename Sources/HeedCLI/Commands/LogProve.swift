// `heed log prove`: the proof of an event, or a folder that proves all events of a person.

import ArgumentParser
import HeedConsent
import HeedEngine
import HeedLedger
import HeedServer

/// Proves events.
struct LogProve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prove",
        abstract: "Prove that an event, or every event of a person, is in the log."
    )
    @OptionGroup var options: LogCommand.Options
    @Argument(help: "The event's id.") var event: String?
    @Option(help: "Prove all events of the person with this id.") var contact: String?
    @Option(help: "Prove all events of the person with this address.") var address: String?
    @Option(
        name: [.short, .customLong("output")],
        help: "A folder to make, with events, proofs and how to check them."
    )
    var output: String?
    @Flag(help: "Print the proof as JSON.") var json = false

    func run() async throws {
        let subject = try subject()
        if event == nil, output == nil {
            throw Refusal(.missing, field: "output", "say -o DIR, a folder for the proofs")
        }
        if output != nil, json {
            throw Refusal(.invalid, field: "json", "a folder has its own form; leave out --json")
        }
        if let output { try BundleFolder.refuse(output) }
        let installation = try await options.open()
        let quorum = try LogCommand.quorum(installation.settings)
        let question = GatherProofs(subject, quorum: quorum)
        var gathered = try await installation.engine.ask(question)
        if gathered.pendingCount > 0 {
            try await options.extend(installation)
            gathered = try await installation.engine.ask(question)
        }
        guard let bundle = gathered.bundle, gathered.pendingCount == 0 else {
            throw CommandError(
                "\(gathered.pendingCount) of these events are not in the log yet; try again in a "
                    + "second, or leave out --no-extend"
            )
        }
        if let output {
            try BundleFolder.write(bundle.files, to: output)
            print("\(output): \(bundle.events.count) events proved; see \(output)/README.txt")
        } else if let event = bundle.events.first {
            try show(event)
        }
    }

    private func show(_ event: ProofBundle.Event) throws {
        guard json else {
            return print(String(decoding: event.proof.bytes, as: UTF8.self), terminator: "")
        }
        let leaf: Hash =
            switch event.content {
            case .entry(let bytes): .leaf(bytes)
            case .hash(let hash): hash
            }
        guard let id = EventID(text: event.name) else { return }
        try Terminal.print(json: ProofAnswer(event.proof, of: id, leaf: leaf))
    }

    /// Exactly one of the three ways to say what is to be proved.
    private func subject() throws(Refusal) -> GatherProofs.Subject {
        switch (event, contact, address) {
        case (let text?, nil, nil):
            guard let id = EventID(text: text) else {
                throw Refusal(.invalid, field: "event", "this is not an event's id")
            }
            return .event(id)
        case (nil, let text?, nil):
            guard let id = ContactID(text: text) else {
                throw Refusal(.invalid, field: "contact", "this is not a contact's id")
            }
            return .person(.contact(id))
        case (nil, nil, let text?):
            return .person(.address(try Address(email: text)))
        default:
            throw Refusal(
                .missing,
                field: "event",
                "name one event, or --contact ID, or --address ADDRESS"
            )
        }
    }
}
