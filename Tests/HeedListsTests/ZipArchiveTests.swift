// Archives as another program makes them are read whole, and damaged ones are never half a list.

import Foundation
import HeedConsent
import HeedLists
import TestSupport
import Testing

@testable import HeedLists

@Suite("ZIP archive")
struct ZipArchiveTests {
    /// Packs files with Python's own library, so that we do not only read what we understand.
    private func packed(
        _ files: [(String, String)],
        method: String = "ZIP_DEFLATED"
    ) async throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "heed-zip-\(UUID().uuidString.prefix(8))"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var script = "import zipfile\nz = zipfile.ZipFile('a.zip', 'w', zipfile.\(method))\n"
        for (index, file) in files.enumerated() {
            try Data(file.1.utf8).write(to: folder.appending(path: "\(index)"))
            script += "z.write('\(index)', '\(file.0)')\n"
        }
        script += "z.close()\n"
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        process.currentDirectoryURL = folder
        try process.begin()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return Array(try Data(contentsOf: folder.appending(path: "a.zip")))
    }

    private func archive(_ bytes: [UInt8]) throws -> ZipArchive {
        try ZipArchive(byteCount: bytes.count) { offset, count in
            Array(bytes.dropFirst(offset).prefix(count))
        }
    }

    private func text(_ archive: ZipArchive, _ entry: ZipArchive.Entry) throws -> String {
        var bytes: [UInt8] = []
        let next = try archive.open(entry)
        while let piece = try next() { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let long = "email\n" + (0..<40_000).map { "p\($0)@mail.example\n" }.joined()

    @Test(arguments: ["ZIP_DEFLATED", "ZIP_STORED"])
    func filesComeOutAsTheyWentIn(_ method: String) async throws {
        let files = [("export/a.csv", ZipArchiveTests.long), ("b.csv", ""), ("c.csv", "email\n")]
        let bytes = try await packed(files, method: method)
        #expect(ZipArchive.begins(bytes))
        let archive = try archive(bytes)
        #expect(archive.entries.map(\.path) == files.map(\.0))
        #expect(archive.entries.map(\.name) == ["a.csv", "b.csv", "c.csv"])
        #expect(archive.entries.map(\.byteCount) == files.map(\.1.utf8.count))
        for (entry, file) in zip(archive.entries, files) {
            #expect(try text(archive, entry) == file.1)
        }
    }

    @Test func listsArePickedAndTheNeverOptedInLeftOut() async throws {
        let bytes = try await packed([
            ("subscribed_x.csv", "a"), ("nonsubscribed_x.csv", "b"), ("readme.txt", "c"),
        ])
        let (lists, passedOver) = try ImportSource.lists(in: archive(bytes))
        #expect(lists.map(\.name) == ["subscribed_x.csv"])
        #expect(passedOver == ["nonsubscribed_x.csv", "readme.txt"])
        let none = try await packed([("readme.txt", "c")])
        #expect(throws: Refusal.self) { try ImportSource.lists(in: archive(none)) }
    }

    /// A change of any byte is found: in the directory, in a name, or by the checksum.
    @Test func damageIsNeverHalfAList() async throws {
        let content = String(ZipArchiveTests.long.prefix(20_000))
        let bytes = try await packed([("a.csv", content)])
        for cut in [0, 1, 21, bytes.count / 2, bytes.count - 1] {
            #expect(throws: (any Error).self) {
                let archive = try archive(Array(bytes.prefix(cut)))
                for entry in archive.entries { _ = try text(archive, entry) }
            }
        }
        for place in stride(from: 40, to: bytes.count, by: 211) {
            var damaged = bytes
            damaged[place] ^= 0x55
            let read = try? { () throws -> String? in
                let archive = try archive(damaged)
                return try archive.entries.first.map { try text(archive, $0) }
            }()
            #expect(read == nil || read == content, "\(place)")
        }
    }
}
