// What other systems report stops what it covers, is told to all others, and grants nothing.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("TakeReport")
struct TakeReportTests {
    private func take(
        _ installation: Installation,
        _ kind: ProviderReport.Kind,
        _ address: Address,
        _ extent: OptOut.Extent? = .scope(Sample.newsletter),
        ago: Int64 = 60
    ) async throws -> Bool {
        let at = installation.clock.now.adding(seconds: -ago)
        let command = TakeReport(
            connector: "esp",
            report: ProviderReport(kind, address, extent: extent, at: at)
        )
        return try await installation.engine.perform(command, as: Sample.actor).receipt.isNews
    }

    private func targets(_ installation: Installation) async throws -> [String] {
        try await installation.sql(
            "SELECT connector, state, answer FROM opt_out_targets ORDER BY connector"
        ).map { row in
            let answer = row.isNull(2) ? "-" : try row.text(2)
            return "\(try row.text(0)) \(try row.text(1)) \(answer)"
        }
    }

    private func withConnectors(
        _ backend: Backend,
        _ body: (Installation, Address) async throws -> Void
    ) async throws {
        try await backend.withEngine { installation in
            for name in ["crm", "esp"] {
                let add = AddConnector(try Sample.connector(name))
                _ = try await installation.engine.perform(add, as: Sample.actor)
            }
            let address = try Sample.address()
            try await installation.decide(address)
            installation.clock.advance(seconds: 3600)
            try await body(installation, address)
        }
    }

