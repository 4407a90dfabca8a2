// Legal holds: placed and lifted in the log, refused for nobody, and sealed.

import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Hold commands")
struct HoldCommandsTests {
    private static let actor = Actor(.cli, id: "anna")

    private func place(
        _ extent: PlaceHold.Extent,
        _ installation: Installation,
        reason: String = "searchable reason"
    ) async throws -> HoldID {
        let command = PlaceHold(extent, reason: reason)
        return try await installation.engine.perform(command, as: HoldCommandsTests.actor).receipt
    }

    @Test(arguments: Backend.allCases)
    func holdsAreListedUntilTheyAreLifted(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = try await installation.decide(Sample.address())
            let one = try await place(.person(.contact(contact)), installation)
            installation.clock.advance(seconds: 1)
            let all = try await place(.everything, installation, reason: "audit")
            let holds = try await installation.engine.ask(ListHolds())
            #expect(holds.map(\.id) == [one, all] && holds.map(\.contact) == [contact, nil])
            #expect(holds.map(\.reason) == ["searchable reason", "audit"])
            _ = try await installation.engine.perform(LiftHold(one), as: HoldCommandsTests.actor)
            #expect(try await installation.engine.ask(ListHolds()).map(\.id) == [all])
            let kinds = try await installation.database.read { transaction in
                try transaction.events(after: 0, limit: 1000).map(\.kind)
            }
            #expect(kinds.suffix(3) == ["hold.placed", "hold.placed", "hold.lifted"])
        }
    }

    @Test(arguments: Backend.allCases)
    func theReasonIsSealed(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            _ = try await place(.everything, installation)
            let rows = try await installation.sql("SELECT reason FROM legal_holds")
            let sealed = try #require(try rows.first?.blob(0))
            #expect(!String(decoding: sealed, as: UTF8.self).contains("searchable"))
        }
    }

    @Test(arguments: Backend.allCases)
    func nobodyCannotBeHeld(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let stranger = try Sample.address(9)
            let unknown = try await installation.effect {
                try await place(.person(.address(stranger)), installation)
            }
            #expect(unknown == .refused("not-found address"))
            let empty = try await installation.effect {
                try await place(.everything, installation, reason: "")
            }
            #expect(empty == .refused("invalid-field reason"))
            let missing = try await installation.effect {
                try await installation.engine.perform(
                    LiftHold(HoldID(high: 1, low: 2)),
                    as: HoldCommandsTests.actor
                )
            }
            #expect(missing == .refused("not-found id"))
        }
    }
}
