// An audience is whom the guard allows: over random histories, against opt-outs, and in the log.

import HeedConsent
import HeedEngine
import HeedStore
import Synchronization
import TestSupport
import Testing

@testable import HeedExchange

@Suite("Audience", .timeLimit(.minutes(10)))
struct AudienceTests {
    /// A line each: the address, and the token of its link where there is one.
    private static let form = AudienceForm(header: "", links: .none) { $0.address + "\n" }
    private static let linked = AudienceForm(header: "address link\n", links: .included) { member in
        "\(member.address) \(member.links?.unsubscribe ?? "none")\n"
    }

    private func begin(
        _ engine: Engine,
        _ scope: ScopeName = Sample.newsletter,
        _ form: AudienceForm = AudienceTests.form
    ) async throws -> ListRun {
        try await ListExporter(
            engine: engine,
            audienceOf: scope.text,
            form: form,
            actor: Actor(.apiKey, id: "k-9")
        ).begin()
    }

    private func rest(_ run: inout ListRun) async throws -> [String] {
        var text = ""
        while let piece = try await run.next() { text += piece }
        return text.split(separator: "\n").map(String.init)
    }

    private func audience(
        _ engine: Engine,
        _ scope: ScopeName = Sample.newsletter
    ) async throws -> [String] {
        var run = try await begin(engine, scope)
        return try await rest(&run)
    }

