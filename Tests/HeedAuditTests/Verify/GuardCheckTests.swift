// The guard's index is held against the database: equal over any history, found where it is not.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("GuardCheck")
struct GuardCheckTests {
    /// People with and without a no, and blocks on addresses of nobody.
    private func live(_ installation: Installation) async throws {
        try await installation.live(people: 12)
        for number in 100..<104 {
            try await installation.optOut(Sample.address(number), from: .global)
        }
        try await installation.sequence()
    }

    @Test(arguments: Backend.allCases)
    func everyAnswerIsCompared(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await live(installation)
            let report = try await installation.verify()
            #expect(report.findings == [])
            let addresses = try await installation.number("SELECT count(*) FROM addresses")
            let scopes = try await installation.number("SELECT count(*) FROM scopes")
            #expect(report.answers >= addresses * scopes && addresses > 12 && scopes > 1)
        }
    }

    /// What a server remembers is compared, not what a fresh look would make of the database: rows
    /// that somebody has changed by hand have no event, so memory does not know.
    @Test(arguments: Backend.allCases)
    func aServersMemoryIsWhatIsCompared(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await live(installation)
            let engine = installation.engine
            try await engine.maintainIndex()
            #expect(try await Verifier(engine: engine).run().findings == [])
            let someone = try await installation.decide(Sample.address(200))
            try await installation.sequence()
            #expect(try await Verifier(engine: engine).run().findings == [])
            try await installation.sql(
                "UPDATE permissions SET state = 'denied' WHERE state = 'granted'"
            )
            let found = try await Verifier(engine: engine).run().findings
            let places = found.filter { $0.code == .guardDiffers }
            #expect(
                places.contains {
                    $0.place == "contact \(someone.text) in \(Sample.newsletter)"
                        && $0.sentence == "memory says allowed, the database denied"
                }
            )
            #expect(found.contains { $0.code == .permissionChanged })
        }
    }

    /// An index that cannot answer leaves everything to the statements, and nothing is compared.
    @Test func anIndexThatIsSilentSaysNothing() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await live(installation)
            let silent = CompareGuard([], in: Sample.newsletter)
            let answer = try await installation.engine.ask(silent)
            #expect(answer?.count == nil)
        }
    }
}
