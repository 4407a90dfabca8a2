// The inventory of personal data in its JSON form.

package import HeedStore

/// Every table, what of it is about people, why it is kept, and what an erasure does.
package struct InventoryAnswer: Encodable, Sendable {
    private let tables: [Table]

    private struct Table: Encodable, Sendable {
        let table: String
        let purpose: String
        let basis: String?
        let columns: [Column]
    }

    private struct Column: Encodable, Sendable {
        let column: String
        let holds: String
        let erasure: String
    }

    /// The tables about people first, then the others.
    package static let tables = PersonalData.people + PersonalData.others

    /// Takes the inventory of this version.
    package init() {
        tables = InventoryAnswer.tables.map { table in
            Table(
                table: table.name,
                purpose: table.purpose,
                basis: table.basis.isEmpty ? nil : table.basis,
                columns: table.columns.map {
                    Column(column: $0.name, holds: $0.holds, erasure: $0.treatment.rawValue)
                }
            )
        }
    }
}
