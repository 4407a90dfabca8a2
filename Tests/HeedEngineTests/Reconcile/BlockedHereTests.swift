// Blocks page by page, with what a connector was told about each, on both engines.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("BlockedHere")
struct BlockedHereTests {
    private func all(
        _ installation: Installation,
        limit: Int
    ) async throws -> [BlockedHere.Block] {
        var blocks: [BlockedHere.Block] = []
        var place: BlockedHere.Place?
        repeat {
            let query = BlockedHere(for: "crm", after: place, limit: limit)
            let page = try await installation.engine.ask(query)
            #expect(page.blocks.count <= limit)
            blocks += page.blocks
            place = page.next
        } while place != nil
        return blocks
    }

    private func words(_ blocks: [BlockedHere.Block]) -> [String] {
        blocks.map { block in
            let told =
                switch block.told {
                case .never: "never"
                case .underway: "underway"
                case .confirmed: "confirmed"
                case .buried: "buried"
                }
            let person = block.contact == nil ? "nobody" : "somebody"
            let optOut = block.optOut == nil ? "no opt-out" : "opt-out"
            return "\(block.extent.name), \(person), \(optOut), \(told)"
        }.sorted()
    }

    @Test(arguments: Backend.allCases)
    func everyBlockComesOnceWhateverThePageSize(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            #expect(try await all(installation, limit: 3).isEmpty)
            for number in 0..<8 {
                let address = try Sample.address(number)
                try await installation.optOut(address)
                try await installation.optOut(address, from: .global)
            }
            let expected = try await installation.number(
                "SELECT count(*) FROM suppressions WHERE widened = 0"
            )
            #expect(expected == 16)
            let keys = try await all(installation, limit: 1000).map(\.key.text)
            #expect(keys.count == 16)
            #expect(Set(keys).count == 8)
            for limit in [1, 2, 3, 15, 16, 17] {
                #expect(try await all(installation, limit: limit).map(\.key.text) == keys)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func itSaysWhatBecameOfTelling(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.optOut(Sample.address(1))
            try await installation.record([.connectorAdded(Sample.connector("crm"))])
            try await installation.optOut(Sample.address(2))
            try await installation.drainQueue()
            try await installation.optOut(Sample.address(3), from: .global)
            let bounce = Suppression(
                reason: .hardBounce,
                scope: nil,
                since: installation.clock.now,
                source: .batchImport,
                optOut: nil
            )
            // An alias of a mailbox has a second row, which must not come as a second block.
            let unknown = try Address(email: "nobody+news@gmail.com")
            try await installation.record([.suppressionAdded(bounce, .address(unknown))])
            let blocks = try await all(installation, limit: 2)
            #expect(
                words(blocks) == [
                    "global, nobody, no opt-out, never", "global, somebody, opt-out, underway",
                    "newsletter, somebody, opt-out, confirmed",
                    "newsletter, somebody, opt-out, never",
                ]
            )
            try await installation.sql("UPDATE opt_out_targets SET state = 'buried'")
            #expect(
                words(try await all(installation, limit: 2)).filter { $0.hasSuffix("buried") }.count
                    == 2
            )
        }
    }

    @Test func aKeyIsSixteenBytesInHexadecimal() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.optOut(Sample.address())
            let stored = try await installation.sql(
                "SELECT lower(hex(match_key)) FROM suppressions"
            )
            let found = try await all(installation, limit: 10)
            #expect(try found.map(\.key.text) == stored.map { try $0.text(0) })
        }
    }
}
