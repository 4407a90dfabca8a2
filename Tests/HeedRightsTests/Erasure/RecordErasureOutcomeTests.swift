// What other systems answer: refusals are on the receipt, a later yes completes, crashes change
// nothing.

import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Erasure elsewhere")
struct RecordErasureOutcomeTests {
    /// Does all steps; `outcome` says how a connector answers.
    private func work(
        _ installation: Installation,
        _ outcome: (String) -> AttemptOutcome
    ) async throws {
        while true {
            let jobs = try await installation.claimSteps()
            if jobs.isEmpty { return }
            for job in jobs {
                guard case .rights(.tell(let target)) = job.kind else {
                    try await installation.finish(job)
                    continue
                }
                let outcome = outcome(job.connector ?? "")
                let record = RecordErasureOutcome(target: target, outcome: outcome, job: job.id)
                _ = try await installation.engine.perform(record, as: .system("worker"))
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func aRefusalIsOnTheReceiptAndALaterYesCompletesIt(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm", "esp")
            let contact = try await installation.addErin()
            let id = try await installation.requestErasure()
            try await work(installation) { $0 == "esp" ? .givenUp("HTTP 403") : .confirmed("gone") }
            #expect(try await installation.status(id) == .partlyRefused)
            let first = try await installation.receipt(id)
            #expect(first.outcome == "partly-refused")
            let said = first.systems.map { "\($0.connector) \($0.outcome) \($0.answer ?? "")" }
            #expect(said == ["crm confirmed gone", "esp refused HTTP 403"])
            // Here everything is gone; only for that system the address is kept, sealed.
            let target = try #require(
                try await installation.progress(id).targets.first { $0.connector == "esp" }
            )
            let (isErased, kept) = try await installation.database.read { transaction in
                (
                    try transaction.isErased(contact),
                    try transaction.addresses(for: target, of: contact)
                )
            }
            #expect(isErased && kept == [Searchable.address])
            let retry = RetryErasure(id)
            #expect(try await installation.engine.perform(retry, as: Sample.actor).receipt == 1)
            let details = try await installation.engine.ask(ErasureDetails(target.id))
            #expect(details?.addresses == [Searchable.address])
            try await work(installation) { _ in .confirmed("204") }
            #expect(try await installation.status(id) == .completed)
            let second = try await installation.receipt(id)
            #expect(second.number == 2)
            #expect(second.outcome == "completed")
            #expect(second.tables.map(\.table) == first.tables.map(\.table))
            let left = try await installation.database.read { transaction in
                try transaction.addresses(for: target, of: contact)
            }
            #expect(left.isEmpty)
            await #expect(throws: Refusal.self) {
                _ = try await installation.engine.perform(retry, as: Sample.actor)
            }
        }
    }

    private func giveUp(
        _ installation: Installation,
        _ id: RequestID,
        _ connector: String? = nil
    ) async throws -> Int {
        let command = GiveUpErasure(
            id,
            connector: connector,
            reason: Source(stored: "system-shut-down")
        )
        return try await installation.engine.perform(command, as: Sample.actor).receipt
    }

