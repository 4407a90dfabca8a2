// Alerts by an injected clock: at one hour, again while it lasts, once when it is over, by every
// channel, through failures, lost replies, restarts and several nodes.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import Logging
import Synchronization
import TestSupport
import Testing

@testable import HeedDelivery

/// A channel that takes what it is told, or not, as a test says.
private final class Scripted: Sendable {
    private struct State {
        var heard: [AlertNotice] = []
        var isDeaf = false
        var losesReplies = false
    }

    let name: String
    private let state = Mutex(State())

    init(_ name: String) { self.name = name }

    var channel: AlertChannel {
        AlertChannel(name) { [self] notice in
            state.withLock { state in
                if state.isDeaf { return .failed("deaf") }
                state.heard.append(notice)
                return state.losesReplies ? .failed("reply-lost") : .taken
            }
        }
    }

    func set(deaf: Bool) { state.withLock { $0.isDeaf = deaf } }
    func set(losesReplies: Bool) { state.withLock { $0.losesReplies = losesReplies } }

    var notices: [AlertNotice] { state.withLock { $0.heard } }

    /// What was heard since the last time somebody asked, such as `old-job began`.
    func takeHeard() -> [String] {
        state.withLock { state in
            defer { state.heard = [] }
            return state.heard.map { "\($0.incident.kind.rawValue) \($0.reason.rawValue)" }
        }
    }
}

@Suite("Watch")
struct WatchTests {
    private let log = LogLines()
    private let first = Scripted("first")
    private let second = Scripted("second")

    private func watch(
        _ engine: Engine,
        holder: UInt8 = 1,
        channels: [AlertChannel]? = nil
    ) -> Watch {
        Watch(
            engine: engine,
            // Nothing sequences here.
            rules: AlertRules(logBehindSeconds: 1 << 40),
            channels: channels ?? [first.channel, second.channel],
            holder: [UInt8](repeating: holder, count: 16),
            logger: log.logger
        )
    }

