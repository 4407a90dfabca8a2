// Files with people's data: whose they are, and what is not written over.

import Foundation
import Testing

@testable import HeedCLI

@Suite("Output file")
struct OutputFileTests {
    private func withFolder(_ body: (URL) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder)
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    @Test func aFileIsItsOwnersAlone() throws {
        try withFolder { folder in
            let path = folder.appending(path: "list.csv").path
            try OutputFile.write("a", to: OutputFile.open(path, field: "output"))
            #expect(try mode(path) == 0o600)
        }
    }

    /// One that everybody could read is emptied and closed to them.
    @Test func aFileThatWasThereIsItsOwnersAlone() throws {
        try withFolder { folder in
            let path = folder.appending(path: "list.csv").path
            try Data("before".utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            try OutputFile.write("a", to: OutputFile.open(path, field: "output"))
            #expect(try mode(path) == 0o600)
            #expect(try Data(contentsOf: URL(filePath: path)) == Data("a".utf8))
            let error = #expect(throws: CommandError.self) {
                _ = try OutputFile.open(path, field: "output", replacing: false)
            }
            #expect(error?.message.contains("--force") == true)
        }
    }

    @Test func aDeviceStaysAsItIs() throws {
        let before = try mode("/dev/null")
        try OutputFile.write("a", to: OutputFile.open("/dev/null", field: "output"))
        #expect(try mode("/dev/null") == before)
    }
}
