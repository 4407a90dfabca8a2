// A whole list as bits: what it shows, and how many places it can tell apart.

import HeedConnectors
import HeedConsent
import HeedEngine
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("ListedAddresses")
struct ListedAddressesTests {
    private func keys(_ count: Int) async throws -> [AddressKey] {
        try await Backend.sqlite.withEngine { installation in
            let lines = try (0..<count).map {
                MissingHere.Line(try Sample.address($0), extents: [])
            }
            return try await installation.engine.ask(MissingHere(lines)).map(\.key)
        }
    }

    @Test func linesOfAnAddressAddUp() async throws {
        let keys = try await keys(3)
        var list = ListedAddresses()
        try list.add(keys[0], at: ["a"])
        #expect(list.show(.seen(at: ["a"]), for: keys[0]))
        #expect(!list.show(.seen(at: ["a", "b"]), for: keys[0]))
        try list.add(keys[0], at: ["b", "c"])
        try list.add(keys[1], at: ["c"])
        #expect(list.show(.seen(at: ["a", "b"]), for: keys[0]))
        #expect(!list.show(.seen(at: ["b"]), for: keys[1]))
        #expect(!list.show(.seen(at: ["never named"]), for: keys[0]))
        #expect(!list.show(.seen(at: ["a"]), for: keys[2]))
    }

    @Test func absenceShowsByAbsence() async throws {
        let keys = try await keys(2)
        var list = ListedAddresses()
        try list.add(keys[0], at: ["7"])
        #expect(!list.show(.unseen(at: ["7"]), for: keys[0]))
        #expect(!list.show(.unseen(at: ["6", "7"]), for: keys[0]))
        #expect(list.show(.unseen(at: ["6"]), for: keys[0]))
        #expect(list.show(.unseen(at: ["7"]), for: keys[1]))
    }

    @Test func thereAreSixtyFourPlaces() async throws {
        let key = try await keys(1)[0]
        var list = ListedAddresses()
        let places = (1...64).map { "place-\($0)" }
        try list.add(key, at: places)
        #expect(places.allSatisfy { list.show(.seen(at: [$0]), for: key) })
        #expect(throws: Refusal.self) { try list.add(key, at: ["one more"]) }
    }
}
