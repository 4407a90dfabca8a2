// Flushing files and folders: what is there is flushed, what is not is said.

import Foundation
import HeedStore
import Testing

@Suite("Flush")
struct FlushTests {
    @Test func aFileItsFolderAndNothingElse() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "flush-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "a.file").path
        try Data([1]).write(to: URL(filePath: file))
        try flush(file)
        try flush(folderOf: file)
        let error = #expect(throws: StoreError.self) { try flush(file + ".none") }
        #expect(error?.code == .unavailable)
        #expect(throws: StoreError.self) { try flush(folderOf: file + "/none/file") }
    }
}
