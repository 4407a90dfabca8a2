// Where a simulated history happens: one database, one clock, one wire to other systems.

import Foundation
import HeedConnectors
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport

/// What all processes of a history share.
struct Place: Sendable {
    /// The people; nobody else has an address.
    static let people = 6
    /// A day long ago: rows have to become old before the present, which the database itself knows.
    static let start = Timestamp(seconds: 1_580_463_000)
    /// How often three years pass at once.
    static let leapsMaximum = 2
    /// The systems that are told.
    static let connectors = ["crm", "ads"]

    let folder: URL
    let seed: UInt64
    let clock: TestClock
    let wire: Wire
    let addresses: [Address]

    /// Copies the beginning that all histories have into an empty folder.
    init(copying beginning: URL, to folder: URL, seed: UInt64) throws {
        for file in try FileManager.default.contentsOfDirectory(atPath: beginning.path) {
            try FileManager.default.copyItem(
                at: beginning.appending(path: file),
                to: folder.appending(path: file)
            )
        }
        self.folder = folder
        self.seed = seed
        clock = TestClock(at: Place.start)
        wire = Wire(seed: seed, clock: clock)
        addresses = try (1...Place.people).map { try Sample.address($0) }
    }

    /// Opens the database as a process in its `life`th life does.
    func open(_ process: UInt64, life: UInt64) throws -> any Database {
        try Backend.sqlite.open(
            in: folder,
            masterKey: try Sample.masterKey(1),
            surroundings: surroundings(process, life: life)
        )
    }

    /// The clock, and chance that no other life has.
    func surroundings(_ process: UInt64, life: UInt64) -> Surroundings {
        .seeded((seed &* 1009 &+ process) &* 100_003 &+ life, clock: clock)
    }

    /// The bytes of all files there are.
    func files() throws -> [Data] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).map { name in
            try Data(contentsOf: folder.appending(path: name))
        }
    }

    /// Makes the beginning: scopes, a policy and connectors, and nobody.
    static func begin(in folder: URL) async throws {
        let clock = TestClock(at: start)
        let installation = try Installation(.sqlite, in: folder, seed: 1, clock: clock)
        let policy = try Sample.policy(effectiveAt: start.adding(days: -1))
        try await installation.record(
            Sample.scopes.map(Event.scopeAdded) + [.policyPublished(policy)]
        )
        for name in connectors {
            let settings = try ConnectorSettings(
                name: name,
                kind: "webhook",
                url: "https://\(name).example/hook",
                secret: try WebhookSecret(bytes: Array(repeating: 7, count: 32)).text
            )
            _ = try await installation.engine.perform(AddConnector(settings), as: Sample.actor)
        }
        // All of it is to be in the file that is copied.
        try await installation.database.clean()
    }

    /// Where files are kept in memory, or the usual place where there is none.
    ///
    /// SQLite's own `:memory:` has no second process, and nothing of it is left after a crash.
    static func withFolder<Answer>(_ body: (URL) async throws -> Answer) async throws -> Answer {
        let memory = URL(filePath: "/dev/shm")
        let base =
            FileManager.default.isWritableFile(atPath: memory.path)
            ? memory : FileManager.default.temporaryDirectory
        let folder = base.appending(path: "heed-simulation-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(folder)
    }
}
