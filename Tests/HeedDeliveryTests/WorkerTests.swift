// Every kind of job finds the handler that does it.

import HeedConnectors
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import Logging
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("Worker")
struct WorkerTests {
    private func worker(_ installation: Installation, _ transport: some Transport) -> Worker {
        let telling = ConnectorTelling(
            engine: installation.engine,
            gate: ConnectorGate(slots: 4, surroundings: installation.surroundings),
            transport: transport,
            retryPolicy: RetryPolicy(),
            surroundings: installation.surroundings
        )
        return Worker(
            telling,
            options: .init(concurrency: 4, leaseSeconds: 30),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private func claim(_ lane: Job.Lane, _ installation: Installation) async throws -> [Job] {
        let claim = ClaimJobs(lane: lane, limit: 100, leaseSeconds: 30)
        return try await installation.engine.perform(claim, as: .system("test")).receipt
    }

    /// An opt-out of one person and an erasure of another, and a connector to hear of both.
    private func begin(_ installation: Installation) async throws {
        let engine = installation.engine
        let settings = try ConnectorSettings(
            name: "crm",
            kind: "webhook",
            url: "https://crm.example/hook",
            secret: try WebhookSecret(bytes: Array(repeating: 7, count: 32)).text
        )
        _ = try await engine.perform(AddConnector(settings), as: Sample.actor)
        try await installation.decide(Sample.address(1))
        try await installation.decide(Sample.address(2))
        let optOut = try RequestOptOut(
            subject: .address(Sample.address(1)),
            extent: .global,
            source: .form
        )
        _ = try await engine.perform(optOut, as: .person)
        let erasure = ReceiveRequest(
            .erasure,
            of: .address(try Sample.address(2)),
            source: .form,
            verifiedBy: .form
        )
        _ = try await engine.perform(erasure, as: Sample.actor)
    }

    @Test func optOutsAndErasuresAreDoneToTheirEnd() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await begin(installation)
            let transport = ScriptedTransport(.answer(204))
            let worker = worker(installation, transport)
            var kinds: Set<String> = []
            var jobs: [Job]
            repeat {
                jobs = try await claim(.optOut, installation) + claim(.general, installation)
                for job in jobs {
                    kinds.insert(job.kind.stored.name)
                    try await worker.handle(job)
                }
            } while !jobs.isEmpty
            #expect(kinds.isSuperset(of: ["start-opt-out", "tell-connector"]))
            #expect(kinds.count > 4, "steps of an erasure: \(kinds)")
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 0)
            let people = Set(transport.acted.map { $0.prefix(while: { $0 != "_" }) })
            #expect(people.count >= 2, "told: \(transport.acted)")
        }
    }

    @Test func aMessageOfHeedsOwnIsForTheMessenger() async throws {
        try await Backend.sqlite.withEngine { installation in
            let ask = try RequestDoubleOptIn(
                address: try Sample.address(),
                scope: Sample.newsletter,
                source: .form,
                policyVersion: Sample.version,
                terms: DoubleOptInTerms()
            )
            _ = try await installation.engine.perform(ask, as: Sample.actor)
            let job = try #require(try await claim(.mail, installation).first)
            await #expect(throws: StrayJob.self) {
                try await worker(installation, ScriptedTransport(.answer(204))).handle(job)
            }
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 1)
        }
    }
}
