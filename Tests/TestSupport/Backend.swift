// The engines that a conformance test runs on, and a throwaway installation on each.

package import Foundation
import HeedEngine
import HeedSQLite
package import HeedStore

/// An engine; suites take `arguments: Backend.allCases`.
package enum Backend: String, CaseIterable, Sendable, CustomStringConvertible {
    /// One file.
    case sqlite

    /// The engine's name.
    package var description: String { rawValue }

    /// Opens the database that lives in `folder`, making it when there is none.
    package func open(
        in folder: URL,
        masterKey: MasterKey,
        surroundings: Surroundings
    ) throws -> any Database {
        switch self {
        case .sqlite:
            try SQLiteDatabase(
                path: folder.appending(path: Backend.fileName).path,
                creation: .ifMissing,
                masterKey: masterKey,
                surroundings: surroundings
            )
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
            try await body(try Installation(self, in: folder, seed: seed))
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
