// Makes evidence in tests and reads it as whoever gets it does.

import Foundation
import HeedConsent
import HeedEngine
import HeedEvidence
import HeedLedger
import HeedRights
import HeedStore
import TestSupport
import Testing

/// A bundle in memory.
struct MadeEvidence: Sendable {
    var files: [String: [UInt8]] = [:]
    var counts: [String: Int] = [:]
    /// The largest piece it came in.
    var largestPiece = 0

    /// `evidence.json`, read.
    func json() throws -> [String: Any] {
        let bytes = try #require(files["evidence.json"])
        let read = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        return try #require(read)
    }

    /// The rows of a kind in `evidence.json`.
    func rows(_ name: String) throws -> [[String: Any]] {
        try #require(try json()[name] as? [[String: Any]])
    }

    /// `evidence.html`.
    var page: String { String(decoding: files["evidence.html"] ?? [], as: UTF8.self) }

    /// All of it, to look for what must not be in it.
    var everything: String {
        files.values.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "\n")
    }

    /// What is wrong with it, as `heed log verify` has it.
    func check(_ key: NoteVerifier) -> ProofBundle.Report { ProofBundle.check(files, log: key) }
}

extension Installation {
    /// What is said beside evidence; the log is extended by whoever waits for it.
    private func terms(_ zone: String) throws -> EvidenceTerms {
        EvidenceTerms(
            controller: ["Shop <Ltd>", "privacy@shop.example"],
            timeZone: try EvidenceTerms.timeZone(zone),
            extendLog: { try await sequence() }
        )
    }

    /// Begins an export by an auditor's key.
    func beginEvidence(
        _ question: EvidenceQuestion,
        reason: String = "case 17",
        zone: String = "Europe/Warsaw"
    ) async throws -> BegunEvidence {
        let order = try EvidenceOrder(
            question,
            actor: Actor(.apiKey, id: "k-9"),
            source: .api,
            reason: reason
        )
        return try await EvidenceExporter(engine: engine, order: order, terms: terms(zone)).begin()
    }

    /// Makes evidence.
    func evidence(
        _ question: EvidenceQuestion,
        zone: String = "Europe/Warsaw"
    ) async throws -> MadeEvidence {
        var run = try await beginEvidence(question, zone: zone).run()
        var made = MadeEvidence()
        var path = ""
        while let piece = try await run.next() {
            switch piece {
            case .file(let next):
                path = next
                #expect(made.files.updateValue([], forKey: path) == nil, "\(path) comes twice")
            case .bytes(let bytes):
                made.files[path, default: []] += bytes
                made.largestPiece = max(made.largestPiece, bytes.count)
            }
        }
        made.counts = run.counts
        return made
    }

    /// The log's key.
    func logKey() async throws -> NoteVerifier {
        let head = try #require(try await engine.ask(PublishedCheckpoint()))
        return try NoteVerifier(text: head.verifier)
    }

    /// The audit log's lines about evidence.
    func evidenceLines() async throws -> [AuditEvent] {
        try await database.read { transaction in
            try transaction.events(after: 0, limit: 10_000)
                .filter { $0.kind.hasPrefix("evidence.") }
                .compactMap { AuditEvent(canonical: $0.body) }
        }
    }
}
