// Hands evidence out file by file, a page at a time, and has the log vouch for every byte of it.

import Crypto
package import HeedConsent
package import HeedEngine
import HeedLedger
import HeedStore

/// Exports evidence about a person or a period.
package struct EvidenceExporter: Sendable {
    private let engine: Engine
    private let order: EvidenceOrder
    private let terms: EvidenceTerms

    /// Takes the door, what is asked for, and what is said beside it.
    package init(engine: Engine, order: EvidenceOrder, terms: EvidenceTerms) {
        self.engine = engine
        self.order = order
        self.terms = terms
    }

    /// Writes down that the export begins; refuses what there is no evidence of.
    ///
    /// Nothing has left yet.
    package func begin() async throws -> BegunEvidence {
        // Without a key nothing can be proved, so nothing is begun.
        let wait = LogWait(engine: engine, terms: terms)
        let head = try await wait.head()
        let command = BeginEvidence(order)
        let begun = try await engine.perform(command, as: order.actor).receipt
        try await prove(begun, of: command, wait)
        let facts = ReadEvidenceFacts(matter: begun.matter, address: order.question.address)
        return BegunEvidence(
            engine: engine,
            order: order,
            terms: terms,
            command: command,
            begun: begun,
            facts: try await engine.ask(facts),
            verifier: head.verifier
        )
    }
}

extension EvidenceExporter {
    /// Waits for the proof of the line that the export has begun: where the log does not go on,
    /// nothing leaves that could not be proved in the end.
    private func prove(
        _ begun: BeginEvidence.Begun,
        of command: BeginEvidence,
        _ wait: LogWait
    ) async throws {
        do {
            _ = try await wait.prove(begun.export(command, .started), known: begun.reach)
        } catch {
            let end = EndEvidence(export: begun.export(command, .brokenOff))
            _ = try? await engine.perform(end, as: order.actor)
            throw error
        }
    }
}

/// An export that is written down and of which nothing has left.
package struct BegunEvidence: Sendable {
    let engine: Engine
    let order: EvidenceOrder
    let terms: EvidenceTerms
    let command: BeginEvidence
    let begun: BeginEvidence.Begun
    let facts: EvidenceFacts
    let verifier: String

    /// The export's id, the subject of its events.
    package var id: ExportID { begun.id }
    /// When it began; nothing in it is younger.
    package var begunAt: Timestamp { begun.at }

    /// The files, from the first byte.
    package func run() -> EvidenceRun { EvidenceRun(self) }
}

/// A piece of a bundle on its way out.
package enum EvidencePiece: Sendable {
    /// A file begins; the one before is whole.
    case file(String)
    /// More of the file.
    case bytes([UInt8])
}

/// Waits until the log has what was written, for a bounded time.
struct LogWait {
    /// With witnesses a head is shown after a minute at the latest; then some.
    static let patience = Duration.seconds(90)
    /// Between two looks.
    static let pause = Duration.milliseconds(100)

    let engine: Engine
    let terms: EvidenceTerms

    /// The published head, once there is one.
    func head() async throws -> PublishedCheckpoint.Head {
        try await wait { try await engine.ask(PublishedCheckpoint(quorum: terms.quorum)) }
    }

    /// The line that an export has left, and a published head that it is under.
    func prove(
        _ export: EvidenceExport,
        known: LogReach
    ) async throws -> (event: EventID, head: PublishedCheckpoint.Head) {
        let question = FindExported(export: export, known: known)
        guard let line = try await engine.ask(question) else {
            throw StoreError(.corrupt, "the line about this export is not in the audit log")
        }
        return (line.id, try await head(over: line.id))
    }

    /// A published head that an event is under.
    private func head(over event: EventID) async throws -> PublishedCheckpoint.Head {
        try await wait {
            let question = PublishedCheckpoint(quorum: terms.quorum)
            guard let head = try await engine.ask(question) else { return nil }
            let proved = try await engine.ask(ProveEvents([event], under: head))
            return proved.isEmpty ? nil : head
        }
    }

    private func wait<Found>(_ look: () async throws -> Found?) async throws -> Found {
        let start = ContinuousClock.now
        while true {
            try await terms.extendLog()
            if let found = try await look() { return found }
            guard ContinuousClock.now - start < LogWait.patience else {
                throw Refusal(
                    .notStored,
                    field: "log",
                    "the log is behind, so nothing new can be proved; `heed serve` extends it"
                )
            }
            try await Task.sleep(for: LogWait.pause)
        }
    }
}
