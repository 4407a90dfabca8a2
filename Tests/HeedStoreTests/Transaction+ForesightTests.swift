// Reads made early: the same answers, none of them older than a lock or a write of one's own.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Foresight")
struct TransactionForesightTests {
    /// What the reads answer, in words.
    private func answers(
        _ transaction: Transaction,
        _ id: ContactID,
        _ address: Address
    ) throws -> [String] {
        try transaction.lock(id)
        let keys = transaction.vault.lookupKeys(for: address)
        let permission = try transaction.permission(of: id, in: Sample.newsletter)
        return [
            try transaction.scope(Sample.newsletter).map { "\($0.kind)" } ?? "no scope",
            try transaction.scopes().map(\.name.text).joined(separator: ","),
            try transaction.contactID(at: address)?.text ?? "nobody",
            try transaction.contactID(external: "crm-1")?.text ?? "nobody",
            try transaction.connectorNames().joined(separator: ","),
            try transaction.policy(Sample.version)?.version ?? "no policy",
            try transaction.contact(id)?.locale ?? "no locale",
            "\(try transaction.lookupKeys(of: id).map { $0 == keys })",
            "\(permission.state) \(permission.optOut?.text ?? "")",
            try transaction.suppressions(at: keys).map(\.reason.rawValue).joined(separator: ","),
        ]
    }

    private func needs(_ address: Address) -> Needs {
        Needs(about: [address], externalIDs: ["crm-1"], policies: [Sample.version])
    }

    @Test(arguments: Backend.allCases)
    func theAnswersAreTheSame(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Address(email: "a.b@gmail.com")
            let id = try await installation.decide(address)
            try await installation.optOut(address)
            try await installation.record([.connectorAdded(try Sample.connector("shop"))])
            let needs = needs(address)
            let late = try await installation.database.write { try answers($0, id, address) }
            let early = try await installation.database.write(needing: needs) {
                try answers($0, id, address)
            }
            #expect(late == early)
            #expect(late[4] == "shop" && late[9] == "opt-out", "\(late)")
        }
    }

    @Test(arguments: Backend.allCases)
    func aTransactionReadsItsOwnChanges(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let id = try await installation.decide(address)
            let block = Suppression(
                reason: .manual,
                scope: nil,
                since: Timestamp(seconds: 5),
                source: .commandLine,
                optOut: nil
            )
            let seen = try await installation.database.write(needing: needs(address)) {
                transaction in
                let keys = transaction.vault.lookupKeys(for: address)
                let events = [Event.suppressionAdded(block, .contact(id))]
                _ = try transaction.record(Decision((), events: events, jobs: []), by: Sample.actor)
                return try transaction.suppressions(at: keys)
            }
            #expect(seen == [block])
        }
    }

    /// Of those about one person only the first is in a group.
    @Test func aPersonIsInAGroupOnce() async throws {
        try await Backend.postgres.withEngine { installation in
            let ada = try Sample.address()
            let bob = try Address(email: "bob@mail.example")
            _ = try await installation.decide(ada)
            _ = try await installation.decide(bob)
            let many = [needs(ada), needs(bob), needs(ada), Needs()]
            let isIn = try await installation.database.write { transaction in
                try transaction.foresee(many, .leave).map { $0 != nil }
            }
            #expect(isIn == [true, true, false, true])
        }
    }

    /// What is foreseen behind a lock is read once the lock was granted, and not before.
    @Test(arguments: Backend.allCases)
    func aForeseenReadIsNotOlderThanItsLock(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let id = try await installation.decide(address)
            let optOuts = 24
            let ids = try await withThrowingTaskGroup(of: OptOutID.self) { group in
                for _ in 0..<optOuts { group.addTask { try await installation.optOut(address) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            // Each that came after the first saw it, so nobody made a second one.
            #expect(ids.count == 1)
            let stored = try await installation.number("SELECT count(*) FROM opt_outs")
            #expect(stored == 1)
            let events = try await installation.database.read { try $0.events(about: id) }
            #expect(Set(events).count == events.count)
        }
    }

    /// A receipt taken early is the one that is taken at the end.
    @Test(arguments: Backend.allCases)
    func theReceiptCoversWhatWasWritten(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            _ = try await installation.decide(address)
            let receipt = try await installation.database.write(needing: needs(address)) {
                transaction in
                let scope = try Sample.scope("later")
                let decision = Decision((), events: [.scopeAdded(scope)], jobs: [])
                return try transaction.record(decision, by: Sample.actor)
            }
            let newest = try await installation.number("SELECT max(position) FROM audit_events")
            #expect(receipt >= newest)
            #expect(backend == .postgres || receipt == newest)
            #expect(receipt >> 16 == newest >> 16)
        }
    }
}
