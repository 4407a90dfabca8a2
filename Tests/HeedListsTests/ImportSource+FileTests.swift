// Files as they are found on a disk: as they are, or packed by gzip.

import Foundation
import HeedConsent
import TestSupport
import Testing

@testable import HeedLists

@Suite("Import source: files")
struct ImportSourceFileTests {
    private static let list = Array("email,status\nada@mail.example,subscribed\n".utf8)

    /// The one list of a file with these bytes.
    private func source(
        _ bytes: [UInt8],
        named name: String = "list.csv.gz",
        unpackedMaximum: Int = 1 << 20
    ) throws -> (name: String, byteCount: Int, bytes: [UInt8]) {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: name)
        try Data(bytes).write(to: file)
        let found = try ImportSource.lists(inFile: file.path, unpackedMaximum: unpackedMaximum)
        let list = try #require(found.lists.first)
        var all: [UInt8] = []
        let next = try list.open()
        while let piece = try next() { all += piece }
        #expect(found.lists.count == 1 && found.passedOver.isEmpty)
        return (list.name, list.byteCount, all)
    }

    /// The name counts: some programs say only there what a list is of.
    @Test func whatIsPackedIsReadAsItWas() throws {
        let plain = try source(ImportSourceFileTests.list, named: "unsubscribed.csv")
        let packed = try source(
            Gzip.pack(ImportSourceFileTests.list),
            named: "unsubscribed.csv.gz"
        )
        #expect(packed.name == plain.name && packed.name == "unsubscribed.csv")
        #expect(packed.bytes == plain.bytes && packed.bytes == ImportSourceFileTests.list)
        #expect(packed.byteCount == plain.byteCount)
        #expect(packed.byteCount == ImportSourceFileTests.list.count)
    }

    /// Of a list that is not whole nothing is taken, not its beginning either.
    @Test func whatIsCutDamagedOrTooLargeIsTurnedAway() throws {
        let packed = try Gzip.pack(ImportSourceFileTests.list)
        var damaged = packed
        damaged[packed.count - 6] ^= 0x55
        for bytes in [packed.dropLast(3), damaged] {
            let refusal = #expect(throws: Refusal.self) { try source(bytes) }
            #expect(refusal?.field == "file" && refusal?.code == .malformed)
        }
        let refusal = #expect(throws: Refusal.self) {
            try source(packed, unpackedMaximum: ImportSourceFileTests.list.count - 1)
        }
        #expect(refusal?.field == "file" && refusal?.code == .tooLarge)
    }
}
