// A database in front of another that fails when a test says so, before the commit or after it.

package import HeedStore
import Synchronization

/// Passes everything on; each planned fault is for one write.
package final class FaultyDatabase: Database {
    /// What happens to a write.
    package enum Fault: Hashable, Sendable {
        /// Nothing.
        case none
        /// Statement number `n` of the body fails, from 0; a body with fewer goes well.
        case atStatement(Int)
        /// The body is done, the commit fails.
        case beforeCommit
        /// It worked, but the reply was lost.
        case afterCommit
    }

    private let base: any Database
    private let faults: Mutex<[Fault]>
    private let readFault = Mutex<Fault>(.none)

    /// Fails the next writes as planned, then no more.
    package init(_ base: any Database, _ faults: [Fault] = []) {
        self.base = base
        self.faults = Mutex(faults)
    }

    /// Plans further faults.
    package func plan(_ more: [Fault]) { faults.withLock { $0 += more } }

    /// Plans a fault for the next read.
    package func planRead(_ fault: Fault) { readFault.withLock { $0 = fault } }

    /// Reads with the fault that was planned for it.
    package func read<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer {
        let fault = readFault.withLock { fault in
            defer { fault = .none }
            return fault
        }
        guard case .atStatement(let number) = fault else { return try await base.read(body) }
        return try await base.read { transaction in
            try body(
                Transaction(
                    connection: FailingConnection(transaction.connection, at: number),
                    mode: .reading,
                    surroundings: transaction.surroundings,
                    vault: transaction.vault
                )
            )
        }
    }

    /// Cleans without faults.
    package func clean() async throws { try await base.clean() }

    /// As it is.
    package func journalFault() async -> StoreError? { await base.journalFault() }

    /// As it is.
    package func moment() -> Moment? { base.moment() }

    /// Writes with the next fault.
    package func write<Answer: Sendable>(
        needing needs: Needs,
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer {
        let fault = faults.withLock { $0.isEmpty ? .none : $0.removeFirst() }
        let answer = try await base.write(needing: needs) { transaction in
            guard case .atStatement(let number) = fault else {
                let answer = try body(transaction)
                if fault == .beforeCommit { throw StoreError(.full, "as planned") }
                return answer
            }
            return try body(
                Transaction(
                    connection: FailingConnection(transaction.connection, at: number),
                    mode: .writing,
                    surroundings: transaction.surroundings,
                    vault: transaction.vault
                )
            )
        }
        if fault == .afterCommit { throw StoreError(.unknown, "as planned") }
        return answer
    }
}

/// A session that fails once.
private final class FailingConnection: SQLConnection {
    private let base: any SQLConnection
    private var remaining: Int

    init(_ base: any SQLConnection, at number: Int) {
        self.base = base
        remaining = number
    }

    var dialect: Dialect { base.dialect }

    func run(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) -> [Row] {
        try count()
        return try base.run(sql, arguments)
    }

    func post(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) {
        try count()
        try base.post(sql, arguments)
    }

    func insert(_ row: [SQLValue], with insertion: Insertion) throws(StoreError) {
        try count()
        try base.insert(row, with: insertion)
    }

    func runAll(_ statements: [Statement]) throws(StoreError) -> [[Row]] {
        try count()
        return try base.runAll(statements)
    }

    private func count() throws(StoreError) {
        remaining -= 1
        guard remaining != -1 else { throw StoreError(.unavailable, "as planned") }
    }

    func runScript(_ script: String) throws(StoreError) { try base.runScript(script) }
}
