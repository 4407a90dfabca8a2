// The files of the journal: several writers, cut lines, full files, and the end of old ones.

import Foundation
import HeedConsent
import TestSupport
import Testing

@testable import HeedJournal
@testable import HeedStore

@Suite("Journal folder")
struct JournalFolderTests {
    private func texts(_ folder: JournalFolder) throws -> [[String]] {
        try folder.numbers().map { try folder.texts(in: $0).map(String.init) }
    }

    @Test func aFullFileIsFollowedByAnother() async throws {
        try await withTemporaryFolder { place in
            let path = place.appending(path: "journal").path
            let folder = JournalFolder(path: path, fileBytesMaximum: 15, keptSeconds: 0)
            #expect(try folder.numbers().isEmpty)
            try folder.make()
            let first = try folder.newest(beginning: "head 1")
            #expect(!first.isFull)
            try first.append(["a", "b", "c", "d", "e"])
            #expect(first.isFull)
            let second = try folder.next(after: first, beginning: "head 2")
            try second.append(["f"])
            #expect(
                try texts(folder) == [["head 1", "a", "b", "c", "d", "e"], ["head 2", "f"]]
            )
            let newest = try folder.newest(beginning: "never")
            #expect(newest.number == 2)
            #expect(try folder.texts(in: 1, last: 6) == ["d", "e"])
            #expect(try folder.texts(in: 1, last: 1000).count == 6)
            for name in try FileManager.default.contentsOfDirectory(atPath: path) {
                let file = "\(path)/\(name)"
                let attributes = try FileManager.default.attributesOfItem(atPath: file)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    /// Whoever was cut off in a line harms no line that comes after.
    @Test func aCutLineStandsAlone() async throws {
        try await withTemporaryFolder { place in
            let path = place.path
            let folder = JournalFolder(path: path, fileBytesMaximum: 1000, keptSeconds: 0)
            try folder.newest(beginning: "head").append(["whole"])
            let file = try FileHandle(forUpdating: place.appending(path: "00000001.journal"))
            try file.truncate(atOffset: try file.seekToEnd() - 3)
            try file.close()
            try folder.newest(beginning: "never").append(["next"])
            #expect(try texts(folder) == [["head", "who", "next"]])
        }
    }

    @Test func twoWritersShareAFile() async throws {
        try await withTemporaryFolder { place in
            let folder = JournalFolder(path: place.path, fileBytesMaximum: 1000, keptSeconds: 0)
            let one = try folder.newest(beginning: "head")
            let other = try folder.newest(beginning: "never")
            try one.append(["a"])
            try other.append(["b"])
            try one.append(["c"])
            #expect(try texts(folder) == [["head", "a", "b", "c"]])
        }
    }

    @Test func oldFilesGoAndTheNewestStays() async throws {
        try await withTemporaryFolder { place in
            let folder = JournalFolder(path: place.path, fileBytesMaximum: 1, keptSeconds: 100)
            let first = try folder.newest(beginning: "one")
            let second = try folder.next(after: first, beginning: "two")
            _ = try folder.next(after: second, beginning: "three")
            let now = TestClock().now
            func touch(_ number: Int, secondsAgo: Double) throws {
                let time = Double(now.microseconds) / 1_000_000 - secondsAgo
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: time)],
                    ofItemAtPath: place.appending(path: "0000000\(number).journal").path
                )
            }
            try touch(1, secondsAgo: 101)
            try touch(2, secondsAgo: 99)
            try touch(3, secondsAgo: 500)
            try folder.removeOld(at: now)
            #expect(try folder.numbers() == [2, 3])
        }
    }

    @Test func aFolderThatCannotBeHadIsNamed() async throws {
        try await withTemporaryFolder { place in
            let file = place.appending(path: "file")
            try Data().write(to: file)
            let folder = JournalFolder(
                path: file.appending(path: "journal").path,
                fileBytesMaximum: 1,
                keptSeconds: 0
            )
            let error = #expect(throws: StoreError.self) { try folder.make() }
            #expect(error?.message.contains(folder.path) == true)
        }
    }
}
