// An installation that has lived a little and passes every check.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport

extension Installation {
    /// People, opt-outs that are done, an erasure with its receipt, messages, all in the log.
    func whole() async throws {
        try await live(people: 6)
        try await tell("m-1", .sent, Sample.address(2))
        let erasure = ReceiveRequest(
            .erasure,
            of: .address(try Sample.address(6)),
            source: .api,
            verifiedBy: .mailLink
        )
        _ = try await engine.perform(erasure, as: Sample.actor)
        for lane in [Job.Lane.general, .general, .general] {
            let claim = ClaimJobs(lane: lane, limit: 100, leaseSeconds: 60)
            for job in try await engine.perform(claim, as: Sample.actor).receipt {
                try await finish(job)
            }
        }
        try await drainQueue()
        try await settle()
        try await sequence()
    }

    /// What the audit is told by default; the shared server of the tests flushes nothing.
    func auditTerms() throws -> AuditTerms {
        var terms = AuditTerms(retention: try Retention(), rules: AlertRules())
        terms.durability["fsync"] = nil
        return terms
    }

    /// What all checks, or some, say.
    func audit(
        _ checks: [Check] = Check.all,
        terms: AuditTerms? = nil
    ) async throws -> ComplianceAudit.Report {
        let audit = ComplianceAudit(engine: engine, terms: try terms ?? auditTerms())
        return try await audit.run(checks)
    }
}

extension ComplianceAudit.Report {
    /// The ids of the checks that fail.
    var failing: [String] { results.filter { !$0.passes }.map(\.check.id) }

    /// What is wrong with other checks than one, each with its check's id.
    func faults(besides id: String) -> [String] {
        results.filter { $0.check.id != id }
            .flatMap { result in result.faults.map { "\(result.check.id): \($0)" } }
    }

    /// Everything that is wrong.
    var faults: String { results.flatMap(\.faults).joined(separator: "\n") }
}
