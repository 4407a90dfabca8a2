// Tests that the two probes tell a living process from one that can do its work.

import HeedStore
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
