// Connectors are set up, changed, rested and ended; nothing that was to be told is lost in silence.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("ConnectorCommands")
struct ConnectorCommandsTests {
    private func effect<Work: Command>(
        _ installation: Installation,
        _ command: Work
    ) async throws -> Effect {
        try await installation.effect {
            _ = try await installation.engine.perform(command, as: Sample.actor)
        }
    }

    private func changed(
        _ settings: ConnectorSettings,
        _ options: [String: String]
    ) throws -> ConnectorSettings {
        try ConnectorSettings(
            name: settings.name,
            kind: settings.kind,
            url: settings.url,
            secret: "whsec_new",
            options: options
        )
    }

    private func claim(_ installation: Installation) async throws -> [Job] {
        let claim = ClaimJobs(lane: .optOut, limit: 99, leaseSeconds: 60)
        return try await installation.engine.perform(claim, as: .system("worker")).receipt
    }

    /// Begins what is to begin, and ends each telling as `outcome` says for its connector.
    private func work(
        _ installation: Installation,
        _ outcome: (String) -> AttemptOutcome
    ) async throws {
        for job in try await claim(installation) {
            switch job.kind {
            case .startOptOut(let id):
                let start = StartOptOut(id, job: job.id)
                _ = try await installation.engine.perform(start, as: .system("worker"))
            case .tellConnector(let id):
                let outcome = outcome(job.connector ?? "")
                let record = RecordOutcome(target: id, outcome: outcome, job: job.id)
                _ = try await installation.engine.perform(record, as: .system("worker"))
            case .mail, .rights: Issue.record("nobody asked for this")
            }
        }
    }

    private func withConnectors(
        _ backend: Backend,
        _ body: (Installation) async throws -> Void
    ) async throws {
        try await backend.withEngine { installation in
            for name in ["crm", "esp"] {
                try await installation.record([.connectorAdded(Sample.connector(name))])
            }
            try await body(installation)
        }
    }

    private func cancel(_ installation: Installation, _ name: String) async throws -> Int {
        var count = 0
        while true {
            let command = CancelTellings(of: name, limit: 2)
            let done = try await installation.engine.perform(command, as: Sample.actor).receipt
            count += done.cancelled
            if !done.mayBeMore { return count }
        }
    }

