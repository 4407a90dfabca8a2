// The keys of an installation: opened by one secret, stable over time, its own and nobody else's.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Vault")
struct VaultTests {
    private func vault(_ database: any Database) async throws -> Vault {
        try await database.read { $0.vault }
    }

    @Test(arguments: [0, 1, 16, 31, 33, 64])
    func aMasterKeyHas32Bytes(_ count: Int) {
        #expect(MasterKey(bytes: Array(repeating: 1, count: count)) == nil)
        #expect(MasterKey(bytes: Array(repeating: 1, count: 32)) != nil)
    }

    @Test(arguments: Backend.allCases)
    func keysDoNotPrint(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let vault = try await vault(installation.database)
            #expect("\(installation.masterKey) \(vault)" == "<master key> <vault>")
        }
    }

    @Test(arguments: Backend.allCases)
    func aWrongMasterKeyOpensNothingAndChangesNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.decide(Sample.address())
            let effect = try await installation.effect {
                try installation.reopened(masterKey: Sample.masterKey(2))
            }
            #expect(effect == .refused("wrong-master-key"))
            let again = try installation.reopened()
            let address = try Sample.address()
            let stored = try await again.read { transaction in
                try transaction.contactID(at: address).map {
                    try transaction.deliveryAddresses(of: $0, on: .email)
                }
            }
            #expect(stored == [address])
        }
    }

    @Test(arguments: Backend.allCases)
    func reopeningAddsNothing(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let effect = try await installation.effect { try installation.reopened(seed: 1234) }
            #expect(effect == .unchanged)
        }
    }

    @Test(arguments: Backend.allCases)
    func lookUpKeysAreStableHereAndDifferentElsewhere(_ backend: Backend) async throws {
        let address = try Address(email: "a.b@gmail.com")
        try await backend.withDatabase(seed: 1) { here in
            let keys = try await vault(here.database).lookupKeys(for: address)
            #expect(keys.match.count == 16)
            #expect(keys.widened?.count == 16)
            #expect(keys.widened != keys.match)
            #expect(try await vault(here.reopened()).lookupKeys(for: address) == keys)
            try await backend.withDatabase(seed: 2) { elsewhere in
                let others = try await vault(elsewhere.database).lookupKeys(for: address)
                #expect(others.match != keys.match)
                #expect(others.widened != keys.widened)
            }
        }
    }

    static let spellings: [(one: String, two: String, match: Bool, widened: Bool)] = [
        ("a@mail.example", "A@MAIL.example", true, false),
        ("a@mail.example", "b@mail.example", false, false),
        ("a.b@gmail.com", "ab@gmail.com", false, true),
        ("ab@gmail.com", "ab+x@googlemail.com", false, true),
        ("ab@yahoo.com", "ab-x@yahoo.com", false, true),
    ]

    @Test(arguments: Backend.allCases, spellings)
    func lookUpKeysFollowTheForms(
        _ backend: Backend,
        _ row: (one: String, two: String, match: Bool, widened: Bool)
    ) async throws {
        try await backend.withDatabase { installation in
            let vault = try await vault(installation.database)
            let one = vault.lookupKeys(for: try Address(email: row.one))
            let two = vault.lookupKeys(for: try Address(email: row.two))
            #expect((one.match == two.match) == row.match)
            #expect((one.widened != nil && one.widened == two.widened) == row.widened)
        }
    }

    /// Whether a text is read as an address first, or hashed as it is read.
    @Test(arguments: [
        "ada@mail.example", "Ada@MAIL.example", " ada@mail.example ", "a.b+x@googlemail.com",
        "ab@gmail.com", "ab-x@yahoo.com", "\"a b\"@mail.example", "ä@mail.example", "ada@ä.example",
    ])
    func lookUpWordsAreThoseOfTheAddress(_ text: String) async throws {
        try await Backend.sqlite.withDatabase { installation in
            let vault = try await vault(installation.database)
            let words = vault.lookupWords(for: try Address(email: text))
            #expect(try vault.lookupWords(reading: text) == words)
        }
    }

    @Test func whatIsNoAddressHasNoLookUpWords() async throws {
        try await Backend.sqlite.withDatabase { installation in
            let vault = try await vault(installation.database)
            #expect(throws: Refusal.self) { try vault.lookupWords(reading: "ada@") }
            #expect(throws: Refusal.self) { try vault.lookupWords(reading: "") }
        }
    }

    /// A key stored for one purpose is not taken for another.
    @Test(arguments: Backend.allCases)
    func wrappedKeysAreBoundToTheirPurpose(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            try await installation.sql(
                "UPDATE vault_keys SET wrapped = (SELECT wrapped FROM vault_keys "
                    + "WHERE purpose = 'settings') WHERE purpose = 'link'"
            )
            let effect = try await installation.effect { try installation.reopened() }
            #expect(effect == .refused("wrong-master-key"))
        }
    }

    @Test(arguments: Backend.allCases)
    func linkTagsHoldForTheirBytesOnly(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let vault = try await vault(installation.database)
            let tag = vault.linkTag(over: [1, 2, 3])
            #expect(tag.count == 16)
            #expect(vault.isLinkTag(tag, over: [1, 2, 3]))
            #expect(!vault.isLinkTag(tag, over: [1, 2]))
            #expect(!vault.isLinkTag(Array(tag.dropLast()), over: [1, 2, 3]))
            #expect(!vault.isLinkTag([], over: [1, 2, 3]))
            #expect(try await self.vault(installation.reopened()).isLinkTag(tag, over: [1, 2, 3]))
        }
    }

    @Test(arguments: Backend.allCases)
    func fingerprintsTellPartsApart(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let vault = try await vault(installation.database)
            let lists: [[[UInt8]]] = [
                [], [[]], [[], []], [[1, 2]], [[1], [2]], [[1, 2], []], [[], [1, 2]], [[2], [1]],
            ]
            #expect(Set(lists.map(vault.fingerprint)).count == lists.count)
            #expect(vault.fingerprint([[1]]) == vault.fingerprint([[1]]))
        }
    }

    @Test(arguments: Backend.allCases)
    func aSealedSettingOpensWhole(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let vault = try await vault(installation.database)
            let text: [UInt8] = Array("a secret".utf8)
            let sealed = try vault.sealSetting(text, label: "x", in: installation.surroundings)
            let again = try vault.sealSetting(text, label: "x", in: installation.surroundings)
            #expect(sealed != again)
            #expect(try vault.openSetting(sealed, label: "x") == text)
            #expect(throws: StoreError.self) { try vault.openSetting(sealed, label: "y") }
            for index in sealed.indices {
                var broken = sealed
                broken[index] ^= 1
                #expect(throws: StoreError.self) { try vault.openSetting(broken, label: "x") }
            }
            for count in 0..<sealed.count {
                let cut = Array(sealed.prefix(count))
                #expect(throws: StoreError.self) { try vault.openSetting(cut, label: "x") }
            }
        }
    }

    @Test func comparesWholeValues() {
        #expect(constantTimeEqual([], []))
        #expect(constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 3]))
        #expect(!constantTimeEqual([0, 2], [1, 2]))
        #expect(!constantTimeEqual([1], [1, 2]))
        #expect(!constantTimeEqual([], [0]))
    }
}
