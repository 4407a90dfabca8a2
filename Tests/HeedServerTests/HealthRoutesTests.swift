// Tests that the two probes tell a living process from one that can do its work.

import Foundation
import HTTPTypes
import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Health routes")
struct HealthRoutesTests {
    @Test func bothAreWellWithADatabase() async throws {
        try await withServer { server in
            let health = try await server.sendWithoutEffect(.get("/healthz"))
            #expect(health.status == 200)
            #expect(try health.decode(HealthReply.self).status == "ok")
            let ready = try await server.sendWithoutEffect(.get("/readyz"))
            #expect(ready.status == 200)
            #expect(try ready.decode(HealthReply.self).status == "ready")
            let position = try await server.check().position
            #expect(try ready.decode(HealthReply.self).position == position)
        }
    }

    @Test func readinessSaysHowTheLogStands() async throws {
        try await withServer { server in
            let before = try await server.send(.get("/readyz")).decode(HealthReply.self)
            let log = try #require(before.log)
            #expect(log.size == 0 && log.signedAt == nil && log.verifiedAt == nil)
            #expect(log.unsequenced == before.position.map { Int($0) } && log.findings == nil)
            try await server.installation.sequence()
            let engine = server.installation.engine
            try await engine.keep(Verifier(engine: engine).run())
            let after = try await server.send(.get("/readyz")).decode(HealthReply.self)
            #expect(after.log?.size == log.unsequenced && after.log?.unsequenced == 0)
            #expect(after.log?.signedAt != nil && after.log?.verifiedAt != nil)
            #expect(after.log?.findings == 0)
        }
    }

    @Test(arguments: [
        (StoreError.Code.unavailable, 503), (.busy, 503), (.full, 503), (.corrupt, 503),
        (.statement, 500),
    ])
    func onlyReadinessNeedsTheDatabase(_ code: StoreError.Code, _ status: Int) async throws {
        try await withServer { server in
            server.faults.set(.reads(code))
            #expect(try await server.send(.get("/healthz")).status == 200)
            let ready = try await server.send(.get("/readyz"))
            #expect(ready.status == status)
            _ = try ready.problem()
            server.faults.set(nil)
            #expect(try await server.send(.get("/readyz")).status == 200)
        }
    }

    /// A full disk lets everything be read.
    @Test func aDatabaseThatCannotBeWrittenIsNamed() async throws {
        try await withServer { server in
            server.faults.set(.writes(.full))
            let full = try await server.sendWithoutEffect(.get("/readyz"))
            #expect(full.status == 503)
            #expect(
                try full.problem().detail.contains("database cannot be written (the disk is full)")
            )
            server.faults.set(nil)
            #expect(try await server.sendWithoutEffect(.get("/readyz")).status == 200)
        }
    }

    /// A database that answers is not enough: no stop is acknowledged without its line.
    @Test func aJournalThatCannotBeWrittenIsNamed() async throws {
        try await withServer(isJournaled: true) { server in
            #expect(try await server.send(.get("/readyz")).status == 200)
            let folder = server.installation.journalPath
            let files = FileManager.default
            try files.moveItem(atPath: folder, toPath: folder + "-away")
            let gone = try await server.sendWithoutEffect(.get("/readyz"))
            #expect(gone.status == 503)
            let problem = try gone.problem()
            #expect(problem.detail.contains("journal of stops cannot be written"))
            // Its path is for the log.
            #expect(!gone.body.contains(folder))
            #expect(server.log.all.contains { $0.contains(folder) })
            let metrics = try await server.send(.get("/metrics"))
            #expect(metrics.body.contains("\nheed_journal_writable 0\n"))
            #expect(try await server.send(.get("/healthz")).status == 200)
            try files.moveItem(atPath: folder + "-away", toPath: folder)
            #expect(try await server.send(.get("/readyz")).status == 200)
        }
    }
}
