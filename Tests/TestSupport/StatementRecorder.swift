// Notes the statements that a question really runs, so that a test can ask for their plans.

package import HeedStore

/// A session in front of another that keeps what it is given.
package final class StatementRecorder: SQLConnection {
    /// A statement with the arguments it was run with.
    package struct Statement {
        /// Its text.
        package let sql: SQL
        /// Its arguments.
        package let arguments: [SQLValue]
    }

    private let base: any SQLConnection
    /// What was run so far.
    package private(set) var statements: [Statement] = []

    /// Stands in front of a session.
    package init(_ base: any SQLConnection) { self.base = base }

    /// The engine's.
    package var dialect: Dialect { base.dialect }

    /// Notes it and runs it.
    package func run(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) -> [Row] {
        statements.append(Statement(sql: sql, arguments: arguments))
        return try base.run(sql, arguments)
    }

    /// Notes it and runs it.
    package func post(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) {
        statements.append(Statement(sql: sql, arguments: arguments))
        try base.post(sql, arguments)
    }

    /// Notes it once and runs all.
    package func runEach(_ sql: SQL, _ sets: [[SQLValue]]) throws(StoreError) -> [[Row]] {
        statements.append(Statement(sql: sql, arguments: sets.first ?? []))
        return try base.runEach(sql, sets)
    }

    /// Runs it.
    package func runScript(_ script: String) throws(StoreError) { try base.runScript(script) }
}
