// Blocks by keyed hash: written under both forms, found by either, lifted from one person only.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Suppressions")
struct TransactionSuppressionsTests {
    private func block(
        _ reason: SuppressionReason,
        scope: ScopeName? = nil,
        since: Timestamp = Timestamp(seconds: 100),
        optOut: OptOutID? = nil
    ) -> Suppression {
        Suppression(
            reason: reason,
            scope: scope,
            since: since,
            source: .commandLine,
            optOut: optOut
        )
    }

    private func blocks(
        _ installation: Installation,
        at address: Address
    ) async throws -> [Suppression] {
        try await installation.database.read { transaction in
            try transaction.suppressions(at: transaction.vault.lookupKeys(for: address))
        }
    }

    @Test(arguments: Backend.allCases, SuppressionReason.allCases)
    func aBlockReadsBack(_ backend: Backend, _ reason: SuppressionReason) async throws {
        try await backend.withEngine { installation in
            let scope = reason == .optOut ? Sample.newsletter : nil
            let block = block(reason, scope: scope, optOut: OptOutID(high: 1, low: 2))
            let address = try Sample.address()
            try await installation.record([.suppressionAdded(block, .address(address))])
            #expect(try await blocks(installation, at: address) == [block])
            #expect(try await blocks(installation, at: Sample.address(2)).isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func aRepeatedBlockTakesTheLaterDate(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let first = block(.complaint)
            let second = block(.complaint, since: Timestamp(seconds: 200))
            try await installation.record([.suppressionAdded(first, .address(address))])
            try await installation.record([.suppressionAdded(second, .address(address))])
            #expect(try await blocks(installation, at: address) == [second])
            try await installation.record([.suppressionAdded(first, .address(address))])
            #expect(try await blocks(installation, at: address) == [second])
        }
    }

    /// Two addresses of one person may share the widened form; each form is blocked once.
    @Test(arguments: Backend.allCases)
    func aPersonWithTwoAliasesIsBlockedUnderEachForm(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let addresses = try ["a.b@gmail.com", "ab+news@gmail.com", "ab@mail.example"]
                .map { try Address(email: $0) }
            let contact = Sample.contact()
            let optOut = OptOutID(high: 1, low: 2)
            for block in [block(.complaint), block(.manual, optOut: optOut)] {
                let added: [Event] =
                    block.reason == .complaint ? [.contactAdded(contact, addresses)] : []
                try await installation.record(
                    added + [.suppressionAdded(block, .contact(contact.id))]
                )
                for address in addresses {
                    let found = try await blocks(installation, at: address)
                    #expect(found.contains(block) && found.allSatisfy { $0.since == block.since })
                }
            }
            let count = try await installation.number(
                "SELECT count(*) FROM suppressions WHERE reason = 'complaint' "
                    + "AND opt_out_id IS NULL"
            )
            // Three match forms and the one mailbox behind two of them.
            #expect(count == 4)
        }
    }

    static let aliases: [(blocked: String, asked: String, meets: Bool)] = [
        ("a.b+x@gmail.com", "ab@gmail.com", true),
        ("ab@gmail.com", "a.b+x@gmail.com", true),
        ("a.b@gmail.com", "A.B@googlemail.com", true),
        ("ab@gmail.com", "abc@gmail.com", false),
        ("a.b@mail.example", "ab@mail.example", false),
        ("me+list@outlook.com", "me@outlook.com", true),
        ("me-list@yahoo.com", "me@yahoo.com", true),
        ("me+list@mail.example", "me@mail.example", false),
    ]

    @Test(arguments: Backend.allCases, aliases)
    func aBlockMeetsTheMailboxesAliases(
        _ backend: Backend,
        _ row: (blocked: String, asked: String, meets: Bool)
    ) async throws {
        try await backend.withEngine { installation in
            let blocked = try Address(email: row.blocked)
            let asked = try Address(email: row.asked)
            try await installation.record([.suppressionAdded(block(.manual), .address(blocked))])
            #expect(try await blocks(installation, at: asked).count == (row.meets ? 1 : 0))
        }
    }

    @Test(arguments: Backend.allCases)
    func aPersonsBlockIsOnAllTheirAddresses(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let contact = Sample.contact()
            let addresses = try (1...3).map { try Sample.address($0) }
            let block = block(.optOutGlobal)
            try await installation.record([
                .contactAdded(contact, addresses), .suppressionAdded(block, .contact(contact.id)),
            ])
            for address in addresses {
                #expect(try await blocks(installation, at: address) == [block])
            }
            try await installation.record([.suppressionLifted(block, contact.id)])
            for address in addresses {
                #expect(try await blocks(installation, at: address).isEmpty)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func liftingIsExact(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let (one, two) = (Sample.contact(1), Sample.contact(2))
            let addresses = try [Address(email: "a.b@gmail.com"), Address(email: "ab+z@gmail.com")]
            let other = block(.optOut, scope: Sample.promotions)
            let lifted = block(.optOut, scope: Sample.newsletter)
            try await installation.record([
                .contactAdded(one, [addresses[0]]), .contactAdded(two, [addresses[1]]),
                .suppressionAdded(lifted, .contact(one.id)),
                .suppressionAdded(lifted, .contact(two.id)),
                .suppressionAdded(other, .contact(one.id)),
                .suppressionAdded(block(.legal), .contact(one.id)),
            ])
            try await installation.record([.suppressionLifted(lifted, one.id)])
            let mine = try await blocks(installation, at: addresses[0])
            #expect(Set(mine) == [other, block(.legal)])
            // The other alias said no for itself, and that stands.
            #expect(try await blocks(installation, at: addresses[1]).contains(lifted))
        }
    }
}
