// `heed reconcile`: who is blocked here and not at a connector, and the other way round.

import ArgumentParser
import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedStore
import Logging

/// Compares a connector's list with ours.
///
/// Exit code 0 when nothing differs or all was fixed, 1 for differences, 2 when it could not be
/// done.
struct Reconcile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare a connector's list of blocked people with ours; exit 1 for differences.",
        discussion: """
            --fix tells the connector again about whom it does not have, through the queue of a
            running server, and records here whom only it has: a "no" there is a "no".

            People are named by id and addresses by keyed hash; neither is an address.
            """
    )

    @OptionGroup var global: GlobalOptions
    @Argument(help: "Your name for the connector.") var connector: String
    @Flag(help: "Put right what differs, on both sides.") var fix = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let place = try await global.settings()
        let installation = try Installation(place, opening: .existing)
        guard let settings = try await installation.engine.ask(FindConnector(name: connector))
        else {
            throw CommandError("connector: there is no connector '\(connector)'")
        }
        let report = try await HTTPTransport.with(reaching: place.outboundNetworks) { transport in
            try await Reconciler(installation, transport: transport)
                .run(settings, fix ? .fixing : .reporting, as: Installation.actor)
        }
        let found = report.reconciliation
        if json {
            try Terminal.print(json: ReconcileAnswer(report))
        } else {
            show(report)
        }
        try installation.close()
        if case .brokenOff(let answer) = found.outcome {
            throw CommandError(
                "connector: the comparison is not complete: the list of '\(connector)' could not "
                    + "be read to its end: \(answer)"
            )
        }
        if found.outcome == .counted {
            Terminal.note(
                "a \(settings.kind) connector cannot be listed; only what it never confirmed is "
                    + "counted"
            )
        }
        if found.differences > 0 { throw ExitCode(1) }
    }

    private func show(_ report: Reconciler.Report) {
        let found = report.reconciliation
        let known = found.known
        let rows = Reconciliation.Count.allCases.compactMap { count in
            known[count].map { [count.words, String($0)] }
        }
        // A table of zeros would look like two equal lists.
        guard found.isComplete || !rows.isEmpty else { return }
        let heading = found.isComplete ? "COUNT" : "COUNT UNTIL IT BROKE OFF"
        Terminal.print(table: rows, headings: [connector.uppercased(), heading])
        for person in report.people { print("missing there: \(person.text)") }
        for key in report.keys { print("missing here: \(key.text)") }
        let named = report.people.count + report.keys.count
        if named >= Reconciler.namedMaximum { print("… at most so many are named") }
    }
}

extension Reconciler {
    /// The reconciler of an installation.
    ///
    /// - Parameters:
    ///   - installation: Whose.
    ///   - gate: What may be asked of whom; a command has its own.
    ///   - transport: The wire.
    init(
        _ installation: Installation,
        gate: ConnectorGate? = nil,
        transport: any Transport
    ) {
        let surroundings = Installation.surroundings
        self.init(
            engine: installation.engine,
            gate: gate ?? ConnectorGate(slots: 1, surroundings: surroundings),
            transport: transport,
            surroundings: surroundings
        )
    }
}

extension DriftChecker {
    /// The checker of a server; nil when the settings turn it off.
    init?(
        _ installation: Installation,
        gate: ConnectorGate,
        transport: any Transport,
        logger: Logger
    ) {
        var options = Options()
        options.intervalSeconds = Int64(installation.settings.reconcileIntervalSeconds)
        guard options.intervalSeconds > 0 else { return nil }
        // A short interval is of no use when nobody looks as often.
        options.lookMilliseconds = min(
            options.lookMilliseconds,
            max(1000, options.intervalSeconds * 100)
        )
        self.init(
            engine: installation.engine,
            reconciler: Reconciler(installation, gate: gate, transport: transport),
            holder: Installation.surroundings.randomBytes(16),
            options: options,
            logger: logger
        )
    }
}

/// The JSON form of a comparison.
///
/// One that is not complete says why, has no `differences`, and only the counts that were made.
struct ReconcileAnswer: Encodable {
    let connector: String
    let complete: Bool
    let reason: String?
    let outcome: String
    let fix: Bool
    let differences: Int?
    let counts: [String: Int]
    let people: [String]
    let keys: [String]

    init(_ report: Reconciler.Report) {
        let found = report.reconciliation
        connector = found.connector
        complete = found.isComplete
        reason = found.facts["answer"]
        outcome = found.facts["outcome"] ?? ""
        fix = found.isFixing
        differences = found.isComplete ? found.differences : nil
        counts = Dictionary(uniqueKeysWithValues: found.known.map { ($0.rawValue, $1) })
        people = report.people.map(\.text)
        keys = report.keys.map(\.text)
    }
}

extension Reconciliation.Count {
    /// What a count is called on the screen.
    fileprivate var words: String {
        switch self {
        case .here: "blocked here, and to be there"
        case .there: "listed there"
        case .missingThere: "missing there"
        case .missingHere: "missing here"
        case .underway: "being told just now"
        case .withoutAddress: "not compared: no address here any more"
        case .withoutOptOut: "not there, but no opt-out to tell"
        case .unmappedHere: "not compared: scope without a place there"
        case .unmappedThere: "not compared: place without a scope here"
        case .unreadable: "not compared: address not readable"
        case .told: "told again"
        case .recorded: "recorded here"
        }
    }
}