    @Test(arguments: Backend.allCases)
    func aConnectorsNameIsTakenOnce(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let settings = try Sample.connector("alpha")
            let added = try await effect(installation, AddConnector(settings))
            #expect(added == Effect(failure: nil, changed: ["audit_events", "connectors"]))
            let again = try await effect(installation, AddConnector(settings))
            #expect(again == .refused("conflict name"))
            #expect(try await installation.engine.ask(ListConnectors()) == [settings])
        }
    }

    @Test(arguments: Backend.allCases)
    func theNextJobSeesChangedSettings(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation in
            let old = try Sample.connector("crm")
            let new = try changed(old, ["colour": "blue"])
            let effect = try await effect(installation, ChangeConnector(from: old, to: new))
            #expect(effect == Effect(failure: nil, changed: ["audit_events", "connectors"]))
            #expect(try await installation.engine.ask(ListConnectors())[0] == new)
            let body = try await installation.sql(
                "SELECT body FROM audit_events WHERE kind = 'connector.changed'"
            ).map { String(decoding: try $0.blob(0), as: UTF8.self) }
            #expect(body.count == 1 && body[0].contains(#""options":"colour,secret""#))
            #expect(!body[0].contains("blue") && !body[0].contains("whsec"))
            let again = try await self.effect(installation, ChangeConnector(from: new, to: new))
            #expect(again == Effect(failure: nil, changed: []))
        }
    }

    /// What was checked is what is kept: somebody else's change meanwhile is not undone.
    @Test(arguments: Backend.allCases)
    func aChangeOfSomethingElseIsRefused(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation in
            let old = try Sample.connector("crm")
            let (one, two) = (try changed(old, ["a": "1"]), try changed(old, ["b": "2"]))
            _ = try await installation.engine.perform(
                ChangeConnector(from: old, to: one),
                as: Sample.actor
            )
            let late = try await effect(installation, ChangeConnector(from: old, to: two))
            #expect(late == .refused("conflict name"))
            let nobody = try Sample.connector("nobody")
            let unknown = try await effect(installation, ChangeConnector(from: nobody, to: nobody))
            #expect(unknown == .refused("not-found name"))
        }
    }

    /// While it rests it is told nothing, and nothing is forgotten: the opt-out waits for it.
    @Test(arguments: Backend.allCases)
    func whatADisabledOneIsToBeToldWaits(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation in
            let engine = installation.engine
            let disable = SwitchConnector("crm", .disabled)
            #expect(try await engine.perform(disable, as: Sample.actor).receipt)
            let again = try await effect(installation, SwitchConnector("crm", .disabled))
            #expect(again == Effect(failure: nil, changed: []))
            let id = try await installation.optOut(Sample.address())
            try await work(installation) { _ in .confirmed("ok") }
            #expect(try await claim(installation).map(\.connector) == ["esp"])
            #expect(try await engine.ask(DueConnectors(lane: .optOut)).isEmpty)
            let waiting = try await engine.ask(OptOutProgress(id))
            #expect(waiting.targets.map(\.state) == [.pending, .pending])
            _ = try await engine.perform(SwitchConnector("crm", .enabled), as: Sample.actor)
            #expect(try await claim(installation).map(\.connector) == ["crm"])
            let unknown = try await effect(installation, SwitchConnector("nobody", .disabled))
            #expect(unknown == .refused("not-found name"))
        }
    }

    /// One opt-out waits for the removed one alone, one for another too, one has not begun.
    @Test(arguments: Backend.allCases)
    func whatARemovedOneWasToBeToldIsCancelled(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation in
            let first = try await installation.optOut(Sample.address(1))
            try await work(installation) { _ in .confirmed("") }
            try await work(installation) { $0 == "crm" ? .givenUp("410") : .confirmed("ok") }
            let second = try await installation.optOut(Sample.address(2))
            try await work(installation) { _ in .confirmed("") }
            let third = try await installation.optOut(Sample.address(3))
            let engine = installation.engine
            installation.clock.advance(seconds: 7)
            let before = await failureCode { try await cancel(installation, "crm") }
            #expect(before == "conflict name")
            #expect(try await engine.perform(RemoveConnector("crm"), as: Sample.actor).receipt)
            #expect(try await !engine.perform(RemoveConnector("crm"), as: Sample.actor).receipt)
            // It can be named while something is open for it.
            let filter = ListJobs.Filter(connector: "crm")
            #expect(try await engine.ask(ListJobs(filter, limit: 9)).jobs.count == 2)
            #expect(try await cancel(installation, "crm") == 3)
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 2)
            let done = try await engine.ask(OptOutProgress(first))
            #expect(done.targets.map(\.state) == [.cancelled, .confirmed])
            #expect(done.targets.map(\.answer) == ["the connector was removed", "ok"])
            #expect(done.optOut.status == .completed)
            #expect(done.optOut.processedAt == installation.clock.now)
            #expect(
                done.timeline.map(\.kind).suffix(2) == ["optout.esp-cancelled", "optout.completed"]
            )
            for id in [second, third] {
                let open = try await engine.ask(OptOutProgress(id))
                #expect(open.targets.map(\.state) == [.cancelled, .pending])
                #expect(open.optOut.status != .completed)
            }
            try await work(installation) { _ in .confirmed("ok") }
            try await work(installation) { _ in .confirmed("ok") }
            for id in [second, third] {
                #expect(try await engine.ask(OptOutProgress(id)).optOut.status == .completed)
            }
            let unknown = await failureCode { try await engine.ask(ListJobs(filter, limit: 9)) }
            #expect(unknown == "not-found connector")
            let twice = try await effect(installation, RemoveConnector("crm"))
            #expect(twice == .refused("not-found name"))
            let report = try await engine.ask(QueueOverview())
            #expect(report.connectors.isEmpty)
        }
    }

    /// The answer to a request that was under way still counts when it is a yes.
    @Test(arguments: Backend.allCases, [true, false])
    func aLateAnswer(_ backend: Backend, _ isYes: Bool) async throws {
        try await withConnectors(backend) { installation in
            let id = try await installation.optOut(Sample.address())
            try await work(installation) { _ in .confirmed("") }
            let jobs = try await claim(installation)
            let job = try #require(jobs.first { $0.connector == "crm" })
            guard case .tellConnector(let target) = job.kind else { return }
            let engine = installation.engine
            _ = try await engine.perform(RemoveConnector("crm"), as: Sample.actor)
            #expect(try await cancel(installation, "crm") == 1)
            let late: AttemptOutcome = isYes ? .confirmed("ok") : .givenUp("HTTP 410")
            let record = RecordOutcome(target: target, outcome: late, job: job.id)
            let counted = try await engine.perform(record, as: .system("worker")).receipt
            #expect(counted == isYes)
            let found = try await engine.ask(OptOutProgress(id))
            #expect(found.targets[0].state == (isYes ? .confirmed : .cancelled))
        }
    }

    /// A worker that finds no connector for its job ends it the same way.
    @Test(arguments: Backend.allCases)
    func aWorkerMayCancelToo(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation in
            let id = try await installation.optOut(Sample.address())
            try await work(installation) { _ in .confirmed("") }
            _ = try await installation.engine.perform(RemoveConnector("crm"), as: Sample.actor)
            try await work(installation) { $0 == "crm" ? .cancelled : .confirmed("ok") }
            let found = try await installation.engine.ask(OptOutProgress(id))
            #expect(found.targets.map(\.state) == [.cancelled, .confirmed])
            #expect(found.optOut.status == .completed)
            #expect(try await installation.number("SELECT count(*) FROM jobs") == 0)
        }
    }

    /// A new connector of the old name is told nothing of before, unless somebody asks for it.
    @Test(arguments: Backend.allCases)
    func theNameCanBeUsedAgain(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation in
            let id = try await installation.optOut(Sample.address())
            let engine = installation.engine
            _ = try await engine.perform(RemoveConnector("crm"), as: Sample.actor)
            #expect(try await cancel(installation, "crm") == 1)
            _ = try await engine.perform(
                AddConnector(try Sample.connector("crm")),
                as: Sample.actor
            )
            try await work(installation) { _ in .confirmed("ok") }
            #expect(try await claim(installation).map(\.connector) == ["esp"])
            let again = TellAgain(id, to: "crm", missingAt: installation.clock.now)
            #expect(try await engine.perform(again, as: Sample.actor).receipt)
            #expect(try await claim(installation).map(\.connector) == ["crm"])
        }
    }
}