    @Test(arguments: Backend.allCases)
    func everyOtherSystemIsToldAndTheOneThatReportedIsNot(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation, address in
            #expect(try await take(installation, .unsubscribed, address))
            #expect(try await installation.check(address).reason == .optOut)
            #expect(try await installation.check(address, Sample.promotions).reason == .noConsent)
            #expect(
                try await targets(installation) == [
                    "crm pending -", "esp confirmed reported by it",
                ]
            )
            try await installation.drainQueue()
            let open = try await installation.number(
                "SELECT count(*) FROM opt_outs WHERE status <> 'completed'"
            )
            #expect(open == 0)
        }
    }

    /// A place that nobody mapped is told back too: there, only that place was stopped.
    @Test(arguments: Backend.allCases)
    func aPlaceNobodyMappedStopsEverythingEverywhere(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation, address in
            let isNews = try await take(installation, .unsubscribed, address, nil)
            #expect(isNews)
            #expect(try await installation.check(address).reason == .globalOptOut)
            #expect(try await targets(installation) == ["crm pending -", "esp pending -"])
            #expect(try await widened(installation) == [["esp", "(unnamed)"]])
        }
    }

    /// The connector and the place, of each opt-out that stops more than was reported.
    private func widened(_ installation: Installation) async throws -> [[String]] {
        let ids = try await installation.sql("SELECT id FROM opt_outs").map { row in
            try #require(OptOutID(bytes: try row.blob(0)))
        }
        var found: [[String]] = []
        for id in ids {
            let progress = try await installation.engine.ask(OptOutProgress(id))
            for entry in progress.timeline where entry.kind == "optout.widened" {
                found.append([
                    entry.facts["connector"] ?? "", entry.facts["unmappedPlace"] ?? "",
                ])
            }
        }
        return found
    }

    @Test(arguments: Backend.allCases)
    func thePlaceIsInTheTimeline(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation, address in
            for _ in 0..<2 {
                let report = ProviderReport(
                    .unsubscribed,
                    address,
                    extent: nil,
                    place: "12345",
                    at: installation.clock.now
                )
                _ = try await installation.engine.perform(
                    TakeReport(connector: "esp", report: report),
                    as: Sample.actor
                )
            }
            #expect(try await widened(installation) == [["esp", "12345"]])
            _ = try await take(installation, .unsubscribed, Sample.address(2))
            #expect(try await widened(installation).count == 1)
        }
    }

    @Test(arguments: Backend.allCases, ProviderReport.Kind.allCases)
    func aRepeatChangesNothing(_ backend: Backend, _ kind: ProviderReport.Kind) async throws {
        try await withConnectors(backend) { installation, address in
            #expect(try await take(installation, kind, address))
            let effect = try await installation.effect {
                let isNews = try await take(installation, kind, address)
                #expect(!isNews)
            }
            #expect(effect == Effect(failure: nil, changed: []))
        }
    }

    @Test(arguments: Backend.allCases)
    func aComplaintIsABlockAndAStop(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation, address in
            #expect(try await take(installation, .complained, address, .global))
            #expect(try await installation.check(address).reason == .complaint)
            #expect(try await installation.check(address, Sample.receipts).reason == .complaint)
            #expect(
                try await targets(installation) == [
                    "crm pending -", "esp confirmed reported by it",
                ]
            )
            // One that opted out before can still complain.
            let other = try Sample.address(2)
            try await installation.optOut(other, from: .global)
            #expect(try await take(installation, .complained, other, .global))
            #expect(try await installation.check(other).reason == .complaint)
        }
    }

    @Test(arguments: Backend.allCases)
    func aBounceBlocksTheAddressAndTellsNobody(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation, address in
            #expect(try await take(installation, .bounced, address))
            #expect(try await installation.check(address).reason == .hardBounce)
            #expect(try await targets(installation).isEmpty)
            let people = try await installation.number("SELECT count(*) FROM contacts")
            #expect(try await take(installation, .bounced, Sample.address(7)))
            #expect(try await installation.check(Sample.address(7)).reason == .hardBounce)
            #expect(try await installation.number("SELECT count(*) FROM contacts") == people)
        }
    }

    @Test(arguments: Backend.allCases)
    func nobodyKnownIsStoppedToo(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation, _ in
            let stranger = try Sample.address(9)
            let isNews = try await take(installation, .unsubscribed, stranger)
            #expect(isNews)
            #expect(try await installation.check(stranger).reason == .optOut)
        }
    }

    /// The person came back by their own act after what the report tells of; for everything they
    /// did not.
    @Test(arguments: Backend.allCases)
    func whatIsOlderThanComingBackIsHistory(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation, address in
            let report = ProviderReport(
                .unsubscribed,
                address,
                extent: .scope(Sample.newsletter),
                at: installation.clock.now.adding(seconds: -3901)
            )
            let command = TakeReport(connector: "esp", report: report)
            let receipt = try await installation.engine.perform(command, as: Sample.actor).receipt
            #expect(!receipt.isNews && receipt.isHistory == true)
            #expect(try await installation.check(address).reason == .allowed)
            #expect(try await take(installation, .unsubscribed, address, .global, ago: 3901))
            #expect(try await installation.check(address).reason == .globalOptOut)
        }
    }

    /// Other systems' times are cut to seconds and their clocks may be slow; the "no" stands.
    @Test(arguments: Backend.allCases, [3600, 3601, 3900] as [Int64])
    func aNoOfAboutTheSameTimeStands(_ backend: Backend, _ ago: Int64) async throws {
        try await withConnectors(backend) { installation, address in
            let isNews = try await take(installation, .unsubscribed, address, ago: ago)
            #expect(isNews)
            #expect(try await installation.check(address).reason == .optOut)
        }
    }

    /// Clocks of other systems run ahead; a "no" of the future is one of now.
    @Test(arguments: Backend.allCases)
    func aTimeInTheFutureIsNow(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation, address in
            #expect(try await take(installation, .unsubscribed, address, ago: -86_400))
            let since = try await installation.number("SELECT requested_at FROM opt_outs")
            #expect(since == installation.clock.now.microseconds)
        }
    }

    @Test(arguments: Backend.allCases)
    func aScopeNobodyKnowsIsRefused(_ backend: Backend) async throws {
        try await withConnectors(backend) { installation, address in
            let effect = try await installation.effect {
                let scope = OptOut.Extent.scope(ScopeName(stored: "made-up"))
                _ = try await take(installation, .unsubscribed, address, scope)
            }
            #expect(effect == Effect(failure: "invalid-field scope", changed: []))
        }
    }
}
