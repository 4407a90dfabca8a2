// The steps of an erasure against another system that answers, refuses, or loses its reply.

import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("ErasureHandler")
struct ErasureHandlerTests {
    /// An installation with one connector and a person who is to be erased.
    private func withRequest(
        _ body: (Installation, RequestID) async throws -> Void
    ) async throws {
        try await Backend.sqlite.withEngine { installation in
            let settings = try ConnectorSettings(
                name: "crm",
                kind: "webhook",
                url: "https://crm.example/hook",
                secret: try WebhookSecret(bytes: Array(repeating: 7, count: 32)).text
            )
            _ = try await installation.engine.perform(AddConnector(settings), as: Sample.actor)
            try await installation.decide(Sample.address())
            let request = ReceiveRequest(
                .erasure,
                of: .address(try Sample.address()),
                source: .form,
                verifiedBy: .form
            )
            let taken = try await installation.engine.perform(request, as: Sample.actor).receipt
            try await body(installation, taken.request.id)
        }
    }

    /// Does every job that is due until none is.
    private func work(_ installation: Installation, _ transport: some Transport) async throws {
        let telling = ConnectorTelling(
            engine: installation.engine,
            gate: ConnectorGate(slots: 4, surroundings: installation.surroundings),
            transport: transport,
            retryPolicy: RetryPolicy(),
            surroundings: installation.surroundings
        )
        let handler = ErasureHandler(telling)
        while true {
            let claim = ClaimJobs(lane: .general, limit: 100, leaseSeconds: 30)
            let jobs = try await installation.engine.perform(claim, as: .system("test")).receipt
            if jobs.isEmpty { return }
            for job in jobs { try await handler.handle(job) }
        }
    }

    private func progress(
        _ installation: Installation,
        _ id: RequestID
    ) async throws -> RequestProgress.Answer {
        try await installation.engine.ask(RequestProgress(id))
    }

    @Test func tellsRemovesAndCleans() async throws {
        try await withRequest { installation, id in
            let transport = ScriptedTransport(.answer(204))
            try await work(installation, transport)
            let done = try await progress(installation, id)
            #expect(done.request.status == .completed)
            #expect(done.targets.map(\.answer) == ["HTTP 204"])
            #expect(transport.acted == done.targets.map(\.id.text))
            #expect(try await installation.check(Sample.address()).reason == .erased)
        }
    }

    @Test func aLostReplyIsToldAgainUnderOneID() async throws {
        try await withRequest { installation, id in
            let transport = ScriptedTransport(.fail(.timeout), .answer(204))
            try await work(installation, transport)
            #expect(try await progress(installation, id).request.status == .processing)
            #expect(try await installation.check(Sample.address()).reason == .erased)
            installation.clock.advance(seconds: 3600)
            try await work(installation, transport)
            let done = try await progress(installation, id)
            #expect(done.request.status == .completed)
            #expect(done.targets.map(\.attempts) == [2])
            #expect(Set(transport.acted).count == 1)
        }
    }

    @Test func aRefusalIsToldAgainOnAnOperatorsWord() async throws {
        try await withRequest { installation, id in
            try await work(installation, ScriptedTransport(.answer(410)))
            let refused = try await progress(installation, id)
            #expect(refused.request.status == .partlyRefused)
            #expect(refused.targets.map(\.answer) == ["HTTP 410"])
            _ = try await installation.engine.perform(RetryErasure(id), as: Sample.actor)
            let transport = ScriptedTransport(.answer(204))
            try await work(installation, transport)
            #expect(try await progress(installation, id).request.status == .completed)
            // The person's data was gone; the address was kept for this system alone.
            #expect(transport.acted.count == 1)
        }
    }

    @Test func aConnectorThatIsNoMoreIsNotWaitedFor() async throws {
        try await withRequest { installation, id in
            let remove = RemoveConnector("crm")
            _ = try await installation.engine.perform(remove, as: Sample.actor)
            try await work(installation, ScriptedTransport())
            #expect(try await progress(installation, id).request.status == .completed)
        }
    }
}
