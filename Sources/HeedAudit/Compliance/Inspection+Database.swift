// What checks try on the database itself: forbidden statements, and the guards that refuse them.

import HeedConsent
import HeedStore

extension Inspection {
    /// Tries everything on a ground; each has to be refused by the database.
    mutating func tryForbidden(
        _ ground: ForbiddenStatement.Ground,
        in transaction: Transaction
    ) throws {
        var refused = 0
        var words = ""
        for statement in ForbiddenStatement.all(on: ground, transaction.engine) {
            switch try transaction.attempt(statement) {
            case .refused(let message):
                refused += 1
                if words.isEmpty { words = message }
            case .accepted: fault("the database let this through: \(statement.sql.text)")
            case .untried: note("not tried, the table is in use: \(statement.sql.text)")
            }
        }
        if refused > 0 {
            note("\(counted(refused, "forbidden statement")) refused, the first with: \(words)")
        }
    }

    /// Looks for a guard against each operation on tables, and for rights nobody should have.
    mutating func expectGuards(
        against operations: [String],
        on tables: [String],
        in transaction: Transaction
    ) throws {
        let guarded = try transaction.guardedOperations()
        let granted = try transaction.grantedOperations()
        let all = transaction.engine == .postgres ? operations : operations.filter(isOnSQLite)
        for table in tables {
            for operation in all {
                let place = TableOperation(operation, table)
                require(
                    guarded.contains(place),
                    else: "no trigger refuses \(operation) on \(table)"
                )
                require(
                    !granted.contains(place),
                    else: "somebody else than the owner has the right to \(operation) on \(table)"
                )
            }
        }
        note("triggers looked for: \(all.joined(separator: ", ")) on \(listed(tables))")
    }
}

/// It has no TRUNCATE.
private func isOnSQLite(_ operation: String) -> Bool { operation != "TRUNCATE" }

private func listed(_ tables: [String]) -> String { tables.joined(separator: ", ") }
