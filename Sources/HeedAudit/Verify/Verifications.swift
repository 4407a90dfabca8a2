// Keeps what verifiers found.

import HeedConsent
public import HeedEngine
import HeedStore

extension Engine {
    /// Keeps a verifier's result; housekeeping, not state.
    public func keep(_ report: Verifier.Report) async throws {
        let stored = StoredVerification(
            startedAt: report.startedAt,
            finishedAt: report.finishedAt,
            logSize: report.logSize,
            events: report.logSize,
            findings: report.count,
            summary: report.findings.map(\.description).joined(separator: "\n")
        )
        try await keep(stored)
    }
}
