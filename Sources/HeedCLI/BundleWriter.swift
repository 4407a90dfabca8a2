// Bundles of evidence as folders, written as they are read, for their owner only.

import Foundation

/// Writes one file after another below a folder.
struct BundleWriter {
    private let folder: URL
    private var file: FileHandle?

    /// Names the folder; it is made with the first file.
    init(_ folder: String) { self.folder = URL(filePath: folder) }

    /// Ends the file before and begins another.
    mutating func begin(_ path: String) throws {
        try end()
        let place = folder.appending(path: path)
        do {
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(),
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw CommandError("output: \(folder.path) cannot be written")
        }
        file = try OutputFile.open(place.path, field: "output")
    }

    /// More of the file.
    func add(_ bytes: [UInt8]) throws {
        do {
            try file?.write(contentsOf: Data(bytes))
        } catch {
            throw CommandError("output: \(folder.path) cannot be written")
        }
    }

    /// Ends the last file.
    mutating func end() throws {
        try file?.close()
        file = nil
    }
}
