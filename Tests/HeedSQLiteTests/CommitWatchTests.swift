// Each commit shows without a statement, whoever made it, and nothing else does.

import Foundation
import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedSQLite

@Suite("CommitWatch")
struct CommitWatchTests {
    private func mark(_ installation: Installation) throws -> Moment.Mark {
        try #require(installation.database.moment()).mark
    }

    @Test func everyCommitShows() async throws {
        try await Backend.sqlite.withEngine { installation in
            let other = Engine(database: try installation.reopened())
            try await installation.sql("CREATE TABLE noted (number INTEGER)")
            var seen: Set<Moment.Mark> = [try mark(installation)]
            for number in 0..<20 {
                let scope = AddScope(try Sample.scope("own\(number)"))
                _ = try await installation.engine.perform(scope, as: Sample.actor)
                #expect(seen.insert(try mark(installation)).inserted)
                let more = AddScope(try Sample.scope("other\(number)"))
                _ = try await other.perform(more, as: Sample.actor)
                #expect(seen.insert(try mark(installation)).inserted)
                try await installation.sql("INSERT INTO noted VALUES (1)")
                #expect(seen.insert(try mark(installation)).inserted)
                // The log begins anew, with the same numbers of frames.
                if number.isMultiple(of: 3) { try await installation.database.clean() }
            }
        }
    }

    @Test func nothingElseShows() async throws {
        try await Backend.sqlite.withEngine { installation in
            let before = try mark(installation)
            _ = try await installation.engine.ask(LogPosition())
            _ = try? await installation.engine.perform(
                AddScope(try Sample.scope(Sample.newsletter.text)),
                as: Sample.actor
            )
            try run("PRAGMA wal_checkpoint(PASSIVE)", on: installation)
            let other = try installation.reopened()
            _ = try await other.read { try $0.position() }
            #expect(try mark(installation) == before)
        }
    }

    /// Runs a statement as another program does.
    private func run(_ statement: String, on installation: Installation) throws {
        let file = try #require(installation.database as? SQLiteDatabase).path
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sqlite3", file, statement]
        process.standardOutput = FileHandle.nullDevice
        try process.begin()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    @Test func anotherProgramsCommitShows() async throws {
        try await Backend.sqlite.withEngine { installation in
            let before = try mark(installation)
            try run("CREATE TABLE noted (number INTEGER)", on: installation)
            #expect(try mark(installation) != before)
        }
    }

    @Test func aClosedDatabaseShowsNothing() async throws {
        try await withTemporaryFolder { folder async throws in
            let database = try SQLiteDatabase(
                path: folder.appending(path: "a.sqlite").path,
                creation: .ifMissing,
                masterKey: Sample.masterKey(1),
                surroundings: .seeded(1, clock: TestClock())
            )
            #expect(database.moment() != nil)
            try database.close()
            #expect(database.moment() == nil)
        }
    }
}
