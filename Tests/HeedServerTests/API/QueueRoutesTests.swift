// The queue and the windows over HTTP: numbers, pages, and questions that are refused by name.

import HeedConsent
import HeedEngine
import TestSupport
import Testing

@testable import HeedServer

/// `GET /v1/queue`.
private struct QueueReply: Decodable {
    let lanes: [Lane]
    let connectors: [Connector]
    let jobs: [Job]
    let next: String?

    struct Lane: Decodable {
        let lane: String
        let ready: Int
        let leased: Int
        let buried: Int
        let oldest: Oldest?
    }

    struct Oldest: Decodable {
        let id: String
        let kind: String
        let dueSince: String
        let ageSeconds: Int
    }

    struct Connector: Decodable {
        let connector: String
        let pending: Int
        let buried: Int
    }

    struct Job: Decodable {
        let id: String
        let kind: String
        let lane: String
        let state: String
        let attempts: Int
        let runAt: String
        let dueSince: String
        let leasedUntil: String?
        let optOutId: String?
        let connector: String?
        let answer: String?
    }
}

/// `GET /v1/windows`.
private struct WindowsReply: Decodable {
    let now: String
    let from: String
    let to: String
    let by: String
    let windows: [Window]

    struct Window: Decodable {
        let from: String
        let to: String
        let regime: String
        let count: Int
        let completed: Int
        let nearDeadline: Int
        let pastDeadline: Int
        let p50Ms: Int?
        let p95Ms: Int?
        let p99Ms: Int?
        let maxMs: Int?
    }
}

@Suite("Queue routes")
struct QueueRoutesTests {
    private func queue(_ server: Server, _ parameters: String = "") async throws -> QueueReply {
        let reply = try await server.sendWithoutEffect(.get("/v1/queue\(parameters)", as: .auditor))
        #expect(!reply.body.contains("mail.example"))
        return try reply.decode()
    }

    @Test func numbersAndJobs() async throws {
        try await withServer { server in
            let empty = try await queue(server)
            #expect(empty.lanes.map(\.lane) == ["general", "mail", "opt-out"])
            #expect(empty.lanes.allSatisfy { $0.ready + $0.leased + $0.buried == 0 })
            #expect(empty.jobs.isEmpty && empty.connectors.isEmpty && empty.next == nil)
            let installation = server.installation
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            let id = try await installation.optOut(Address(email: "ada@mail.example"))
            installation.clock.advance(seconds: 65)
            let full = try await queue(server)
            #expect(full.lanes[2].ready == 1 && full.lanes[2].oldest?.ageSeconds == 65)
            #expect(full.lanes[2].oldest?.id == full.jobs.first?.id)
            #expect(full.lanes[2].oldest?.dueSince == "2026-01-31T09:30:00Z")
            #expect(full.connectors.map(\.connector) == ["crm"])
            #expect(full.connectors.map(\.pending) == [1])
            #expect(full.jobs.map(\.optOutId) == [id.text])
            #expect(full.jobs.map(\.state) == ["ready"] && full.jobs.map(\.attempts) == [0])
        }
    }

    @Test func pagesAndFilters() async throws {
        try await withServer { server in
            for number in 1...3 { try await server.installation.optOut(Sample.address(number)) }
            let first = try await queue(server, "?limit=2")
            let next = try #require(first.next)
            let rest = try await queue(server, "?limit=2&after=\(next)")
            #expect(first.jobs.count == 2 && rest.jobs.count == 1 && rest.next == nil)
            #expect(Set((first.jobs + rest.jobs).map(\.id)).count == 3)
            #expect(try await queue(server, "?state=buried").jobs.isEmpty)
            #expect(try await queue(server, "?lane=opt-out&state=ready").jobs.count == 3)
            try await server.installation.record([.connectorAdded(Sample.connector("crm"))])
            #expect(try await queue(server, "?connector=crm").jobs.isEmpty)
        }
    }

    @Test func aConnectorNobodyKnowsIsRefusedByName() async throws {
        try await withServer { server in
            let call = Call.get("/v1/queue?connector=cmr", as: .auditor)
            let wrong = WrongInput("", 404, "not-found", "connector")
            try await server.expectRefusal(of: call, as: wrong)
        }
    }

    @Test func windowsByMonthAndRegime() async throws {
        try await withServer { server in
            let installation = server.installation
            try await installation.optOut(Address(email: "ada@mail.example"))
            installation.clock.advance(seconds: 3)
            try await installation.drainQueue()
            try await installation.optOut(Address(email: "bob@mail.example"))
            let call = Call.get("/v1/windows", as: .auditor)
            let reply: WindowsReply = try await server.sendWithoutEffect(call).decode()
            #expect(reply.by == "month" && reply.now == "2026-01-31T09:30:03Z")
            let window = try #require(reply.windows.first)
            #expect(reply.windows.count == 1 && window.regime == "mailbox-48h@1")
            #expect(window.count == 2 && window.completed == 1)
            #expect(window.p50Ms == 3000 && window.maxMs == 3000)
            #expect(window.p95Ms == 3000 && window.p99Ms == 3000)
            #expect(window.nearDeadline == 0 && window.pastDeadline == 0)
            #expect(window.from == "2026-01-01T00:00:00Z" && window.to == reply.to)
            let before = Call.get("/v1/windows?from=2025-12-01&to=2026-01-01&by=day", as: .auditor)
            let none: WindowsReply = try await server.sendWithoutEffect(before).decode()
            #expect(none.windows.isEmpty && none.from == "2025-12-01T00:00:00Z")
        }
    }

    @Test(arguments: [
        ("queue?state=lost", "state"), ("queue?lane=fast", "lane"), ("queue?limit=0", "limit"),
        ("queue?limit=201", "limit"), ("queue?limit=many", "limit"), ("queue?after=7", "after"),
        ("queue?limit=1&limit=2", "limit"), ("windows?by=year", "by"),
        ("windows?from=soon", "from"), ("windows?to=later", "to"),
        ("windows?from=2026-02-01&to=2026-01-01", "from"),
        ("windows?from=2020-01-01&by=day", "from"),
    ])
    func wrongQuestionsAreRefusedByName(_ path: String, _ field: String) async throws {
        try await withServer { server in
            let call = Call.get("/v1/\(path)", as: .auditor)
            try await server.expectRefusal(
                of: call,
                as: WrongInput("", 422, "invalid-field", field)
            )
        }
    }

    @Test(arguments: ["queue?page=2", "windows?page=2"])
    func unknownParametersAreRefusedByName(_ path: String) async throws {
        try await withServer { server in
            let call = Call.get("/v1/\(path)", as: .auditor)
            let wrong = WrongInput("", 422, "unknown-field", "page")
            try await server.expectRefusal(of: call, as: wrong)
        }
    }
}
