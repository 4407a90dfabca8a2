// Another master key: what is open goes on, what is opened needs the new one and it alone.

import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@Suite("Change of the master key")
struct ReplaceMasterKeyTests {
    /// The door of whoever may change keys: on a server the owner.
    private func replace(_ here: Installation, by next: MasterKey) async throws {
        _ = try await Engine(database: here.prompt)
            .perform(ReplaceMasterKey(by: next), as: Sample.actor)
        try await here.settle()
    }

    @Test(arguments: Backend.allCases)
    func theOldKeyIsNotNeededAnyMore(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            let erin = try await here.addErin()
            let keys = try await here.sql("SELECT * FROM contact_keys ORDER BY 1")
            let next = try Sample.key(4711)
            try await replace(here, by: next)
            // Nobody's own key was touched.
            #expect(try await here.sql("SELECT * FROM contact_keys ORDER BY 1") == keys)
            // What was open goes on, reading and writing.
            try await here.optOut(Sample.address(1), from: .global)
            try await here.decide(Sample.address(2))
            // What is opened needs the new key, and sees what was sealed before.
            let error = #expect(throws: StoreError.self) { _ = try here.reopened() }
            #expect(error?.code == .wrongKey)
            #expect(error?.message.contains(next.id) == true)
            #expect(error?.message.contains(here.masterKey.id) == true)
            let opened = try here.reopened(masterKey: next)
            let address = try await opened.read {
                try $0.deliveryAddresses(of: erin, on: .email).map(\.delivery)
            }
            #expect(address == [Searchable.address])
            let check = MaySend(subject: .address(try Sample.address(1)), scope: Sample.newsletter)
            let decision = try await Engine(database: opened).ask(check).decision
            #expect(decision.reason == .globalOptOut)
            // Whoever is not sure which of two it is may bring both.
            _ = try here.reopened(masterKey: here.masterKey.or(next), seed: 98)
            let lines = try await opened.read { try $0.events(after: 0, limit: 1000) }
            let event = try #require(lines.first { $0.kind == "vault.master-key-replaced" })
            let line = try #require(AuditEvent(canonical: event.body))
            #expect(line.from == here.masterKey.id)
            #expect(line.to == next.id)
        }
    }

    @Test(arguments: Backend.allCases)
    func theSameKeyAndAChangeThatCameFirstAreRefused(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            let before = try await Contents.of(here.database)
            let same = await failureCode { try await replace(here, by: here.masterKey) }
            #expect(same == "conflict masterKey")
            #expect(try await Contents.of(here.database).changed(since: before).isEmpty)
            try await replace(here, by: try Sample.key(4711))
            // This one was opened with the key before.
            let late = await failureCode { try await replace(here, by: try Sample.key(4712)) }
            #expect(late == "wrong-master-key")
            _ = try here.reopened(masterKey: try Sample.key(4711))
        }
    }

    /// A node of a server cannot change keys; the owner can.
    @Test func aNodeCannotChangeKeys() async throws {
        try await Backend.postgres.withEngine { here in
            let change = ReplaceMasterKey(by: try Sample.key(4711))
            let failure = await failureCode {
                _ = try await here.engine.perform(change, as: Sample.actor)
            }
            #expect(failure != nil)
            _ = try here.reopened()
        }
    }
}
