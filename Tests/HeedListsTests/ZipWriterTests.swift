// What is packed here comes out of others' programs byte for byte, also in the 64-bit forms.

import Foundation
import HeedConsent
import TestSupport
import Testing

@testable import HeedLists

@Suite("ZIP writer")
struct ZipWriterTests {
    private static let files: [(path: String, text: String)] = [
        ("data.json", String(repeating: "{\"a\":\"ä\"}\n", count: 40_000)), ("empty.csv", ""),
        ("Ünicode/one.csv", "x"),
    ]

    private func packed(largest limit: UInt64 = UInt64(UInt32.max)) throws -> [UInt8] {
        var writer = ZipWriter(at: Timestamp(seconds: 1_769_850_000), largest: limit)
        var bytes: [UInt8] = []
        for file in ZipWriterTests.files {
            bytes += try writer.begin(file.path)
            var rest = Array(file.text.utf8)[...]
            while !rest.isEmpty {
                bytes += try writer.add(Array(rest.prefix(70_001)))
                rest = rest.dropFirst(70_001)
            }
            bytes += try writer.end()
        }
        return bytes + writer.finish()
    }

    /// What Python's and Info-ZIP's readers say; a script prints nothing when all is well.
    private func complaints(about bytes: [UInt8]) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "heed-zip-\(UUID().uuidString.prefix(8))"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(bytes).write(to: folder.appending(path: "a.zip"))
        for (index, file) in ZipWriterTests.files.enumerated() {
            try Data(file.text.utf8).write(to: folder.appending(path: "\(index)"))
        }
        let names = ZipWriterTests.files.map { "'\($0.path)'" }.joined(separator: ", ")
        let script = """
            import shutil, subprocess, zipfile
            z = zipfile.ZipFile('a.zip')
            names = [\(names)]
            assert z.testzip() is None, 'a checksum differs'
            assert z.namelist() == names, z.namelist()
            for number, name in enumerate(names):
                assert z.read(name) == open(str(number), 'rb').read(), name
                assert z.getinfo(name).date_time == (2026, 1, 31, 9, 0, 0), name
            if shutil.which('unzip'):
                done = subprocess.run(['unzip', '-tqq', 'a.zip'], capture_output=True, text=True)
                assert done.returncode == 0, done.stdout + done.stderr
            """
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", script]
        process.currentDirectoryURL = folder
        process.standardError = pipe
        process.standardOutput = pipe
        try process.begin()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? "" : text + " failed"
    }

    @Test(arguments: [UInt64(UInt32.max), 1000, 1])
    func otherProgramsUnpackIt(_ limit: UInt64) throws {
        #expect(try complaints(about: packed(largest: limit)) == "")
    }

    @Test func aByteThatChangedIsNoticedByThem() throws {
        var bytes = try packed()
        bytes[60] ^= 0x10
        #expect(try complaints(about: bytes) != "")
    }

    @Test func theFormsFor64BitsAreThereOnlyWhereTheyAreNeeded() throws {
        let mark: [UInt8] = [0x50, 0x4B, 6, 6]
        #expect(try !packed().contains(mark))
        #expect(try packed(largest: 1000).contains(mark))
    }

    @Test func ourOwnReaderTakesIt() throws {
        let bytes = try packed()
        let archive = try ZipArchive(byteCount: bytes.count) { offset, count in
            Array(bytes.dropFirst(offset).prefix(count))
        }
        #expect(archive.entries.map(\.path) == ZipWriterTests.files.map(\.path))
        for (entry, file) in zip(archive.entries, ZipWriterTests.files) {
            var text: [UInt8] = []
            let next = try archive.open(entry)
            while let piece = try next() { text += piece }
            #expect(text == Array(file.text.utf8))
        }
    }
}