    /// A system that never answers does not hold up what is done here for ever.
    @Test(arguments: Backend.allCases)
    func whatDoesNotAnswerIsGivenUpAndToldAgain(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm", "esp")
            let contact = try await installation.addErin()
            let id = try await installation.requestErasure()
            await #expect(throws: Refusal.self) { try await giveUp(installation, id) }
            let next = installation.clock.now.adding(seconds: 90)
            try await work(installation) {
                $0 == "esp" ? .failed("HTTP 503", retryAt: next) : .confirmed("gone")
            }
            #expect(try await installation.status(id) == .processing)
            let unknown = try await installation.effect {
                _ = try await giveUp(installation, id, "none")
            }
            #expect(unknown == Effect(failure: "invalid-field connector", changed: []))
            #expect(try await giveUp(installation, id, "esp") == 1)
            // Its job does not come again.
            installation.clock.advance(seconds: 91)
            try await work(installation) { _ in
                Issue.record("a system was told after it was given up")
                return .confirmed("late")
            }
            #expect(try await installation.status(id) == .partlyRefused)
            #expect(try await installation.database.read { try $0.isErased(contact) })
            let said = try await installation.receipt(id).systems.map { system in
                "\(system.connector) \(system.outcome) \(system.answer ?? "")"
            }
            #expect(
                said == [
                    "crm confirmed gone",
                    "esp refused given up: system-shut-down; its last answer: HTTP 503",
                ]
            )
            #expect(try await installation.count(of: "erasure.esp-failed", about: id) == 1)
            #expect(try await installation.count(of: "erasure.esp-refused", about: id) == 1)
            let again = try await installation.effect { _ = try await giveUp(installation, id) }
            #expect(again == Effect(failure: "conflict id", changed: []))
            let retry = RetryErasure(id)
            #expect(try await installation.engine.perform(retry, as: Sample.actor).receipt == 1)
            try await work(installation) { _ in .confirmed("204") }
            #expect(try await installation.status(id) == .completed)
            #expect(
                try await installation.receipt(id).systems.map(\.outcome) == [
                    "confirmed", "confirmed",
                ]
            )
        }
    }

    /// What a worker has in its hands is not given up, and an erasure is none of `BuryJob`'s.
    @Test(arguments: Backend.allCases)
    func aSystemThatIsBeingToldIsNotGivenUp(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            _ = try await installation.addErin()
            let id = try await installation.requestErasure()
            for job in try await installation.claimSteps() { try await installation.finish(job) }
            let job = try #require(try await installation.claimSteps().first)
            let early = try await installation.effect { _ = try await giveUp(installation, id) }
            #expect(early == Effect(failure: "conflict id", changed: []))
            let next = installation.clock.now.adding(seconds: 90)
            guard case .rights(.tell(let target)) = job.kind else { throw StrayStep() }
            let record = RecordErasureOutcome(
                target: target,
                outcome: .failed("HTTP 503", retryAt: next),
                job: job.id
            )
            _ = try await installation.engine.perform(record, as: .system("worker"))
            let error = await #expect(throws: Refusal.self) {
                _ = try await installation.engine.perform(BuryJob(job.id), as: Sample.actor)
            }
            #expect(error?.message.contains("heed request give-up") == true)
            #expect(try await giveUp(installation, id) == 1)
            try await work(installation) { _ in .confirmed("late") }
            #expect(try await installation.status(id) == .partlyRefused)
        }
    }

    private struct StrayStep: Error {}

    @Test(arguments: Backend.allCases)
    func aFailureIsTriedAgainLater(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            _ = try await installation.addErin()
            let id = try await installation.requestErasure()
            let next = installation.clock.now.adding(seconds: 90)
            try await work(installation) { _ in .failed("HTTP 503", retryAt: next) }
            let waiting = try await installation.progress(id)
            #expect(waiting.request.status == .processing)
            #expect(waiting.targets.map(\.nextAttemptAt) == [next])
            installation.clock.advance(seconds: 91)
            try await work(installation) { _ in .confirmed("gone") }
            #expect(try await installation.status(id) == .completed)
            #expect(try await installation.progress(id).targets.map(\.attempts) == [2])
        }
    }

    /// Nothing is waited for from a connector that is no more.
    @Test(arguments: Backend.allCases)
    func aRemovedConnectorIsSaidToBeRemoved(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            _ = try await installation.addErin()
            let id = try await installation.requestErasure()
            try await work(installation) { _ in .cancelled }
            #expect(try await installation.status(id) == .completed)
            #expect(try await installation.receipt(id).systems.map(\.outcome) == ["removed"])
        }
    }

    /// An opt-out that was still to be told elsewhere ends with the erasure.
    @Test(arguments: Backend.allCases)
    func openOptOutsEndWithIt(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm")
            _ = try await installation.addErin()
            let address = try Address(email: Searchable.address)
            let stop = try await installation.optOut(address)
            _ = try await installation.requestErasure()
            try await installation.doSteps()
            let optOut = try await installation.engine.ask(OptOutProgress(stop))
            #expect(optOut.optOut.status == .completed)
            #expect(optOut.targets.map(\.state) == [.cancelled])
            #expect(optOut.targets.map(\.answer) == ["the person was erased"])
        }
    }

    /// Every step twice: the commit fails, or it worked and the reply was lost.
    @Test(arguments: Backend.allCases, [FaultyDatabase.Fault.beforeCommit, .afterCommit])
    func everyStepMayBreakOffAndBeRepeated(
        _ backend: Backend,
        _ fault: FaultyDatabase.Fault
    ) async throws {
        try await backend.withEngine { installation in
            try await installation.addConnectors("crm", "esp")
            let contact = try await installation.addErin()
            let id = try await installation.requestErasure()
            let faulty = FaultyDatabase(installation.database)
            let broken = try Installation(
                backend,
                opened: faulty,
                in: installation.folder,
                seed: 1,
                clock: installation.clock
            )
            var met: Set<JobID> = []
            while true {
                let jobs = try await installation.claimSteps()
                if jobs.isEmpty { break }
                for job in jobs {
                    if met.insert(job.id).inserted {
                        faulty.plan([fault])
                        await #expect(throws: StoreError.self) { try await broken.finish(job) }
                    } else {
                        try await installation.finish(job)
                    }
                }
                // The workers are dead; their leases run out and the jobs come again.
                installation.clock.advance(seconds: 61)
                let rescue = RescueJobs()
                _ = try await installation.engine.perform(rescue, as: .system("rescuer"))
            }
            // Begin, two connectors, remove, clean.
            #expect(met.count == 5)
            #expect(try await installation.status(id) == .completed)
            for kind in [
                "request.processing", "erasure.enqueued", "erasure.local-cascade-completed",
                "request.receipt-issued", "request.completed",
            ] { #expect(try await installation.count(of: kind, about: id) == 1, "\(kind)") }
            #expect(try await installation.count(of: "erasure.esp-confirmed", about: id) == 2)
            let isErased = try await installation.database.read { transaction in
                try transaction.isErased(contact)
            }
            #expect(isErased)
        }
    }
}
