// Each of the twenty properties is broken in turn, and exactly its own check fails.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("ComplianceAudit: each check can fail", .timeLimit(.minutes(10)))
struct BreakTests {
    typealias Act = @Sendable (Installation, inout AuditTerms) async throws -> Void

    /// A way to break one property.
    struct Break: Sendable, CustomTestStringConvertible {
        let id: String
        let name: String
        let backends: [Backend]
        let act: Act

        init(
            _ id: String,
            _ name: String,
            on backends: [Backend] = Backend.allCases,
            _ act: @escaping Act
        ) {
            self.id = id
            self.name = name
            self.backends = backends
            self.act = act
        }

        /// By statements that somebody with all rights runs.
        init(_ id: String, _ name: String, sqlite: [SQL], postgres: [SQL]) {
            self.init(id, name) { installation, _ in
                let statements = installation.backend == .sqlite ? sqlite : postgres
                for statement in statements { try await installation.sql(statement) }
            }
        }

        /// By statements that both engines understand.
        init(_ id: String, _ name: String, _ statements: SQL...) {
            self.init(id, name, sqlite: statements, postgres: statements)
        }

        var testDescription: String { "\(id): \(name)" }
    }

    static let cases =
        Break.storage + Break.optOuts + Break.rights + Break.trail + Break.guards

    @Test(arguments: Backend.allCases, cases)
    func onlyItsOwnCheckFails(_ backend: Backend, _ damage: Break) async throws {
        guard damage.backends.contains(backend) else { return }
        try await backend.withEngine { installation in
            try await installation.whole()
            var terms = try installation.auditTerms()
            try await damage.act(installation, &terms)
            let report = try await installation.audit(terms: terms)
            #expect(report.failing.contains(damage.id))
            #expect(report.faults(besides: damage.id) == [])
        }
    }

    @Test func everyCheckIsBroken() {
        #expect(Set(BreakTests.cases.map(\.id)) == Set(Check.all.map(\.id)))
    }
}
