// The engines that a conformance test runs on, and a throwaway installation on each.

package import Foundation
import HeedEngine
package import HeedJournal
import HeedPostgres
import HeedSQLite
package import HeedStore
import Synchronization

/// An engine; suites take `arguments: Backend.allCases`.
package enum Backend: String, CaseIterable, Sendable, CustomStringConvertible {
    /// One file.
    case sqlite
    /// A database of its own on the shared server.
    case postgres

    /// Both, or the one that `HEED_TEST_ENGINES` names: `make check` has no server to wait for.
    package static let allCases: [Backend] =
        ProcessInfo.processInfo.environment["HEED_TEST_ENGINES"]
        .flatMap(Backend.init(rawValue:)).map { [$0] } ?? [.sqlite, .postgres]

    /// The engines whose data is in a file that a test can copy, read or count.
    ///
    /// What such a test shows has a counterpart of its own in `HeedPostgresTests`.
    package static let embedded: [Backend] = [.sqlite]

    /// The engine's name.
    package var description: String { rawValue }

    /// The fragments of SQL that are the engine's own.
    package var dialect: Dialect {
        switch self {
        case .sqlite: .sqlite
        case .postgres: .postgres
        }
    }

    /// Opens the database that lives in `folder`, making it when there is none.
    ///
    /// On a server the folder holds only the database's name.
    package func open(
        in folder: URL,
        masterKey: MasterKey,
        surroundings: Surroundings,
        journal: JournalOptions? = nil
    ) throws -> any Database {
        switch self {
        case .sqlite:
            return try SQLiteDatabase(
                path: folder.appending(path: Backend.fileName).path,
                creation: .ifMissing,
                masterKey: masterKey,
                surroundings: surroundings,
                journal: journal
            )
        case .postgres:
            var options = try PostgresCluster.shared().options(
                Backend.postgresName(in: folder),
                .node
            )
            options.journal = journal
            return try Backend.openPostgres(options, in: folder, masterKey, surroundings)
        }
    }

    /// Opens an installation's database once more, on a server as its owner.
    package func openAsOwner(
        of installation: Installation,
        surroundings: Surroundings,
        journal: JournalOptions
    ) throws -> any Database {
        guard self == .postgres else {
            return try open(
                in: installation.folder,
                masterKey: installation.masterKey,
                surroundings: surroundings,
                journal: journal
            )
        }
        let name = try Backend.postgresName(in: installation.folder)
        var options = try PostgresCluster.shared().options(name, .owner)
        options.journal = journal
        return try Backend.openPostgres(
            options,
            in: installation.folder,
            installation.masterKey,
            surroundings
        )
    }

    /// The same database for somebody with a SQL prompt: on a server, its owner.
    package func prompt(of installation: Installation) throws -> any Database {
        guard self == .postgres else { return installation.database }
        let folder = installation.folder
        if let prompt = Backend.opened.withLock({ $0[folder]?.prompt }) { return prompt }
        let prompt = try Backend.openPostgres(
            PostgresCluster.shared().options(Backend.postgresName(in: folder), .owner),
            in: folder,
            installation.masterKey,
            installation.surroundings
        )
        Backend.opened.withLock { $0[folder]?.prompt = prompt }
        return prompt
    }

    /// Whether places in the audit log are as the engine hands them out: without gaps on SQLite,
    /// ascending on PostgreSQL.
    package func isOrderly(_ positions: [Int64]) -> Bool {
        switch self {
        case .sqlite: positions == positions.indices.map { Int64($0) + 1 }
        case .postgres: positions == Set(positions).sorted()
        }
    }

    /// What the SQLite file is called.
    package static let fileName = "heed.sqlite"

    /// Runs `body` with an empty installation, and removes its folder afterwards.
    package func withDatabase<Answer>(
        seed: UInt64 = 1,
        _ body: (Installation) async throws -> Answer
    ) async throws -> Answer {
        try await withTemporaryFolder { folder in
            guard self == .postgres else {
                return try await Slots.files.withSlot {
                    try await body(try Installation(self, in: folder, seed: seed))
                }
            }
            return try await Slots.databases.withSlot {
                defer { Backend.giveBackPostgres(in: folder) }
                return try await body(try Installation(self, in: folder, seed: seed))
            }
        }
    }

    /// Runs `body` with an installation that has the sample scopes and policy.
    package func withEngine<Answer>(
        seed: UInt64 = 1,
        _ body: (Installation) async throws -> Answer
    ) async throws -> Answer {
        try await withDatabase(seed: seed) { installation in
            try await installation.addSamples()
            return try await body(installation)
        }
    }
}

// MARK: - PostgreSQL

extension Backend {
    /// The name of the database on the shared server that belongs to a folder.
    package static func postgresName(in folder: URL) throws -> String {
        let file = folder.appending(path: "postgres-database")
        if let data = FileManager.default.contents(atPath: file.path) {
            return String(decoding: data, as: UTF8.self)
        }
        let name = try PostgresCluster.shared().takeDatabase()
        try Data(name.utf8).write(to: file)
        return name
    }

    private static func openPostgres(
        _ options: PostgresOptions,
        in folder: URL,
        _ masterKey: MasterKey,
        _ surroundings: Surroundings
    ) throws -> PostgresDatabase {
        let database = try PostgresDatabase(
            options,
            opening: .existing,
            masterKey: masterKey,
            surroundings: surroundings
        )
        opened.withLock { $0[folder, default: Opened()].databases.append(database) }
        return database
    }

    private struct Opened {
        var databases: [PostgresDatabase] = []
        var prompt: PostgresDatabase?
    }

    /// What was opened for each folder, to be closed with it.
    private static let opened = Mutex<[URL: Opened]>([:])

    /// Closes and drops a copy of a database.
    static func dropPostgres(in folder: URL) throws {
        let opened = opened.withLock { $0.removeValue(forKey: folder) }
        for database in opened?.databases ?? [] { database.close() }
        try PostgresCluster.shared().drop(postgresName(in: folder))
    }

    private static func giveBackPostgres(in folder: URL) {
        let opened = opened.withLock { $0.removeValue(forKey: folder) }
        for database in opened?.databases ?? [] { database.close() }
        try? PostgresCluster.shared().giveBack(postgresName(in: folder))
    }
}

/// A bound on how many tests have a database on the server at the same time.
///
/// All tests begin at once, and a server has only so many sessions.
actor Slots {
    static let databases = Slots(12)
    /// Each has some twenty files open, and Foundation reads beyond its buffer when it starts a
    /// program from a process that has more than 1300.
    static let files = Slots(32)
    /// True inside a test that has one: a second database must not wait for another's slot.
    @TaskLocal private static var isInside = false

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    nonisolated func withSlot<Answer>(
        _ body: () async throws -> Answer
    ) async throws -> Answer {
        if Slots.isInside { return try await body() }
        await take()
        do {
            let answer = try await Slots.$isInside.withValue(true) { try await body() }
            await give()
            return answer
        } catch {
            await give()
            throw error
        }
    }

    private func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func give() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}

/// Runs `body` with a new empty folder, and removes it afterwards.
package func withTemporaryFolder<Answer>(
    _ body: (URL) async throws -> Answer
) async throws -> Answer {
    let folder = FileManager.default.temporaryDirectory
        .appending(path: "heed-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder)
}
