// Twenty of twenty on both engines, and a database that is the same before and after.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("ComplianceAudit")
struct ComplianceAuditTests {
    @Test(arguments: Backend.allCases)
    func anInstallationPassesAllTwenty(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.whole()
            let report = try await installation.audit()
            #expect(report.passed == 20 && report.results.count == 20, "\(report.faults)")
            #expect(report.passes && report.database == backend.rawValue)
            #expect(report.results.allSatisfy { !$0.evidence.isEmpty })
        }
    }

    /// Also one that nobody has used yet, whose log is empty.
    @Test(arguments: Backend.allCases)
    func aNewInstallationPassesAllTwenty(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let report = try await installation.audit()
            #expect(report.passed == 20, "\(report.faults)")
        }
    }

    @Test(arguments: Backend.allCases)
    func nothingIsLeftBehind(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.whole()
            let effect = try await installation.effect { try await installation.audit() }
            #expect(effect == .unchanged)
        }
    }

    /// What an installation has of its own is not in the way of the synthetic person.
    @Test(arguments: Backend.allCases)
    func itPassesAmidHoldsAndConnectors(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for name in ["first", "second"] {
                let add = AddConnector(try Sample.connector(name))
                _ = try await installation.engine.perform(add, as: Sample.actor)
            }
            let rest = SwitchConnector("second", .disabled)
            _ = try await installation.engine.perform(rest, as: Sample.actor)
            let hold = PlaceHold(.everything, reason: "a dispute")
            _ = try await installation.engine.perform(hold, as: Sample.actor)
            try await installation.decide(Sample.address())
            try await installation.optOut(Sample.address(), from: .global)
            try await installation.settle()
            try await installation.sequence()
            let report = try await installation.audit()
            #expect(report.passed == 20, "\(report.faults)")
        }
    }

    /// The application's rights refuse what is forbidden; an owner is refused by the triggers.
    @Test func theOwnerIsRefusedByTriggers() async throws {
        try await Backend.postgres.withEngine { installation in
            try await installation.whole()
            let audit = ComplianceAudit(
                engine: Engine(database: try installation.prompt),
                terms: try installation.auditTerms()
            )
            let report = try await audit.run()
            #expect(report.passed == 20, "\(report.faults)")
            let words = report.results.flatMap(\.evidence).joined(separator: "\n")
            #expect(words.contains("is insert-only") && !words.contains("permission denied"))
            try await installation.sql("DROP TRIGGER audit_events_no_truncate ON audit_events")
            let after = try await audit.run()
            #expect(after.failing == ["compliance-audit-trail.append-only-log"])
            #expect(after.faults.contains("let this through: TRUNCATE audit_events"))
        }
    }

    @Test(arguments: Backend.allCases)
    func checksRunAlone(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for check in Check.all {
                let report = try await installation.audit([check])
                #expect(report.passes && report.results.count == 1, "\(report.faults)")
            }
        }
    }

    @Test func idsAreThoseOfTheSpecification() throws {
        #expect(Check.all.count == 20 && Set(Check.all.map(\.id)).count == 20)
        #expect(Check.all.filter { $0.severity == .critical }.count == 3)
        #expect(Check.all.allSatisfy { !$0.title.isEmpty && !$0.remedy.isEmpty })
        let two = ["consent-storage.indexed-query", "compliance-audit-trail.log-retention"]
        #expect(try ComplianceAudit.checks(named: two.reversed()).map(\.id) == two)
        #expect(try ComplianceAudit.checks(named: []).count == 20)
    }

    @Test func anUnknownIDNamesTheKnown() {
        do throws(Refusal) {
            _ = try ComplianceAudit.checks(named: ["consent-storage"])
            Issue.record("it was taken")
        } catch {
            #expect(error.field == "only")
            for check in Check.all { #expect(error.message.contains(check.id)) }
        }
    }

    /// A check that cannot be carried out is no check that passes.
    @Test func whatCannotBeDoneFails() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.sql("DROP TABLE receipts")
            let report = try await installation.audit()
            #expect(report.failing.contains("data-subject-rights.deletion-receipt"))
            #expect(report.faults.contains("it could not be carried out"))
        }
    }
}
