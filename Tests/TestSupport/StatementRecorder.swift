// Notes the statements that a question really runs, so that a test can ask for their plans.

package import HeedStore

/// A session in front of another that keeps what it is given.
package final class StatementRecorder: SQLConnection {
    private let base: any SQLConnection
    /// What was run so far.
    package private(set) var statements: [Statement] = []

    /// Stands in front of a session.
    package init(_ base: any SQLConnection) { self.base = base }

    /// The engine's.
    package var dialect: Dialect { base.dialect }

    /// Notes it and runs it.
    package func run(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) -> [Row] {
        statements.append(Statement(sql, arguments))
        return try base.run(sql, arguments)
    }

    /// Notes it and runs it.
    package func post(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) {
        statements.append(Statement(sql, arguments))
        try base.post(sql, arguments)
    }

    /// Notes it as a statement of its own and inserts it.
    package func insert(_ row: [SQLValue], with insertion: Insertion) throws(StoreError) {
        statements.append(Statement(insertion.one, row))
        try base.insert(row, with: insertion)
    }

    /// Notes all and runs them.
    package func runAll(_ statements: [Statement]) throws(StoreError) -> [[Row]] {
        self.statements += statements
        return try base.runAll(statements)
    }

    /// Runs it.
    package func runScript(_ script: String) throws(StoreError) { try base.runScript(script) }
}

extension Transaction {
    /// The same transaction on a session that notes what it runs.
    package func recorded(_ mode: Mode) -> (transaction: Transaction, recorder: StatementRecorder) {
        let recorder = StatementRecorder(connection)
        let transaction = Transaction(
            connection: recorder,
            mode: mode,
            surroundings: surroundings,
            vault: vault
        )
        return (transaction, recorder)
    }
}
