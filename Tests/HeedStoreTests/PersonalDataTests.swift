// The inventory of personal data is complete: held against the live schema of both engines.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Inventory of personal data")
struct PersonalDataTests {
    /// Words in a column's name that speak of people; a new one is in the inventory or explained.
    private static let suspicious = [
        "address", "mail", "name", "phone", "ip", "agent", "locale", "region", "language",
        "external", "sealed", "evidence", "details", "match", "widened", "contact", "label",
        "reason", "text", "statement", "birth", "gender", "user", "body", "token", "person",
    ]

    /// Columns that sound like people and are not about them, and why.
    private static let harmless: Set<String> = [
        // Registries: what operators call their own things.
        "scopes.name", "policies.text", "policies.text_sha256", "forms.name", "api_keys.label",
        "connectors.name",
        "scope_texts.language", "leases.name", "schema_migrations.name",
        // Descriptions of a block or form, words of a closed set.
        "suppressions.reason", "suppressions.widened", "requests.reason", "alert_notices.reason",
        "send_decisions.reason",
        // The operator's secrets.
        "connectors.sealed", "lookup_keys.sealed",
        // Text of the kind "HTTP 202", and texts without a person.
        "receipts.body", "requests.token_hash",
    ]

    @Test(arguments: Backend.allCases)
    func everyTableIsInIt(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let columns = try await columns(of: installation, backend)
            let live = Set(columns.map(\.table))
            let listed = (PersonalData.people + PersonalData.others).map(\.name)
            #expect(Set(listed) == live)
            #expect(listed.count == Set(listed).count)
            for table in PersonalData.people where !table.columns.isEmpty {
                #expect(!table.basis.isEmpty, "\(table.name)")
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func everyColumnAboutPeopleIsInIt(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let live = Set(try await columns(of: installation, backend).map(\.path))
            let listed = Set(
                PersonalData.people.flatMap { table in
                    table.columns.map { "\(table.name).\($0.name)" }
                }
            )
            #expect(listed.isSubset(of: live))
            #expect(PersonalDataTests.harmless.isSubset(of: live))
            for path in live.sorted() {
                let column = path.split(separator: ".")[1].split(separator: "_")
                let sounds = column.contains { part in
                    PersonalDataTests.suspicious.contains(String(part))
                }
                guard sounds else { continue }
                let isKnown = listed.contains(path) || PersonalDataTests.harmless.contains(path)
                #expect(isKnown, "\(path) sounds personal: list it, or say why it is not")
            }
        }
    }

    private struct LiveColumn {
        let table: String
        let name: String
        var path: String { "\(table).\(name)" }
    }

    private func columns(
        of installation: Installation,
        _ backend: Backend
    ) async throws -> [LiveColumn] {
        let statement: SQL =
            switch backend {
            case .sqlite:
                "SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c "
                    + "WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
            case .postgres:
                "SELECT table_name::text, column_name::text FROM information_schema.columns "
                    + "WHERE table_schema = 'heed'"
            }
        return try await backend.prompt(of: installation).read { transaction in
            try transaction.connection.run(statement, []).map { row in
                LiveColumn(table: try row.text(0), name: try row.text(1))
            }
        }
    }
}