    /// The worker is stopped, and the alert fires, names the job, repeats
    /// and clears.
    @Test(arguments: Backend.allCases)
    func aStoppedWorkerIsToldAtOneHourAndUntilItWorksAgain(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let service = watch(installation.engine)
            try await installation.optOut(Sample.address(1))
            let oldest = try await installation.engine.ask(ListJobs(limit: 1)).jobs[0].id
            installation.clock.advance(seconds: 100)
            try await installation.optOut(Sample.address(2))
            var said: [String] = []
            let hour: Int64 = 3600
            for age in [3599, hour, hour + 1, 5 * hour - 1, 5 * hour, 5 * hour + 1, 9 * hour] {
                installation.clock.set(to: TestClock().now.adding(seconds: age))
                await service.look()
                said += first.notices.map { "\(age) \($0.reason)" }
                #expect(first.notices.allSatisfy { $0.incident.detail.contains(oldest.text) })
                #expect(first.takeHeard() == second.takeHeard())
            }
            #expect(said == ["3600 began", "18000 lasts", "32400 lasts"])
            try await installation.drainQueue()
            await service.look()
            #expect(first.notices.map(\.incident.overAt) == [installation.clock.now])
            #expect(first.takeHeard() == ["old-job resolved"])
            #expect(second.takeHeard() == ["old-job resolved"])
            await service.look()
            #expect(first.takeHeard() + second.takeHeard() == [])
            #expect(try await installation.number("SELECT count(*) FROM alerts") == 0)
        }
    }

    /// An installation with a job that is old.
    private func withOldJob(
        _ backend: Backend = .sqlite,
        _ body: (Installation) async throws -> Void
    ) async throws {
        try await backend.withEngine { installation in
            try await installation.optOut(Sample.address())
            installation.clock.advance(seconds: 3600)
            try await body(installation)
        }
    }

    @Test(arguments: Backend.allCases)
    func aDeafChannelIsToldAtTheNextLookAndHoldsUpNoOther(_ backend: Backend) async throws {
        try await withOldJob(backend) { installation in
            let service = watch(installation.engine)
            first.set(deaf: true)
            await service.look()
            #expect(first.takeHeard() == [] && second.takeHeard() == ["old-job began"])
            let line =
                "warning an alert is to be told again alert=old-job channel=first reason=deaf"
            #expect(log.all == [line])
            await service.look()
            #expect(first.takeHeard() + second.takeHeard() == [])
            first.set(deaf: false)
            await service.look()
            #expect(first.takeHeard() == ["old-job began"] && second.takeHeard() == [])
        }
    }

    /// Deaf from the beginning to the end, it hears at least of the end.
    @Test func aChannelThatWasDeafAllTheTimeHearsTheEnd() async throws {
        try await withOldJob { installation in
            let service = watch(installation.engine)
            first.set(deaf: true)
            await service.look()
            try await installation.drainQueue()
            await service.look()
            #expect(second.takeHeard() == ["old-job began", "old-job resolved"])
            first.set(deaf: false)
            await service.look()
            #expect(first.takeHeard() == ["old-job resolved"] && second.takeHeard() == [])
            await service.look()
            #expect(first.takeHeard() + second.takeHeard() == [])
        }
    }

    /// It worked, but the reply was lost: told twice under one id, and never not at all.
    @Test func aLostReplyIsToldAgainUnderTheSameID() async throws {
        try await withOldJob { installation in
            let service = watch(installation.engine)
            first.set(losesReplies: true)
            await service.look()
            installation.clock.advance(seconds: 7)
            await service.look()
            first.set(losesReplies: false)
            await service.look()
            await service.look()
            #expect(first.notices.count == 3)
            #expect(Set(first.notices.map(\.id)).count == 1)
            #expect(first.takeHeard() == Array(repeating: "old-job began", count: 3))
            #expect(second.takeHeard() == ["old-job began"])
        }
    }

    /// The channel took it and the database did not keep that: the same as a lost reply.
    @Test(arguments: [FaultyDatabase.Fault.beforeCommit, .afterCommit, .atStatement(0)])
    func whatWasNotKeptIsToldAgain(_ fault: FaultyDatabase.Fault) async throws {
        try await withOldJob { installation in
            // The lease, the incident, then what the one channel was told.
            let faulty = FaultyDatabase(installation.database, [.none, .none, fault])
            let service = watch(Engine(database: faulty), channels: [first.channel])
            await service.look()
            #expect(first.takeHeard() == ["old-job began"])
            #expect(log.all.count == 1)
            await service.look()
            #expect(first.takeHeard() == (fault == .afterCommit ? [] : ["old-job began"]))
            await service.look()
            #expect(first.takeHeard() == [])
        }
    }

    /// A look that the database cannot serve tells nobody, and the next one does.
    @Test(arguments: [0, 1])
    func aLookThatFailsIsRepeated(_ write: Int) async throws {
        try await withOldJob { installation in
            let faults = Array(repeating: FaultyDatabase.Fault.none, count: write)
            let faulty = FaultyDatabase(installation.database, faults + [.beforeCommit])
            let service = watch(Engine(database: faulty))
            await service.look()
            #expect(first.takeHeard() == [])
            #expect(log.of(.error).count == 1)
            await service.look()
            #expect(first.takeHeard() == ["old-job began"])
        }
    }

    @Test(arguments: Backend.allCases)
    func aRestartTellsNothingAnew(_ backend: Backend) async throws {
        try await withOldJob(backend) { installation in
            await watch(installation.engine).look()
            #expect(first.takeHeard() == ["old-job began"])
            let other = Engine(database: try installation.reopened())
            await watch(other, holder: 2).look()
            #expect(first.takeHeard() == [])
            installation.clock.advance(seconds: 14_400)
            await watch(other, holder: 2).look()
            #expect(first.takeHeard() == ["old-job lasts"])
        }
    }

    /// While one node is telling, another leaves it alone.
    @Test(arguments: Backend.allCases)
    func oneNodeTells(_ backend: Backend) async throws {
        try await withOldJob(backend) { installation in
            let other = watch(Engine(database: try installation.reopened()), holder: 2)
            let slow = AlertChannel("slow") { [first] notice in
                await other.look()
                return await first.channel.tell(notice)
            }
            await watch(installation.engine, channels: [slow]).look()
            #expect(first.takeHeard() == ["old-job began"])
            #expect(second.takeHeard() == [])
        }
    }

    /// A node without the webhook leaves the end to the node that has it, but not for ever.
    @Test func anotherNodesChannelHearsTheEnd() async throws {
        try await withOldJob { installation in
            let both = watch(installation.engine)
            let one = watch(installation.engine, holder: 2, channels: [second.channel])
            await both.look()
            try await installation.drainQueue()
            await one.look()
            await one.look()
            #expect(first.takeHeard() == ["old-job began"])
            #expect(second.takeHeard() == ["old-job began", "old-job resolved"])
            await both.look()
            #expect(first.takeHeard() == ["old-job resolved"] && second.takeHeard() == [])
            #expect(try await installation.number("SELECT count(*) FROM alerts") == 0)
        }
    }

    @Test func aChannelThatIsSetUpNowhereAnyMoreIsForgotten() async throws {
        try await withOldJob { installation in
            await watch(installation.engine).look()
            try await installation.drainQueue()
            let one = watch(installation.engine, channels: [second.channel])
            await one.look()
            installation.clock.advance(seconds: Watch.othersSeconds - 1)
            await one.look()
            #expect(try await installation.number("SELECT count(*) FROM alerts") == 1)
            installation.clock.advance(seconds: 1)
            await one.look()
            #expect(try await installation.number("SELECT count(*) FROM alerts") == 0)
        }
    }

    /// A node that died while telling is taken over from once its lease has run out.
    @Test func whatADeadNodeLeftUntoldIsTold() async throws {
        try await withOldJob { installation in
            let dead = [UInt8](repeating: 9, count: 16)
            let began = try await installation.engine.beginPeriodic(
                "watch",
                holder: dead,
                seconds: Watch.leaseSeconds
            )
            #expect(began)
            let service = watch(installation.engine)
            await service.look()
            #expect(first.takeHeard() == [])
            installation.clock.advance(seconds: Watch.leaseSeconds)
            await service.look()
            #expect(first.takeHeard() == ["old-job began"])
        }
    }

    @Test(arguments: Backend.allCases)
    func whileNothingIsWrongNothingIsWritten(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.optOut(Sample.address())
            let before = try await installation.contents()
            await watch(installation.engine).look()
            #expect(try await installation.contents().changed(since: before) == [])
            #expect(log.all == [])
        }
    }

    /// What the verifier found reaches operators like everything else.
    @Test func aFindingOfTheVerifierIsTold() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.decide(Sample.address())
            let sequencer = Sequencer(
                engine: installation.engine,
                origin: "heed.example/log",
                holder: [UInt8](repeating: 1, count: 16)
            )
            try await sequencer.catchUp()
            try await installation.sql("UPDATE permissions SET state = 'denied'")
            try await installation.engine.keep(Verifier(engine: installation.engine).run())
            let service = watch(installation.engine, channels: [.log(log.logger)])
            await service.look()
            #expect(log.of(.critical).count == 1)
            #expect(log.all[0].contains("found 1 difference "))
            try await installation.sql("UPDATE permissions SET state = 'granted'")
            installation.clock.advance(seconds: 1)
            try await installation.engine.keep(Verifier(engine: installation.engine).run())
            await service.look()
            #expect(log.of(.notice).count == 1 && log.all.count == 2)
        }
    }

    /// A person's request is told a week before its deadline and once more when that has passed.
    @Test(arguments: Backend.allCases)
    func aRequestThatIsNotAnsweredIsTold(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address())
            let ask = ReceiveRequest(.access, of: .address(try Sample.address()), source: .form)
            let taken = try await installation.engine.perform(ask, as: .person).receipt.request
            let service = watch(installation.engine, channels: [.log(log.logger)])
            await service.look()
            #expect(log.all.isEmpty)
            func wait(untilDaysBefore days: Int64) {
                let now = installation.clock.now
                let end = taken.deadlineAt.adding(seconds: -days * 86_400)
                installation.clock.advance(seconds: end.wholeSeconds - now.wholeSeconds)
            }
            wait(untilDaysBefore: 8)
            await service.look()
            #expect(log.all.isEmpty)
            wait(untilDaysBefore: 6)
            await service.look()
            #expect(log.of(.error).count == 1)
            #expect(log.all[0].contains("request-deadline-near"))
            #expect(log.all[0].contains(taken.id.text))
            wait(untilDaysBefore: -1)
            await service.look()
            #expect(log.of(.critical).count == 1)
            let refuse = RefuseRequest(taken.id, reason: Source(stored: "late"))
            _ = try await installation.engine.perform(refuse, as: Sample.actor)
            let before = log.of(.notice).count
            await service.look()
            #expect(log.of(.notice).count > before)
        }
    }

    /// No address, however often it was said.
    @Test func noAlertNamesAPerson() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            let contact = try await installation.decide(Sample.address())
            try await installation.optOut(Sample.address())
            installation.clock.advance(seconds: 49 * 3600)
            let service = watch(installation.engine)
            await service.look()
            let details = first.notices.map(\.incident.detail)
            #expect(Set(first.notices.map(\.incident.kind)) == [.oldJob, .deadlinePast])
            for detail in details {
                #expect(!detail.contains("@mail.example") && !detail.contains(contact.text))
            }
        }
    }

    @Test(arguments: [
        (AlertRules(), Duration.seconds(30)), (AlertRules(oldJobSeconds: 2), .milliseconds(500)),
        (AlertRules(oldJobSeconds: 1, repeatSeconds: 1), .milliseconds(250)),
        (AlertRules(oldJobSeconds: 60), .seconds(15)),
    ])
    func theShorterTheThresholdTheMoreOftenItLooks(_ rules: AlertRules, _ pause: Duration) {
        #expect(Watch.pause(rules) == pause)
    }

    @Test func itLooksByItselfAndEndsWhenTold() async throws {
        try await withOldJob { installation in
            let service = watch(installation.engine)
            try await running({ try await service.run() }) { !first.notices.isEmpty }
        }
    }
}