    /// The audience of each scope is exactly whom `MaySend` allows one by one.
    @Test(arguments: Backend.allCases, [1, 2, 3, 4] as [UInt64])
    func itIsWhomTheGuardAllows(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            let asked = try await GuardPopulation.make(in: installation, seed: seed)
            var everybody = 0
            for scope in [Sample.newsletter, Sample.receipts, Sample.promotions] {
                var allowed: Set<String> = []
                for address in asked {
                    let decision = try await installation.check(address, scope)
                    if decision.allowed { allowed.insert(address.match) }
                }
                var run = try await begin(installation.engine, scope)
                let audience = try await rest(&run)
                let found = try audience.map { try Address(email: $0).match }
                #expect(Set(found) == allowed, "\(scope.text)")
                // Nobody twice.
                #expect(found.count == Set(found).count)
                #expect(run.counts["allowed"] ?? 0 == audience.count)
                everybody += audience.count
            }
            #expect(everybody > 0)
        }
    }

    /// Consents that end soon bound the audience, and it is no fresher than its first page.
    @Test(arguments: Backend.allCases)
    func freshnessIsThatOfTheFirstPage(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let end = installation.clock.now.adding(seconds: 100)
            try await installation.decide(Sample.address(1), terms: Terms(expiresAt: end))
            for number in 2...3 { try await installation.decide(Sample.address(number)) }
            try await installation.settle()
            var run = try await begin(installation.engine)
            #expect(run.freshness == nil)
            try await installation.settle()
            let before = try await installation.engine.ask(LogPosition())
            _ = try await run.next()
            #expect(try await run.next()?.split(separator: "\n").count == 3)
            let first = try #require(run.freshness)
            #expect(first.position >= before && first.validUntil == end)
            installation.clock.advance(seconds: 60)
            try await installation.decide(Sample.address(4))
            while try await run.next() != nil {}
            #expect(run.freshness == first)
        }
    }

    /// Who opts out while it streams is not on a page that is read later.
    @Test(arguments: Backend.allCases)
    func aStopBeforeThePageCounts(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let addresses = try (0..<502).map { try Sample.address($0) }
            for address in addresses { try await installation.decide(address) }
            var run = try await begin(installation.engine)
            #expect(try await run.next() == "")
            let first = try await run.next() ?? ""
            let shown = Set(first.split(separator: "\n").map(String.init))
            #expect(shown.count == 500)
            let others = addresses.filter { !shown.contains($0.delivery) }
            try await installation.optOut(others[0], from: .global)
            let position = run.freshness?.position
            let later = try await rest(&run)
            #expect(later == [others[1].delivery])
            #expect(run.freshness?.position == position)
            #expect(run.counts == ["allowed": 501, "globalOptOut": 1])
        }
    }

    /// Opt-outs at the same time: whoever was told "done" before the call is on no page of it.
    @Test(arguments: Backend.allCases)
    func noneWhoWasToldIsInIt(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let addresses = try (0..<120).map { try Sample.address($0) }
            for address in addresses { try await installation.decide(address) }
            let told = Told()
            let other = Engine(database: try installation.reopened())
            let broken = try await withThrowingTaskGroup(of: Int.self) { group in
                for address in addresses {
                    group.addTask {
                        try await installation.optOut(address, from: .scope(Sample.newsletter))
                        told.insert(address.delivery)
                        return 0
                    }
                }
                for turn in 0..<20 {
                    group.addTask {
                        let out = told.addresses
                        let engine = turn % 2 == 0 ? installation.engine : other
                        return try await audience(engine).count { out.contains($0) }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(broken == 0)
            #expect(try await audience(installation.engine).isEmpty)
        }
    }

    /// Who was erased has no key any more and is on no list, and is no error.
    @Test(arguments: Backend.allCases)
    func whoHasNoKeyIsNotInIt(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for number in 1...3 { try await installation.decide(Sample.address(number)) }
            let gone = try await installation.decide(Sample.address(2))
            try await installation.sql(
                "DELETE FROM contact_keys WHERE contact_id = $1",
                .blob(gone.bytes)
            )
            let found = try await audience(installation.engine)
            #expect(Set(found) == Set(try [1, 3].map { try Sample.address($0).delivery }))
        }
    }

    @Test(arguments: Backend.allCases)
    func linksAreForThoseOnIt(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address(1))
            try await installation.decide(Sample.address(2), .denied)
            var run = try await begin(installation.engine, Sample.newsletter, AudienceTests.linked)
            let lines = try await rest(&run)
            let question = try MaySendMany(
                recipients: [Sample.address(1).delivery],
                scope: Sample.newsletter,
                withLinks: true
            )
            let verdict = try #require(try await installation.engine.ask(question).verdicts.first)
            let token = try #require(verdict.links?.unsubscribe)
            #expect(lines == ["address link", "\(try Sample.address(1).delivery) \(token)"])
        }
    }

    @Test(arguments: Backend.allCases)
    func theLogKnowsWhoHadItAndHowFar(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address(1))
            try await installation.decide(Sample.address(2), .denied)
            var run = try await begin(installation.engine)
            // Before the first byte.
            var lines = try await installation.audienceLines()
            #expect(lines.map(\.kind) == ["list.export-started"])
            _ = try await rest(&run)
            lines = try await installation.audienceLines()
            #expect(lines.map(\.kind) == ["list.export-started", "list.exported"])
            #expect(lines.allSatisfy { $0.actor == Actor(.apiKey, id: "k-9") })
            #expect(lines.allSatisfy { $0.scope == "newsletter" })
            #expect(
                lines.last?.facts == [
                    "format": "audience", "outcome": "finished", "allowed": "1", "denied": "1",
                ]
            )
            var broken = try await begin(installation.engine)
            _ = try await broken.next()
            await broken.breakOff()
            let last = try await installation.audienceLines().last
            #expect(last?.facts == ["format": "audience", "outcome": "broken-off"])
        }
    }
}

/// Who has been told that their opt-out counts.
private final class Told: Sendable {
    private let all = Mutex<Set<String>>([])

    var addresses: Set<String> { all.withLock { $0 } }

    func insert(_ address: String) { all.withLock { _ = $0.insert(address) } }
}

extension Installation {
    /// The audit log's lines about lists that went out, oldest first.
    fileprivate func audienceLines() async throws -> [AuditEvent] {
        try await database.read { transaction in
            try transaction.connection.run(
                "SELECT body FROM audit_events WHERE kind LIKE 'list.export%' ORDER BY position",
                []
            ).compactMap { AuditEvent(canonical: try $0.blob(0)) }
        }
    }
}
