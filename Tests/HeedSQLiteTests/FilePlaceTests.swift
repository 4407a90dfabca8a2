// A file that is taken away from under an open database.

import Foundation
import HeedSQLite
import HeedStore
import TestSupport
import Testing

@Suite("FilePlace")
struct FilePlaceTests {
    @Test func whatNobodyWouldFindIsNotAcknowledged() async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "a.sqlite")
            let away = folder.appending(path: "away.sqlite")
            let database = try SQLiteDatabase(
                path: file.path,
                creation: .ifMissing,
                masterKey: Sample.masterKey(1),
                surroundings: .seeded(1, clock: TestClock())
            )
            func refusal() async throws -> StoreError? {
                do {
                    try await database.write { _ in }
                    return nil
                } catch let error as StoreError {
                    return error
                }
            }
            #expect(try await refusal() == nil)
            try FileManager.default.moveItem(at: file, to: away)
            let gone = try await refusal()
            #expect(gone?.code == .unavailable && gone?.message.contains(file.path) == true)
            // Another file there is not the one that was opened.
            try FileManager.default.copyItem(at: away, to: file)
            #expect(try await refusal()?.code == .unavailable)
            try FileManager.default.removeItem(at: file)
            try FileManager.default.moveItem(at: away, to: file)
            #expect(try await refusal() == nil)
        }
    }
}
