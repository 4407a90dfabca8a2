// The key that people's keys are wrapped by, and databases from before there was one.

import Crypto
import HeedConsent
import TestSupport
import Testing

@testable import HeedStore

@Suite("Key of people's keys")
struct TransactionVaultTests {
    /// In an older database the master key itself wraps them; it opens, and stays open under a new
    /// master key.
    @Test(arguments: Backend.allCases)
    func anOlderDatabaseOpens(_ backend: Backend) async throws {
        try await backend.withEngine { here in
            let contact = try await here.decide(Sample.address(1))
            let master = here.masterKey
            let wrapped = try await here.database.read { transaction in
                let row = try transaction.row("SELECT wrapped FROM contact_keys")
                let key = try transaction.unwrap(try #require(row).blob(0), of: contact)
                return try seal(
                    unsafe key.withUnsafeBytes { unsafe Array($0) },
                    with: master.key,
                    label: "contact-key:" + contact.text,
                    in: transaction.surroundings
                )
            }
            try await here.sql("UPDATE contact_keys SET wrapped = $1", .blob(wrapped))
            try await here.sql("DELETE FROM vault_keys WHERE purpose = 'people'")
            try await here.sql("UPDATE vault_keys SET master_id = NULL")
            let opened = try here.reopened()
            let addresses = try await opened.read {
                try $0.deliveryAddresses(of: contact, on: .email).map(\.delivery)
            }
            #expect(addresses == [try Sample.address(1).delivery])
        }
    }

    @Test func anIDTellsKeysApart() throws {
        let one = try Sample.key(1)
        let other = try Sample.key(2)
        #expect(one.id.count == 16)
        #expect(one.id == (try Sample.key(1).id))
        #expect(one.id != other.id)
        #expect("\(one.or(other))" == "<master key>")
    }
}
