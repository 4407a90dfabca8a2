// Every block that may stand here against everything another system may say, as one table.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("MissingHere")
struct MissingHereTests {
    private static let extents = ["global", "newsletter", "promotions", "receipts"]

    private func missing(
        _ installation: Installation,
        _ address: Address,
        _ extents: [String] = MissingHereTests.extents
    ) async throws -> [String] {
        let query = MissingHere([MissingHere.Line(address, extents: extents)])
        let findings = try await installation.engine.ask(query)
        #expect(findings.count == 1)
        return findings.flatMap { $0.missing.map(\.name) }
    }

    /// What stands here, and what of all that could be said there is then news.
    private static let cases: [(SuppressionReason, ScopeName?, [String])] = [
        (.optOut, Sample.newsletter, ["global", "promotions", "receipts"]),
        (.optOut, Sample.receipts, ["global", "newsletter", "promotions"]),
        // A global opt-out is one of campaigns: a "no" to receipts is news.
        (.optOutGlobal, nil, ["receipts"]),
        (.complaint, nil, []), (.hardBounce, nil, []), (.manual, nil, []), (.legal, nil, []),
        (.erasure, nil, []),
    ]

    @Test(arguments: Backend.allCases)
    func everyBlockAgainstEverythingThatMayBeSaid(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for (number, (reason, scope, expected)) in Self.cases.enumerated() {
                let address = try Sample.address(number)
                #expect(try await missing(installation, address) == Self.extents)
                let block = Suppression(
                    reason: reason,
                    scope: scope,
                    since: installation.clock.now,
                    source: .batchImport,
                    optOut: nil
                )
                try await installation.record([.suppressionAdded(block, .address(address))])
                #expect(try await missing(installation, address) == expected, "\(reason)")
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func linesKeepTheirOrder(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for number in 0..<5 where number.isMultiple(of: 2) {
                try await installation.optOut(Sample.address(number), from: .global)
            }
            let lines = try (0..<5).map {
                MissingHere.Line(try Sample.address($0), extents: ["global"])
            }
            let findings = try await installation.engine.ask(MissingHere(lines))
            #expect(findings.map(\.missing.isEmpty) == [true, false, true, false, true])
            #expect(Set(findings.map(\.key)).count == 5)
        }
    }

    /// A scope nobody added is counted and never invented.
    @Test func unknownScopesAreCounted() async throws {
        try await Backend.sqlite.withEngine { installation in
            let line = MissingHere.Line(try Sample.address(), extents: ["nobody-knows", "global"])
            let findings = try await installation.engine.ask(MissingHere([line]))
            #expect(findings.map(\.unknownScopes) == [1])
            #expect(findings.flatMap(\.missing) == [.global])
        }
    }

    /// A block on a mailbox covers its aliases.
    @Test func anAliasIsFoundByItsMailbox() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.optOut(Address(email: "ada.l+a@gmail.com"), from: .global)
            let alias = try Address(email: "adal@gmail.com")
            #expect(try await missing(installation, alias, ["global"]).isEmpty)
        }
    }
}
