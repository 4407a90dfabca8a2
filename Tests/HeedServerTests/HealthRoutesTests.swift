// Tests that the two probes tell a living process from one that can do its work.

import HTTPTypes
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
        (StoreError.Code.unavailable, 503), (.busy, 503), (.full, 503), (.corrupt, 500),
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
}
