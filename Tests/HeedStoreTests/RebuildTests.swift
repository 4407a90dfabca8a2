// Permissions are a projection: thrown away, they come back from the records alone.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Rebuild")
struct RebuildTests {
    private static let sources: [Source] = [
        .form, .doubleOptIn, .preferenceCentre, .batchImport, .api, .form,
    ]

    /// One random act of one of a few people; some acts are refused, and must change nothing.
    private func step(
        _ installation: Installation,
        _ generator: inout SeededGenerator
    ) async throws -> String? {
        installation.clock.advance(seconds: Int64.random(in: 1...5000, using: &generator))
        let texts = ["one@mail.example", "a.b@gmail.com", "ab+x@gmail.com", "two@mail.example"]
        let address = try Address(email: texts[Int.random(in: 0..<4, using: &generator)])
        let scope = Sample.scopes[Int.random(in: 0..<3, using: &generator)].name
        let back = Int64.random(in: 0...3, using: &generator) * 4000
        let terms = Terms(
            source: RebuildTests.sources[Int.random(in: 0..<6, using: &generator)],
            version: Bool.random(using: &generator) ? Sample.version : "2026-02",
            givenAt: installation.clock.now.adding(seconds: -back)
        )
        let act = Int.random(in: 0..<10, using: &generator)
        return await failureCode {
            switch act {
            case 0...4: try await installation.decide(address, in: scope, terms: terms)
            case 5: try await installation.decide(address, .denied, in: scope, terms: terms)
            case 6: try await installation.decide(address, .withdrawn, in: scope, terms: terms)
            case 7: try await installation.optOut(address, from: .global)
            case 8:
                try await installation.optOut(
                    address,
                    from: .scope(scope),
                    requestedAt: terms.givenAt
                )
            default: try await installation.drainQueue()
            }
        }
    }

    private struct Place: Hashable {
        let contact: ContactID
        let scope: String
    }

    /// Folds consent records and opt-outs in the order they were written.
    private func fold(_ transaction: Transaction) throws -> [Place: Permission] {
        let rows = try transaction.connection.run(
            "SELECT r.contact_id, r.scope, r.id, r.decision, r.source, r.given_at, r.recorded_at, "
                + "p.effective_at FROM consent_records r "
                + "LEFT JOIN policies p ON p.version = r.policy_version "
                + "WHERE r.scope <> 'global' ORDER BY r.recorded_at, r.id",
            []
        )
        var permissions: [Place: Permission] = [:]
        for row in rows {
            let place = Place(contact: try row.id(0), scope: try row.text(1))
            let before = permissions[place] ?? Permission()
            let givenAt = try row.time(5)
            var after: Permission
            switch try row.word(3, as: ConsentRecord.Decision.self) {
            case .granted:
                let source = Source(stored: try row.text(4))
                after = try before.applying(.grant(source, at: givenAt, complaint: false))
            case .requested: after = try before.applying(.requestConfirmation(at: givenAt))
            case .denied: after = try before.applying(.deny(at: givenAt))
            case .withdrawn where row.isNull(7):
                let optOut = try optOut(behind: row, transaction)
                after = try before.applying(.optOut(optOut, at: givenAt))
                after.record = try row.id(2)
                permissions[place] = after
                continue
            case .withdrawn: after = try before.applying(.withdraw(at: givenAt))
            }
            if after != before || before.record == nil || givenAt == before.decidedAt {
                after.record = try row.id(2)
                after.policyEffectiveAt = try row.time(7)
            }
            permissions[place] = after
        }
        return try permissions.mapValues { permission in
            guard let id = permission.optOut,
                try transaction.optOut(id)?.status == .completed
            else { return permission }
            return try permission.applying(.optOutCompleted(id))
        }
    }

    /// The opt-out written in the same transaction: ids carry their millisecond.
    private func optOut(behind row: Row, _ transaction: Transaction) throws -> OptOutID {
        let rows = try transaction.connection.run(
            "SELECT id FROM opt_outs WHERE contact_id = $1 AND scope IN ($2, 'global')",
            [row[0], row[1]]
        )
        let written = try row.time(6).microseconds / 1000
        let ids: [OptOutID] = try rows.map { try $0.id(0) }
        return try #require(ids.first { Int64($0.high >> 16) == written })
    }

    private func stored(_ transaction: Transaction) throws -> [Place: Permission] {
        var permissions: [Place: Permission] = [:]
        for row in try transaction.connection.run("SELECT contact_id, scope FROM permissions", []) {
            let place = Place(contact: try row.id(0), scope: try row.text(1))
            permissions[place] = try transaction.permission(
                of: place.contact,
                in: ScopeName(stored: place.scope)
            )
        }
        return permissions
    }

    @Test(arguments: Backend.allCases, [1, 2, 3, 4, 5] as [UInt64])
    func permissionsAreTheFoldOfTheRecords(_ backend: Backend, _ seed: UInt64) async throws {
        try await backend.withEngine(seed: seed) { installation in
            let later = Timestamp(seconds: 1_768_000_000)
            try await installation.record([
                .policyPublished(try Sample.policy("2026-02", effectiveAt: later))
            ])
            var generator = SeededGenerator(seed: seed)
            var refusals: [String: Int] = [:]
            for _ in 0..<120 {
                if let code = try await step(installation, &generator) {
                    refusals[code, default: 0] += 1
                }
            }
            // Refusals were met, and no other failure.
            let known: Set<String> = ["opted-out source", "opted-out givenAt"]
            #expect(!refusals.isEmpty && Set(refusals.keys).isSubset(of: known))
            try await installation.database.read { transaction throws in
                let (folded, stored) = (try fold(transaction), try stored(transaction))
                #expect(stored.count > 6)
                for (place, permission) in stored { #expect(folded[place] == permission) }
                #expect(folded.count == stored.count)
            }
        }
    }
}
