// Copies of the file while it is written to: whole, consistent, and of what is there alone.

import Foundation
import HeedAudit
import HeedConsent
import HeedEngine
import HeedSQLite
import HeedStore
import TestSupport
import Testing

@Suite("Backup of a file")
struct SQLiteDatabaseBackupTests {
    private func database(_ here: Installation) throws -> SQLiteDatabase {
        try #require(here.database as? SQLiteDatabase)
    }

    /// Everything that was acknowledged before it began is in it, and nobody waited.
    @Test func aCopyIsConsistentWhileOthersWrite() async throws {
        try await Backend.sqlite.withEngine { here in
            for number in 1...20 { try await here.optOut(Sample.address(number), from: .global) }
            let file = here.folder.appending(path: "copy/heed.sqlite")
            let folder = file.deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 100..<200 { try await here.optOut(Sample.address(number)) }
                }
                group.addTask { try await database(here).backUp(to: file.path) }
                try await group.waitForAll()
            }
            let copy = try here.moved(to: folder)
            for number in 1...20 {
                #expect(try await copy.check(Sample.address(number)).reason == .globalOptOut)
            }
            let people = try await copy.number("SELECT count(*) FROM contacts")
            #expect(try await copy.number("SELECT count(*) FROM opt_outs") == people)
            try await copy.sequence()
            let report = try await Verifier(engine: copy.engine).run()
            #expect(report.findings.isEmpty, "\(report.findings)")
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(!names.contains { $0.hasSuffix(".part") })
        }
    }

    @Test func nothingIsWrittenOverAndNothingIsLeftBehind() async throws {
        try await Backend.sqlite.withEngine { here in
            let file = here.folder.appending(path: "there")
            try Data("mine".utf8).write(to: file)
            let there = await failureCode { try await database(here).backUp(to: file.path) }
            #expect(there == "refused-by-database")
            #expect(try Data(contentsOf: file) == Data("mine".utf8))
            let absent = here.folder.appending(path: "absent/copy").path
            #expect(await failureCode { try await database(here).backUp(to: absent) } != nil)
            #expect(!FileManager.default.fileExists(atPath: absent))
        }
    }

    @Test func aDamagedOrForeignFileIsFoundOut() async throws {
        try await Backend.sqlite.withEngine { here in
            let file = here.folder.appending(path: "copy.sqlite")
            try await database(here).backUp(to: file.path)
            try SQLiteDatabase.checkCopy(at: file.path)
            var bytes = try Data(contentsOf: file)
            for index in bytes.count / 2..<bytes.count / 2 + 4096 { bytes[index] = 0xA5 }
            let damaged = here.folder.appending(path: "damaged.sqlite")
            try bytes.write(to: damaged)
            let text = here.folder.appending(path: "text")
            try Data("not a database".utf8).write(to: text)
            for path in [damaged.path, text.path, here.folder.path] {
                let error = #expect(throws: StoreError.self) {
                    try SQLiteDatabase.checkCopy(at: path)
                }
                #expect(error?.code == .corrupt)
                #expect(error?.message.contains(path) == true)
            }
        }
    }

    @Test func aFileInUseIsFoundOut() async throws {
        try await Backend.sqlite.withEngine { here in
            let path = here.folder.appending(path: Backend.fileName).path
            let error = #expect(throws: StoreError.self) { try SQLiteDatabase.checkUnused(path) }
            #expect(error?.code == .busy)
            try database(here).close()
            try SQLiteDatabase.checkUnused(path)
        }
    }
}
