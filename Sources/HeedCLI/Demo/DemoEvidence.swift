// The demo's last act: evidence of what was told, checked as a stranger would.

import Foundation
import HeedConsent
import HeedEngine
import HeedEvidence
import HeedLedger
import HeedStore

/// A bundle of evidence in memory.
struct DemoEvidence {
    /// Its files.
    private(set) var files: [String: [UInt8]] = [:]
    /// The log's public key.
    let key: NoteVerifier

    fileprivate init(_ run: EvidenceRun, key: NoteVerifier) async throws {
        self.key = key
        var run = run
        var path = ""
        while let piece = try await run.next() {
            switch piece {
            case .file(let next): path = next
            case .bytes(let bytes): files[path, default: []] += bytes
            }
        }
    }

    /// Changes one bit of a file.
    mutating func spoil(_ path: String) {
        let middle = (files[path]?.count ?? 0) / 2
        files[path]?[middle] ^= 1
    }

    /// What `heed log verify --bundle` would say.
    var verdict: String {
        let report = ProofBundle.check(files, log: key)
        guard let finding = report.findings.first else {
            return "good: \(report.entryCount) events proved, \(report.listedCount) files as listed"
        }
        return "\(finding.fault.rawValue): \(finding.path): \(finding.detail)"
    }
}

extension DemoStage {
    /// Makes evidence about somebody.
    func evidence(about question: EvidenceQuestion) async throws -> DemoEvidence {
        let sequencer = Sequencer(
            engine: engine,
            origin: "demo.example/log",
            holder: Installation.surroundings.randomBytes(16)
        )
        let order = try EvidenceOrder(
            question,
            actor: Installation.actor,
            source: .commandLine,
            reason: "the demo"
        )
        let terms = EvidenceTerms(controller: [], timeZone: .current) {
            try await sequencer.catchUp()
        }
        let begun = try await EvidenceExporter(engine: engine, order: order, terms: terms).begin()
        guard let head = try await engine.ask(PublishedCheckpoint()) else {
            throw CommandError("nothing has been written to the log yet")
        }
        return try await DemoEvidence(begun.run(), key: try NoteVerifier(text: head.verifier))
    }
}
