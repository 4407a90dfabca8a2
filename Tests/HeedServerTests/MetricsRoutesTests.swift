// `/metrics` as Prometheus gets it, and the files in deploy/ that ask for its names.

import Foundation
import HTTPTypes
import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Metrics routes")
struct MetricsRoutesTests {
    private func lines(_ server: Server) async throws -> Set<String> {
        let reply = try await server.sendWithoutEffect(.get("/metrics"))
        #expect(reply.status == 200)
        #expect(reply.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        return Set(reply.body.split(separator: "\n").map(String.init))
    }

    @Test func aNewDatabase() async throws {
        try await withServer { server in
            let found = try await lines(server)
            for line in [
                "heed_build_info{version=\"unknown\"} 1", "heed_log_size 0",
                "heed_journal_writable 1",
                "heed_queue_oldest_age_seconds{lane=\"opt-out\"} 0",
                "heed_queue_jobs{lane=\"general\",state=\"buried\"} 0",
                "heed_alerts_open{kind=\"old-job\"} 0",
            ] { #expect(found.contains(line), "\(line)") }
            // What has no value yet has no line.
            #expect(!found.contains { $0.hasPrefix("heed_verification_") })
            #expect(!found.contains { $0.hasPrefix("heed_log_checkpoint_age_seconds ") })
            #expect(!found.contains { $0.hasPrefix("heed_optout_deadline_margin_seconds{") })
        }
    }

    /// What the guard's index does is seen from outside: lists it answered, those it could not.
    @Test func theGuardsIndex() async throws {
        try await withServer { server in
            let engine = server.engine
            try await server.installation.decide(Sample.address())
            let question = try MaySendMany(
                recipients: [Sample.address().delivery],
                scope: Sample.newsletter
            )
            _ = try await engine.ask(question)
            let before = try await lines(server)
            for line in [
                "heed_guard_index_addresses 0", "heed_guard_index_builds_total 0",
                "heed_guard_batches_total{by=\"index\"} 0",
                "heed_guard_batches_total{by=\"database\"} 1",
            ] { #expect(before.contains(line), "\(line)") }
            try await engine.maintainIndex()
            _ = try await engine.ask(question)
            let after = try await lines(server)
            for line in [
                "heed_guard_index_addresses 1", "heed_guard_index_builds_total 1",
                "heed_guard_batches_total{by=\"index\"} 1",
                "heed_guard_batches_total{by=\"database\"} 1",
            ] { #expect(after.contains(line), "\(line)") }
        }
    }

    @Test func queueDeadlinesAndLog() async throws {
        try await withServer { server in
            let installation = server.installation
            let engine = installation.engine
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await installation.optOut(Address(email: "ada@mail.example"))
            let sequencer = Sequencer(
                engine: engine,
                origin: "heed.example/log",
                holder: [UInt8](repeating: 1, count: 16)
            )
            try await sequencer.catchUp()
            try await engine.keep(Verifier(engine: engine).run())
            let incident = Incident(kind: .oldJob, since: installation.clock.now, detail: "")
            try await engine.keep([incident])
            installation.clock.advance(seconds: 7)
            let position = try await engine.ask(LogPosition())
            let found = try await lines(server)
            for line in [
                "heed_log_size \(position)", "heed_log_unsequenced_events 0",
                "heed_log_checkpoint_age_seconds 7", "heed_verification_findings 0",
                "heed_verification_events \(position)",
                "heed_queue_jobs{lane=\"opt-out\",state=\"ready\"} 1",
                "heed_queue_oldest_age_seconds{lane=\"opt-out\"} 7",
                "heed_connector_targets{connector=\"crm\",state=\"pending\"} 1",
                "heed_connector_targets{connector=\"crm\",state=\"buried\"} 0",
                "heed_optouts_open{regime=\"mailbox-48h@1\"} 1",
                "heed_optouts_past_deadline{regime=\"mailbox-48h@1\"} 0",
                "heed_optout_deadline_margin_seconds{regime=\"mailbox-48h@1\"} 172793",
                "heed_alerts_open{kind=\"old-job\"} 1", "heed_alerts_open{kind=\"log-behind\"} 0",
            ] { #expect(found.contains(line), "\(line)") }
            installation.clock.advance(seconds: 172_800)
            let late = try await lines(server)
            #expect(late.contains("heed_optouts_past_deadline{regime=\"mailbox-48h@1\"} 1"))
            #expect(
                late.contains("heed_optout_deadline_margin_seconds{regime=\"mailbox-48h@1\"} -7")
            )
        }
    }

    @Test func requestsByKindWithTheNearestDeadline() async throws {
        try await withServer { server in
            try await server.installation.decide(Address(email: "ada@mail.example"))
            let body = #"{"address":"ada@mail.example","kind":"access"}"#
            try await server.send(.post("/v1/requests", body, as: .collector))
            let found = try await lines(server)
            #expect(found.contains("heed_requests_open{kind=\"access\"} 1"))
            #expect(found.contains("heed_requests_open{kind=\"erasure\"} 0"))
            #expect(found.contains("heed_requests_past_deadline{kind=\"access\"} 0"))
            let days = found.filter { $0.hasPrefix("heed_request_deadline_days{") }
            let left = try #require(days.first?.split(separator: " ").last.flatMap { Double($0) })
            #expect(days.count == 1 && left > 27 && left < 29)
            server.installation.clock.advance(seconds: 32 * 86_400)
            let late = try await lines(server)
            #expect(late.contains("heed_requests_past_deadline{kind=\"access\"} 1"))
            #expect(
                late.contains { $0.hasPrefix("heed_request_deadline_days{kind=\"access\"} -") }
            )
        }
    }

    /// Both ways to opt out measure how long it took to be in force; a refusal does not.
    @Test func timeToLocalEffect() async throws {
        try await withServer { server in
            func count() async throws -> Set<String> {
                try await lines(server).filter {
                    $0.hasPrefix("heed_optout_local_effect_seconds_count")
                }
            }
            #expect(try await count().isEmpty)
            let body = #"{"address":"ada@mail.example","scope":"newsletter"}"#
            #expect(
                try await server.send(.post("/v1/opt-outs", body, as: .collector)).status == 202
            )
            let wrong = #"{"address":"ada@mail.example","scope":"nosuch"}"#
            #expect(
                try await server.send(.post("/v1/opt-outs", wrong, as: .collector)).status == 422
            )
            #expect(try await count() == ["heed_optout_local_effect_seconds_count 1"])
            let link = try await server.link(for: "bob@mail.example")
            var call = Call.post("/u/\(link)", "List-Unsubscribe=One-Click")
            call.headers[.contentType] = "application/x-www-form-urlencoded"
            #expect(try await server.send(call).status == 200)
            #expect(try await count() == ["heed_optout_local_effect_seconds_count 2"])
        }
    }

