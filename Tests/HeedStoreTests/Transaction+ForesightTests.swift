// Reads made early: the same answers, none of them older than a lock or a write of one's own.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction+Foresight")
struct TransactionForesightTests {
    private func reads(_ id: ContactID, _ keys: LookupKeys, _ address: Address) -> [ForeseenRead] {
        [
            .scope(Sample.newsletter), .contactID(address), .connectorNames, .lock(id),
            .contact(id), .lookupKeys(id), .permission(id, Sample.newsletter), .suppressions(keys),
        ]
    }

    /// What the reads answer, in words.
    private func answers(
        _ transaction: Transaction,
        _ id: ContactID,
        _ keys: LookupKeys,
        _ address: Address
    ) throws -> [String] {
        try transaction.lock(id)
        let permission = try transaction.permission(of: id, in: Sample.newsletter)
        return [
            try transaction.scope(Sample.newsletter).map { "\($0.kind)" } ?? "no scope",
            try transaction.contactID(at: address)?.text ?? "nobody",
            try transaction.connectorNames().joined(separator: ","),
            try transaction.contact(id)?.locale ?? "no locale",
            "\(try transaction.lookupKeys(of: id).map { $0 == keys })",
            "\(permission.state) \(permission.optOut?.text ?? "")",
            try transaction.suppressions(at: keys).map(\.reason.rawValue).joined(separator: ","),
        ]
    }

    @Test(arguments: Backend.allCases)
    func theAnswersAreTheSame(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Address(email: "a.b@gmail.com")
            let id = try await installation.decide(address)
            try await installation.optOut(address)
            try await installation.record([.connectorAdded(try Sample.connector("shop"))])
            let (late, early) = try await installation.database.write { transaction in
                let keys = transaction.vault.lookupKeys(for: address)
                let late = try answers(transaction, id, keys, address)
                try transaction.foresee(reads(id, keys, address))
                return (late, try answers(transaction, id, keys, address))
            }
            #expect(late == early)
            #expect(late[2] == "shop" && late[6] == "opt-out", "\(late)")
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
                source: .system,
                optOut: nil
            )
            let seen = try await installation.database.write { transaction in
                let keys = transaction.vault.lookupKeys(for: address)
                try transaction.foresee(reads(id, keys, address))
                let events = [Event.suppressionAdded(block, .contact(id))]
                _ = try transaction.record(Decision((), events: events, jobs: []), by: Sample.actor)
                return try transaction.suppressions(at: keys)
            }
            #expect(seen == [block])
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
            let id = try await installation.decide(address)
            let receipt = try await installation.database.write { transaction in
                let keys = transaction.vault.lookupKeys(for: address)
                try transaction.foresee(reads(id, keys, address))
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
