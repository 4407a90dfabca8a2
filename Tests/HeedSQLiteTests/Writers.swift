// Many writers that are made to wait together, so that a group of them is certain.

import Dispatch
import HeedStore

/// What a writer does, told which one it is.
typealias WriterBody = @Sendable (Int, Transaction) throws -> Void

/// Runs `count` writers at once.
///
/// The first one's body holds the writing session until all others
/// are on their way, so that they wait and share the next commits.
///
/// - Returns: the failure of each writer, nil where it was answered that its work is durable.
func writeTogether(
    _ count: Int,
    on database: any Database,
    _ body: @escaping WriterBody
) async -> [Int: StoreError?] {
    let underWay = DispatchSemaphore(value: 0)
    let (begun, begin) = AsyncStream<Void>.makeStream()
    return await withTaskGroup(of: (Int, StoreError?).self) { group in
        group.addTask {
            let failure = await failure(on: database) { transaction in
                begin.finish()
                for _ in 1..<count { underWay.wait() }
                try body(0, transaction)
            }
            return (0, failure)
        }
        for await _ in begun {}
        for number in 1..<count {
            group.addTask {
                underWay.signal()
                return (number, await failure(on: database) { try body(number, $0) })
            }
        }
        var failures: [Int: StoreError?] = [:]
        for await (number, failure) in group { failures[number] = .some(failure) }
        return failures
    }
}

private func failure(
    on database: any Database,
    _ body: @escaping @Sendable (Transaction) throws -> Void
) async -> StoreError? {
    do {
        try await database.write(body)
        return nil
    } catch let error as StoreError {
        return error
    } catch {
        return StoreError(.statement, "\(error)")
    }
}

/// A row of its own for a writer.
func addKey(_ number: Int, _ transaction: Transaction) throws {
    _ = try transaction.connection.run(
        "INSERT INTO api_keys VALUES ($1, 'admin', '', zeroblob(32), 0, NULL)",
        [.text("key-\(number)")]
    )
}

/// The numbers of the writers whose row is there.
func keys(_ database: any Database) async throws -> Set<Int> {
    try await database.read { transaction in
        let rows = try transaction.connection.run("SELECT id FROM api_keys", [])
        return Set(try rows.compactMap { Int(try $0.text(0).dropFirst(4)) })
    }
}
