// One throwaway installation: a database in a folder, its clock, its keys and its engine.

package import Foundation
package import HeedConsent
package import HeedEngine
package import HeedStore

/// What a test works on.
package struct Installation: Sendable {
    /// The engine it runs on.
    package let backend: Backend
    /// Where its files are.
    package let folder: URL
    /// Its present.
    package let clock: TestClock
    /// The clock and the seeded chance.
    package let surroundings: Surroundings
    /// The key outside the database.
    package let masterKey: MasterKey
    /// The open database.
    package let database: any Database
    /// The door to it.
    package let engine: Engine

    /// Makes the database in `folder`.
    package init(
        _ backend: Backend,
        in folder: URL,
        seed: UInt64,
        clock: TestClock = TestClock()
    ) throws {
        self.backend = backend
        self.folder = folder
        self.clock = clock
        surroundings = .seeded(seed, clock: clock)
        masterKey = try Sample.masterKey(seed)
        database = try backend.open(in: folder, masterKey: masterKey, surroundings: surroundings)
        engine = Engine(database: database)
    }

    /// Takes a database that a test has opened with the key of `seed`.
    package init(
        _ backend: Backend,
        opened database: any Database,
        in folder: URL,
        seed: UInt64,
        clock: TestClock
    ) throws {
        self.backend = backend
        self.folder = folder
        self.clock = clock
        surroundings = .seeded(seed, clock: clock)
        masterKey = try Sample.masterKey(seed)
        self.database = database
        engine = Engine(database: database)
    }

    /// The same database for somebody with a SQL prompt.
    package var prompt: any Database { get throws { try backend.prompt(of: self) } }

    /// A second opening of the same database, as another process would make.
    package func reopened(masterKey: MasterKey? = nil, seed: UInt64 = 99) throws -> any Database {
        try backend.open(
            in: folder,
            masterKey: masterKey ?? self.masterKey,
            surroundings: .seeded(seed, clock: clock)
        )
    }

    /// The log's position once answers are as fresh as a receipt.
    ///
    /// On a server that may take until the transactions of others have ended.
    package func position(asFreshAs receipt: Int64) async throws -> Int64 {
        while true {
            let position = try await engine.ask(LogPosition())
            if position >= receipt || backend == .sqlite { return position }
        }
    }

    /// Records events and job changes through the write path.
    @discardableResult
    package func record(
        _ events: [Event],
        jobs: [JobChange] = [],
        by actor: Actor = Sample.actor
    ) async throws -> Int64 {
        let position = try await database.write { transaction in
            try transaction.record(Decision((), events: events, jobs: jobs), by: actor)
        }
        try await settle()
        return position
    }

    /// Waits until no transaction can put an event before those that are there.
    ///
    /// On a server the transactions of other tests count, too; without this a test could not say
    /// which events the next step of the sequencer takes.
    package func settle() async throws {
        guard backend == .postgres else { return }
        let newest = try await number("SELECT coalesce(max(position), 0) FROM audit_events")
        while try await database.read({ try $0.position() }) < newest { await Task.yield() }
    }

    /// Runs one statement as somebody with a SQL prompt would.
    @discardableResult
    package func sql(_ statement: SQL, _ arguments: SQLValue...) async throws -> [Row] {
        try await prompt.write { try $0.connection.run(statement, arguments) }
    }

    /// The number a statement answers.
    package func number(_ statement: SQL, _ arguments: SQLValue...) async throws -> Int64 {
        try await database.read { transaction in
            try transaction.connection.run(statement, arguments).first?.integer(0) ?? 0
        }
    }
}

/// The code of the refusal or store error that `body` throws; nil when it throws none.
package func failureCode(
    _ body: () async throws -> some Any
) async -> String? {
    do {
        _ = try await body()
        return nil
    } catch let refusal as Refusal {
        return refusal.code.name + (refusal.field.map { " " + $0 } ?? "")
    } catch let error as StoreError {
        return error.code.name
    } catch {
        return "\(error)"
    }
}
