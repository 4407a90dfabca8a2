// A "no" of another system is a "no" here, told to all systems but the one that said it.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("ReportOptOut")
struct ReportOptOutTests {
    private func report(
        _ installation: Installation,
        _ report: ReportOptOut.Report,
        _ address: Address
    ) async throws -> Bool {
        let command = ReportOptOut(address, report, by: "crm")
        let news = try await installation.engine.perform(command, as: .system("test")).receipt
        try await installation.settle()
        return news
    }

    @Test(arguments: Backend.allCases)
    func itBlocksAndTellsTheOthers(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for name in ["crm", "shop"] {
                try await installation.record([.connectorAdded(Sample.connector(name))])
            }
            let address = try Sample.address()
            try await installation.decide(address)
            #expect(try await installation.check(address).allowed)
            let no = ReportOptOut.Report.optedOut(.scope(Sample.newsletter))
            #expect(try await report(installation, no, address))
            #expect(try await installation.check(address).reason == .optOut)
            #expect(try await report(installation, no, address) == false)
            let targets = try await installation.sql("SELECT connector FROM opt_out_targets")
            #expect(try targets.map { try $0.text(0) } == ["shop"])
            let sources = try await installation.sql("SELECT source FROM opt_outs")
            #expect(try sources.map { try $0.text(0) } == ["provider"])
            #expect(try await report(installation, .optedOut(.global), address))
            #expect(try await installation.check(address).reason == .globalOptOut)
        }
    }

    /// An address nobody knows becomes a person with nothing but this opt-out.
    @Test func itIsNeverTurnedAway() async throws {
        try await Backend.sqlite.withEngine { installation in
            let address = try Sample.address(7)
            #expect(try await report(installation, .optedOut(.global), address))
            #expect(try await installation.check(address).reason == .globalOptOut)
        }
    }

    @Test(arguments: Backend.allCases)
    func aBounceBlocksTheAddressAndAddsNobody(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            #expect(try await report(installation, .bounced, address))
            #expect(try await report(installation, .bounced, address) == false)
            #expect(try await installation.check(address).reason == .hardBounce)
            #expect(try await installation.number("SELECT count(*) FROM contacts") == 0)
            #expect(try await installation.number("SELECT count(*) FROM opt_outs") == 0)
        }
    }

    @Test func aScopeNobodyAddedIsRefused() async throws {
        try await Backend.sqlite.withEngine { installation in
            let address = try Sample.address()
            let scope = OptOut.Extent.scope(ScopeName(stored: "nobody-knows"))
            let code = await failureCode {
                try await report(installation, .optedOut(scope), address)
            }
            #expect(code == "invalid-field scope")
            #expect(try await installation.number("SELECT count(*) FROM contacts") == 0)
        }
    }
}
