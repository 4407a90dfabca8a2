// Permissions come back from the records alone, as events of their own, or not at all.

import HeedAudit
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@Suite("RebuildPermissions")
struct RebuildPermissionsTests {
    private func rebuild(_ installation: Installation) async throws -> Int {
        let verifier = Verifier(engine: installation.engine)
        return try await verifier.rebuild(verifier.run(), as: Sample.actor)
    }

    private let rows: SQL = "SELECT * FROM permissions ORDER BY contact_id, scope"

    /// Drop the projection, rebuild it, compare.
    @Test(arguments: Backend.allCases)
    func theWholeProjectionComesBack(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            try await installation.live()
            let before = try await installation.sql(rows)
            try await installation.sql("DELETE FROM permissions")
            #expect(try await rebuild(installation) == before.count)
            #expect(try await installation.sql(rows) == before)
            try await installation.sequence()
            #expect(try await installation.verify().findings == [])
            #expect(
                try await installation.number(
                    "SELECT count(*) FROM audit_events WHERE kind = 'permission.rebuilt'"
                ) == Int64(before.count)
            )
        }
    }

    /// A row that no record stands behind becomes one that allows nothing.
    @Test func aRowWithoutRecordsIsEmptied() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live(people: 2)
            try await installation.sql(
                "INSERT INTO permissions (contact_id, scope, state, opt_out_status) "
                    + "SELECT id, 'receipts', 'granted', 'none' FROM contacts"
            )
            #expect(try await rebuild(installation) == 2)
            #expect(try await installation.verify().findings == [])
            #expect(
                try await installation.check(Sample.address(1), Sample.receipts).reason
                    == .noConsent
            )
        }
    }

    @Test func nothingIsDoneWhereNothingDiffers() async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live(people: 2)
            let before = try await installation.contents()
            #expect(try await rebuild(installation) == 0)
            #expect(try await installation.contents().changed(since: before) == [])
        }
    }

    @Test(
        arguments: [
            "UPDATE audit_events SET at = at + 1 WHERE position = 5",
            "UPDATE consent_records SET locale = 'xx'",
            "UPDATE opt_outs SET source = 'x'",
            "DELETE FROM ledger_leaves WHERE leaf_index = 3",
        ] as [SQL]
    )
    func itIsRefusedWhenWhatItRestsOnDiffers(_ statement: SQL) async throws {
        try await Backend.sqlite.withEngine { installation in
            try await installation.live(people: 3)
            try await installation.tamper(statement, "DELETE FROM permissions")
            let effect = try await installation.effect { try await rebuild(installation) }
            #expect(effect == .refused("conflict"))
        }
    }
}
