// What waits longest, what was given up, what is near its deadline, and what operators were told.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Watch")
struct TransactionWatchTests {
    private func job(_ number: UInt64, _ lane: Job.Lane = .optOut, dueIn seconds: Int64) -> Job {
        Job(
            id: JobID(high: 0x7000, low: number),
            kind: .startOptOut(OptOutID(high: 1, low: number)),
            lane: lane,
            priority: 0,
            runAt: TestClock().now.adding(seconds: seconds)
        )
    }

    private func oldest(_ installation: Installation) async throws -> [String] {
        try await installation.database.read { transaction in
            try transaction.oldestJobs().map { job in
                let due = (job.dueSince.microseconds - TestClock().now.microseconds) / 1_000_000
                return "\(job.lane) \(job.id.low) \(due)"
            }
        }
    }

    /// Attempts move when a job runs next, and not since when it waits.
    @Test(arguments: Backend.allCases)
    func theOldestJobOfEachLane(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            #expect(try await oldest(installation).isEmpty)
            let jobs = [
                job(1, dueIn: 0), job(2, dueIn: -5), job(3, dueIn: -5), job(4, .general, dueIn: 9),
            ]
            try await installation.record([], jobs: jobs.map(JobChange.add))
            #expect(try await oldest(installation) == ["opt-out 2 -5", "general 4 9"])
            let later = installation.clock.now.adding(seconds: 1000)
            try await installation.record([], jobs: [.lease(jobs[1].id, until: later)])
            #expect(try await oldest(installation).first == "opt-out 2 -5")
            try await installation.record([], jobs: [.retry(jobs[1].id, at: later)])
            #expect(try await oldest(installation).first == "opt-out 2 -5")
            try await installation.record([], jobs: [.bury(jobs[1].id), .finish(jobs[2].id)])
            #expect(try await oldest(installation).first == "opt-out 1 0")
            installation.clock.advance(seconds: 50)
            try await installation.record([], jobs: [.finish(jobs[0].id), .redrive(jobs[1].id)])
            #expect(try await oldest(installation).first == "opt-out 2 50")
            let attempts = "SELECT attempts FROM jobs WHERE lane = 'opt-out'" as SQL
            #expect(try await installation.number(attempts) == 0)
        }
    }

    /// A row of a version that did not know since when a job waits.
    @Test(arguments: Backend.allCases)
    func rowsOfAnEarlierVersionWaitSinceTheyWereToRun(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let job = job(1, dueIn: -7)
            try await installation.record([], jobs: [.add(job)])
            try await installation.sql("UPDATE jobs SET due_at = NULL")
            #expect(try await oldest(installation) == ["opt-out 1 -7"])
            let later = installation.clock.now.adding(seconds: 1000)
            try await installation.record([], jobs: [.retry(job.id, at: later)])
            #expect(try await oldest(installation) == ["opt-out 1 -7"])
        }
    }

    /// Asks for the oldest jobs by an index, however many there are.
    @Test(arguments: Backend.embedded)
    func theOldestJobIsFoundByItsIndex(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let plan = try await installation.sql(
                "EXPLAIN QUERY PLAN SELECT id, kind, coalesce(due_at, run_at) FROM jobs "
                    + "WHERE lane = 'opt-out' AND state <> 'buried' "
                    + "ORDER BY coalesce(due_at, run_at), id LIMIT 1"
            ).map { try $0.text(3) }
            #expect(plan.contains { $0.contains("jobs_waiting (lane=?)") }, "\(plan)")
        }
    }

    @Test(arguments: Backend.allCases)
    func whatWasGivenUpByConnector(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let id = try await installation.optOut(Sample.address())
            let optOut = try #require(try await installation.database.read { try $0.optOut(id) })
            func target(
                _ number: UInt64,
                _ name: String,
                _ state: OptOutTarget.State
            ) -> OptOutTarget {
                var target = OptOutTarget(
                    id: TargetID(high: 5, low: number),
                    optOut: id,
                    connector: name
                )
                target.state = state
                return target
            }
            let targets = [
                target(3, "crm", .buried), target(1, "esp", .buried), target(2, "shop", .pending),
                target(4, "web", .confirmed),
            ]
            try await installation.record([.optOutEnqueued(optOut, targets)])
            let buried = try await installation.database.read { try $0.buriedTargets() }
            #expect(
                buried == [
                    .init(connector: "crm", count: 1, first: targets[0].id),
                    .init(connector: "esp", count: 1, first: targets[1].id),
                ]
            )
            let open = try await installation.database.read { transaction in
                try transaction.openTargets().map { "\($0.connector) \($0.state) \($0.count)" }
            }
            #expect(open == ["crm buried 1", "esp buried 1", "shop pending 1"])
        }
    }

    /// Only messages to people, and only those that were given up.
    @Test(arguments: Backend.allCases)
    func messagesThatWereGivenUp(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let now = installation.clock.now
            func job(_ number: UInt64, _ lane: Job.Lane) -> Job {
                Job(
                    id: JobID(high: 3, low: number),
                    kind: .mail(.preferenceLink(Array(1...16), language: "en")),
                    lane: lane,
                    priority: 0,
                    runAt: now
                )
            }
            let jobs = [job(1, .general), job(2, .mail), job(3, .mail), job(4, .mail)]
            try await installation.record([], jobs: jobs.map(JobChange.add))
            let none = try await installation.database.read { try $0.buriedMail() }
            #expect(none == nil)
            let buried = [jobs[0], jobs[3], jobs[2]].map { JobChange.bury($0.id) }
            try await installation.record([], jobs: buried)
            let found = try await installation.database.read { try $0.buriedMail() }
            #expect(found == .init(count: 2, first: jobs[2].id))
        }
    }

    @Test(arguments: Backend.allCases)
    func openDeadlinesInASpan(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let start = installation.clock.now
            let first = try await installation.optOut(Sample.address(1))
            installation.clock.advance(seconds: 10)
            let second = try await installation.optOut(Sample.address(2))
            func deadlines(_ from: Int64, _ to: Int64) async throws -> Situation.Deadlines? {
                let window: Int64 = 48 * 3600
                return try await installation.database.read { transaction in
                    try transaction.openDeadlines(
                        from: start.adding(seconds: window + from),
                        to: start.adding(seconds: window + to)
                    )
                }
            }
            let both = try await deadlines(0, 11)
            #expect(both?.count == 2 && both?.first == first)
            #expect(both?.regime == "mailbox-48h@1")
            #expect(both?.deadlineAt == start.adding(seconds: 48 * 3600))
            #expect(try await deadlines(0, 10)?.count == 1)
            #expect(try await deadlines(1, 11)?.first == second)
            #expect(try await deadlines(11, 1000) == nil)
            try await installation.drainQueue()
            #expect(try await deadlines(0, 11) == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func deadlinesOfRequestsInASpan(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            func request(
                _ number: UInt64,
                _ kind: RightsRequest.Kind,
                days: Int64
            ) async throws -> RightsRequest {
                let contact = Sample.contact(number)
                let received = RightsRequest(
                    stored: RequestID(high: number, low: number),
                    kind: kind,
                    contact: contact.id,
                    source: .form,
                    times: (
                        "test@1", installation.clock.now,
                        installation.clock.now.adding(seconds: days * 86_400)
                    ),
                    status: .received,
                    keepsBlock: true
                )
                let address = try Sample.address(Int(number))
                let token = [UInt8](repeating: UInt8(number), count: 16)
                try await installation.record([
                    .contactAdded(contact, [address]), .requestReceived(received, token: token),
                ])
                return received
            }
            let now = installation.clock.now
            let late = try await request(1, .erasure, days: 9)
            var soon = try await request(2, .access, days: 3)
            func deadlines(_ from: Int64, _ to: Int64) async throws -> Situation.RequestDeadlines? {
                try await installation.database.read { transaction in
                    try transaction.requestDeadlines(
                        from: now.adding(seconds: from * 86_400),
                        to: now.adding(seconds: to * 86_400)
                    )
                }
            }
            let both = try await deadlines(0, 10)
            #expect(both?.count == 2 && both?.first == soon.id && both?.kind == .access)
            #expect(try await deadlines(0, 9)?.count == 1)
            #expect(try await deadlines(0, 3) == nil)
            installation.clock.advance(seconds: 4 * 86_400)
            let open = try await installation.database.read { try $0.openRequestKinds() }
            #expect(open.map(\.kind) == [.access, .erasure])
            #expect(open.map(\.past) == [1, 0] && open.map(\.count) == [1, 1])
            soon.status = .refused
            soon.endedAt = installation.clock.now
            try await installation.record([.requestMoved(soon, from: .received)])
            #expect(try await deadlines(0, 10)?.first == late.id)
        }
    }

    @Test(arguments: Backend.allCases)
    func theFirstEventThatIsNotInTheLog(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let read: @Sendable (Transaction) throws -> Timestamp? = { try $0.firstUnsequencedAt() }
            #expect(try await installation.database.read(read) == nil)
            let start = installation.clock.now
            try await installation.addSamples()
            installation.clock.advance(seconds: 5)
            try await installation.optOut(Sample.address())
            #expect(try await installation.database.read(read) == start)
        }
    }

    private func incidents(_ installation: Installation) async throws -> [Incident] {
        try await installation.database.read { transaction in try transaction.incidents() }
    }

    private func tellings(_ installation: Installation) async throws -> [StoredTelling] {
        try await installation.database.read { transaction in try transaction.tellings() }
    }

    @Test(arguments: Backend.allCases)
    func incidentsAndWhatWasSaidAboutThem(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let now = installation.clock.now
            var incident = Incident(kind: .oldJob, since: now, detail: "job 7")
            func put(_ reason: AlertNotice.Reason, _ channel: String, _ at: Int64) async throws {
                let told = StoredTelling(
                    kind: .oldJob,
                    channel: channel,
                    telling: Telling(reason, at: now.adding(seconds: at))
                )
                try await installation.database.write { try $0.put(told) }
            }
            func said() async throws -> [String] {
                try await tellings(installation).map { "\($0.channel) \($0.telling.reason)" }
            }
            // About an incident that is forgotten nothing is kept.
            try await put(.began, "log", 0)
            #expect(try await said().isEmpty)
            let first = incident
            try await installation.database.write { try $0.put(first) }
            #expect(try await incidents(installation) == [first])
            try await put(.began, "log", 0)
            try await put(.began, "webhook", 1)
            try await put(.lasts, "log", 2)
            #expect(try await said() == ["log lasts", "webhook began"])
            (incident.detail, incident.overAt) = ("job 8", now)
            let over = incident
            try await installation.database.write { try $0.put(over) }
            #expect(try await incidents(installation) == [over])
            #expect(try await said().count == 2)
            try await installation.database.write { try $0.forgetIncident(.oldJob) }
            #expect(try await incidents(installation).isEmpty)
            #expect(try await said().isEmpty)
        }
    }

    /// A kind that a newer version wrote is left for it.
    @Test(arguments: Backend.allCases)
    func anUnknownKindIsLeftAlone(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await installation.sql(
                "INSERT INTO alerts (kind, since, detail) VALUES ('invented-later', 1, '')"
            )
            try await installation.sql(
                "INSERT INTO alert_notices (kind, channel, reason, told_at) "
                    + "VALUES ('invented-later', 'log', 'began', 1)"
            )
            #expect(try await incidents(installation).isEmpty)
            #expect(try await tellings(installation).isEmpty)
        }
    }
}
