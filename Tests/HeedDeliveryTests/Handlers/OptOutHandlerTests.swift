// The work of an opt-out job against another system that answers, fails, or loses its reply.

import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedEngine
import HeedStore
import MetricsTestKit
import TestSupport
import Testing

@Suite("OptOutHandler")
struct OptOutHandlerTests {
    /// An installation with one connector and one opt-out that was just acknowledged.
    private func withOptOut(
        url: String = "https://crm.example/hook",
        addresses: [String] = ["ada@mail.example"],
        _ body: (Installation, OptOutID) async throws -> Void
    ) async throws {
        try await Backend.sqlite.withEngine { installation in
            let settings = try ConnectorSettings(
                name: "crm",
                kind: "webhook",
                url: url,
                secret: try WebhookSecret(bytes: Array(repeating: 7, count: 32)).text
            )
            _ = try await installation.engine.perform(AddConnector(settings), as: Sample.actor)
            let contact = try AddContact(
                addresses: try addresses.map { try Address(email: $0) },
                externalID: nil,
                locale: nil,
                region: nil
            )
            _ = try await installation.engine.perform(contact, as: Sample.actor)
            let request = try RequestOptOut(
                subject: .address(try Address(email: addresses[0])),
                extent: .scope(Sample.newsletter),
                source: .form
            )
            let receipt = try await installation.engine.perform(request, as: .person).receipt
            try await body(installation, try #require(OptOutID(text: receipt.id)))
        }
    }

    /// Does every due job once.
    private func work(
        _ installation: Installation,
        _ transport: some Transport,
        _ metrics: DeliveryMetrics = DeliveryMetrics()
    ) async throws -> Int {
        let telling = ConnectorTelling(
            engine: installation.engine,
            gate: ConnectorGate(slots: 4, surroundings: installation.surroundings),
            transport: transport,
            retryPolicy: RetryPolicy(),
            surroundings: installation.surroundings
        )
        let handler = OptOutHandler(telling, metrics: metrics)
        let claim = ClaimJobs(lane: .optOut, limit: 100, leaseSeconds: 30)
        let jobs = try await installation.engine.perform(claim, as: .system("test")).receipt
        for job in jobs { try await handler.handle(job) }
        return jobs.count
    }

    private func progress(
        _ installation: Installation,
        _ id: OptOutID
    ) async throws -> OptOutProgress.Answer {
        try await installation.engine.ask(OptOutProgress(id))
    }

    @Test func tellsTheConnectorAndCompletes() async throws {
        try await withOptOut { installation, id in
            let transport = ScriptedTransport(.answer(204))
            #expect(try await work(installation, transport) == 1)
            #expect(try await progress(installation, id).optOut.status == .processing)
            installation.clock.advance(seconds: 2)
            #expect(try await work(installation, transport) == 1)
            let done = try await progress(installation, id)
            #expect(done.optOut.status == .completed)
            #expect(done.optOut.processingMilliseconds == 2000)
            #expect(done.targets.map(\.answer) == ["HTTP 204"])
            #expect(transport.acted == done.targets.map(\.id.text))
            #expect(try await work(installation, transport) == 0)
        }
    }

    @Test func measuresAttemptsAndHowLongAPersonWaited() async throws {
        try await withOptOut { installation, _ in
            let kept = TestMetrics()
            let metrics = DeliveryMetrics(kept)
            let transport = ScriptedTransport(.answer(500), .answer(204))
            _ = try await work(installation, transport, metrics)
            _ = try await work(installation, transport, metrics)
            installation.clock.advance(seconds: 61)
            _ = try await work(installation, transport, metrics)
            for outcome in ["failed", "confirmed"] {
                let labels = [("connector", "crm"), ("outcome", outcome)]
                let counter = try kept.expectCounter(DeliveryMetrics.attempts, labels)
                #expect(counter.totalValue == 1)
            }
            let labels = [("connector", "crm")]
            let waited = try kept.expectRecorder(DeliveryMetrics.providerEffect, labels)
            #expect(waited.values == [61])
        }
    }

    @Test(arguments: [
        (Turn.answer(500), "HTTP 500"), (.answer(404), "HTTP 404"), (.answer(301), "HTTP 301"),
        (.fail(.unreachable), "unreachable"), (.fail(.timeout), "timeout"),
    ])
    func aFailureIsTriedAgainLater(_ turn: Turn, _ answer: String) async throws {
        try await withOptOut { installation, id in
            let transport = ScriptedTransport(turn, .answer(200))
            _ = try await work(installation, transport)
            _ = try await work(installation, transport)
            let failed = try await progress(installation, id)
            #expect(failed.targets.map(\.answer) == [answer])
            #expect(failed.targets.map(\.attempts) == [1])
            #expect(failed.targets.allSatisfy { $0.nextAttemptAt != nil })
            #expect(try await work(installation, transport) == 0)
            installation.clock.advance(seconds: 6)
            #expect(try await work(installation, transport) == 1)
            #expect(try await progress(installation, id).optOut.status == .completed)
        }
    }

    @Test func aLostReplyIsRepeatedUnderTheSameID() async throws {
        try await withOptOut { installation, id in
            let transport = ScriptedTransport(.loseReply, .answer(200))
            _ = try await work(installation, transport)
            _ = try await work(installation, transport)
            installation.clock.advance(seconds: 6)
            _ = try await work(installation, transport)
            let done = try await progress(installation, id)
            #expect(done.optOut.status == .completed)
            #expect(transport.acted == [done.targets[0].id.text, done.targets[0].id.text])
            #expect(done.timeline.count { $0.kind == "optout.esp-confirmed" } == 1)
            #expect(done.timeline.count { $0.kind == "optout.completed" } == 1)
        }
    }

    @Test func aWorkerThatDiedAfterTellingIsRepeated() async throws {
        try await withOptOut { installation, id in
            let transport = ScriptedTransport(.answer(200))
            _ = try await work(installation, transport)
            let claim = ClaimJobs(lane: .optOut, limit: 1, leaseSeconds: 30)
            _ = try await installation.engine.perform(claim, as: .system("dead worker"))
            installation.clock.advance(seconds: 31)
            let rescued = try await installation.engine.perform(RescueJobs(), as: .system("test"))
            #expect(rescued.receipt == 1)
            #expect(try await work(installation, transport) == 1)
            #expect(try await progress(installation, id).optOut.status == .completed)
        }
    }

    @Test func afterTheLastAttemptItIsBuriedAndTheOptOutStaysInForce() async throws {
        try await withOptOut { installation, id in
            let transport = ScriptedTransport(.fail(.unreachable))
            _ = try await work(installation, transport)
            for _ in 0..<Job.attemptsMaximum {
                #expect(try await work(installation, transport) == 1)
                installation.clock.advance(seconds: 50_000)
            }
            #expect(try await work(installation, transport) == 0)
            let buried = try await progress(installation, id)
            #expect(buried.targets.map(\.state) == [.buried])
            #expect(buried.targets.map(\.attempts) == [Job.attemptsMaximum])
            #expect(buried.optOut.status == .processing)
            let subject = Subject.address(try Address(email: "ada@mail.example"))
            let check = MaySend(subject: subject, scope: Sample.newsletter)
            #expect(try await installation.engine.ask(check).decision.optOutStatus == .pending)
        }
    }

    @Test func aReceiverThatIsGoneForGoodIsBuriedAtOnce() async throws {
        try await withOptOut { installation, id in
            let transport = ScriptedTransport(.answer(410))
            _ = try await work(installation, transport)
            _ = try await work(installation, transport)
            let buried = try await progress(installation, id)
            #expect(buried.targets.map(\.state) == [.buried])
            #expect(buried.targets.map(\.answer) == ["HTTP 410"])
        }
    }

    @Test func eachAddressIsToldUnderAnIDOfItsOwn() async throws {
        let addresses = ["ada@mail.example", "ada@work.example"]
        try await withOptOut(addresses: addresses) { installation, id in
            let transport = ScriptedTransport(.answer(200))
            _ = try await work(installation, transport)
            _ = try await work(installation, transport)
            let done = try await progress(installation, id)
            let target = done.targets[0].id.text
            #expect(transport.acted == [target, target + "_2"])
            #expect(done.optOut.status == .completed)
        }
    }

    @Test func settingsThatCannotWorkAreBuriedWithTheReason() async throws {
        try await withOptOut(url: "ftp://crm.example/hook") { installation, id in
            let transport = ScriptedTransport(.answer(200))
            _ = try await work(installation, transport)
            _ = try await work(installation, transport)
            let buried = try await progress(installation, id)
            #expect(buried.targets.map(\.state) == [.buried])
            #expect(buried.targets[0].answer?.hasPrefix("url: ") == true)
            #expect(transport.requests == 0)
        }
    }

    /// A wrong setting is given up on; once it is put right and retried, the opt-out completes.
    @Test func settingsThatArePutRightCompleteWhatWasBuried() async throws {
        try await withOptOut(url: "ftp://crm.example/hook") { installation, id in
            let transport = ScriptedTransport(.answer(204))
            _ = try await work(installation, transport)
            _ = try await work(installation, transport)
            let engine = installation.engine
            let old = try #require(try await engine.ask(ListConnectors()).first)
            let new = try ConnectorSettings(
                name: old.name,
                kind: old.kind,
                url: "https://crm.example/hook",
                secret: old.secret
            )
            _ = try await engine.perform(ChangeConnector(from: old, to: new), as: Sample.actor)
            let buried = ListJobs.Filter(state: "buried", connector: "crm")
            for job in try await engine.ask(ListJobs(buried, limit: 9)).jobs {
                _ = try await engine.perform(RetryJob(job.id), as: Sample.actor)
            }
            #expect(try await work(installation, transport) == 1)
            let done = try await progress(installation, id)
            #expect(done.targets.map(\.state) == [.confirmed])
            #expect(done.optOut.status == .completed)
        }
    }

    @Test func aConnectorThatWasRemovedIsWaitedForNoLonger() async throws {
        try await withOptOut { installation, id in
            let transport = ScriptedTransport(.answer(204))
            _ = try await work(installation, transport)
            _ = try await installation.engine.perform(RemoveConnector("crm"), as: Sample.actor)
            #expect(try await work(installation, transport) == 1)
            let done = try await progress(installation, id)
            #expect(done.targets.map(\.state) == [.cancelled])
            #expect(done.optOut.status == .completed)
            #expect(transport.requests == 0)
        }
    }
}
