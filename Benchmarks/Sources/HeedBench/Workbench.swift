// A throwaway installation on the disk, and work done by many callers.

import Foundation
import HeedConsent
import HeedEngine
import HeedSQLite
import HeedStore
import Synchronization

/// An installation to measure.
struct Workbench {
    static let newsletter = "newsletter"

    let engine: Engine

    /// Makes a SQLite file with one scope and one policy version.
    init(folder: URL, name: String) async throws {
        try await self.init(
            database: SQLiteDatabase(
                path: folder.appending(path: name).path,
                creation: .ifMissing,
                masterKey: Workbench.masterKey(),
                surroundings: Workbench.surroundings
            )
        )
    }

    /// The clock, and chance.
    static let surroundings = Surroundings(
        now: { Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) },
        random: { words.next() }
    )
    /// Drawn as `heed serve` draws them.
    private static let words = RandomWords {
        var words = [UInt64](repeating: 0, count: 32)
        words.withUnsafeMutableBytes { buffer in
            precondition(buffer.baseAddress.map { getentropy($0, buffer.count) } == 0)
        }
        return words
    }

    /// The key outside the database.
    static func masterKey() throws -> MasterKey {
        guard let key = MasterKey(bytes: Array(repeating: 7, count: MasterKey.byteCount)) else {
            throw Refusal(.invalid, "a master key has \(MasterKey.byteCount) bytes")
        }
        return key
    }

    /// Takes an empty database and adds one scope and one policy version.
    init(database: any Database) async throws {
        engine = Engine(database: database)
        let scope = Scope(
            name: try ScopeName(Workbench.newsletter),
            channel: .email,
            kind: .campaign
        )
        _ = try await engine.perform(AddScope(scope), as: .system("bench"))
        let policy = try Policy(
            version: "1",
            url: nil,
            textHash: Array(repeating: 1, count: 32),
            effectiveAt: Timestamp(seconds: 0),
            reconsent: []
        )
        _ = try await engine.perform(PublishPolicy(policy), as: .system("bench"))
    }

    /// The address of person number `index`.
    static func address(_ index: Int) throws -> Address {
        try Address(email: "Person.\(index)@mail\(index % 97).example")
    }

    /// Records consent for people `0..<count`, 64 at a time.
    func addPeople(_ count: Int) async throws {
        try await Workbench.callers(64) { caller in
            for index in stride(from: caller, to: count, by: 64) {
                let consent = try RecordConsent(
                    subject: .address(Workbench.address(index)),
                    scope: ScopeName(Workbench.newsletter),
                    decision: .granted,
                    basis: .consent,
                    source: .form,
                    policyVersion: "1"
                )
                _ = try await engine.perform(consent, as: .system("bench"))
            }
        }
    }

    /// Runs `work` in `count` tasks at the same time.
    static func callers(
        _ count: Int,
        _ work: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<count { group.addTask { try await work(caller) } }
            try await group.waitForAll()
        }
    }
}

/// Operations a second of `count` operations done by `work`.
func rate(_ count: Int, _ work: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await work()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    return Double(count) / seconds
}

/// Hands out people, each once.
final class NextPerson: Sendable {
    private let index: Mutex<Int>

    init(from first: Int = 0) { index = Mutex(first) }

    /// The first of `count` people who are next.
    func take(_ count: Int = 1) -> Int {
        index.withLock { index in
            defer { index += count }
            return index
        }
    }
}
