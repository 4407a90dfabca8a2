// Rows that are written together: in order, by any of three ways, and whole or not at all.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("PendingRows")
struct PendingRowsTests {
    /// One row goes as a statement, a few as arrays, many by COPY; NULLs and all types included.
    @Test(arguments: Backend.allCases, [1, 2, 199, 200, 5000])
    func rowsArriveInTheirOrder(_ backend: Backend, _ count: Int) async throws {
        try await backend.withDatabase { installation in
            let contacts = (1...count).map { number in
                let external = number.isMultiple(of: 2) ? "ö-\(number)" : nil
                return Sample.contact(UInt64(number), external: external)
            }
            let events = try contacts.enumerated().map { index, contact in
                Event.contactAdded(contact, [try Sample.address(index + 1)])
            }
            try await installation.record(events)
            let log = try await installation.database.read { transaction in
                try transaction.events(after: 0, limit: 10_000)
            }
            let ids = log.filter { $0.kind == "contact.added" }.map {
                String(decoding: $0.body, as: UTF8.self).split(separator: "\"")
                    .map(String.init)
            }.map { $0[($0.firstIndex(of: "contact") ?? 0) + 2] }
            #expect(ids == contacts.map(\.id.text))
            let named = try await installation.database.read { transaction in
                try contacts.map { try transaction.contact($0.id)?.externalID }
            }
            #expect(named == contacts.map(\.externalID))
            let addresses = try await installation.number("SELECT count(*) FROM addresses")
            #expect(addresses == count)
        }
    }

    /// What the database refuses, it refuses whichever way the rows come; nothing stays, and the
    /// session goes on.
    @Test(arguments: Backend.allCases, [2, 300])
    func aRefusedRowUndoesAll(_ backend: Backend, _ count: Int) async throws {
        try await backend.withDatabase { installation in
            let effect = try await installation.effect {
                try await installation.record(
                    (1...count).map { number in
                        // The last has the first one's id.
                        let id = number == count ? 1 : number
                        return .contactAdded(
                            Sample.contact(UInt64(id)),
                            [try Sample.address(number)]
                        )
                    }
                )
            }
            #expect(effect == .refused("refused-by-database"))
            try await installation.record([.contactAdded(Sample.contact(7), [])])
        }
    }

    /// A row that replaces one that waits is no error, and the later one stays.
    @Test(arguments: Backend.allCases)
    func theLaterOfTwoRowsStays(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let id = try await installation.decide(address)
            let kept = try await installation.database.write { transaction in
                let events = [7, 5, 9].map { second in
                    let block = Suppression(
                        reason: .manual,
                        scope: nil,
                        since: Timestamp(seconds: Int64(second)),
                        source: .commandLine,
                        optOut: nil
                    )
                    return Event.suppressionAdded(block, .contact(id))
                }
                _ = try transaction.record(Decision((), events: events), by: Sample.actor)
                return try transaction.suppressions(at: transaction.vault.lookupKeys(for: address))
            }
            #expect(kept.map(\.since) == [Timestamp(seconds: 9)])
        }
    }

    @Test func textThatCannotBeKeptIsRefused() async throws {
        try await Backend.postgres.withDatabase { installation in
            for count in [2, 300] {
                let effect = try await installation.effect {
                    try await installation.record(
                        (1...count).map {
                            .contactAdded(Sample.contact(UInt64($0), external: "a\0\($0)"), [])
                        }
                    )
                }
                #expect(effect == .refused("refused-by-database"))
            }
        }
    }
}