    @Test(arguments: [(StoreError.Code.unavailable, 503), (.statement, 500)])
    func withoutItsDatabaseItSaysSo(_ code: StoreError.Code, _ status: Int) async throws {
        try await withServer { server throws in
            server.faults.set(.reads(code))
            #expect(try await server.send(.get("/metrics")).status == status)
        }
    }
}

@Suite("Metrics: the files in deploy/")
struct DeployTests {
    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().appending(path: "../..")

    private static func names(in text: String) -> Set<String> {
        Set(text.matches(of: /\bheed_[a-z_]+/).map { String($0.output) })
    }

    /// Every name that a scrape can have.
    private static let known: Set<String> = MetricFamily.all.reduce(into: []) { names, family in
        guard case .histogram = family.kind else {
            names.insert(family.name)
            return
        }
        for ending in ["_bucket", "_sum", "_count"] { names.insert(family.name + ending) }
    }

    @Test(arguments: ["deploy/prometheus/heed.rules.yaml", "deploy/grafana/heed.json"])
    func onlyNamesThatExist(_ path: String) throws {
        let text = try String(contentsOf: DeployTests.root.appending(path: path), encoding: .utf8)
        let names = DeployTests.names(in: text)
        #expect(names.count > 8)
        #expect(names.subtracting(DeployTests.known).sorted() == [])
    }

    /// The dashboard shows every family but the program's version.
    @Test func theDashboardShowsThemAll() throws {
        let file = DeployTests.root.appending(path: "deploy/grafana/heed.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        for family in MetricFamily.all where family.name != "heed_verification_events" {
            #expect(text.contains(family.name), "\(family.name)")
        }
    }

    @Test func aNameThatDoesNotExistIsFound() {
        let names = DeployTests.names(in: "sum(heed_invented_total) > heed_log_size")
        #expect(names.subtracting(DeployTests.known) == ["heed_invented_total"])
    }
}
