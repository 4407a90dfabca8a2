// A bundle on its way to the disk, file by file; at its place only when it is whole.

import Foundation
import HeedConsent

/// Writes a bundle of files beside its place and moves it there at the end.
///
/// What breaks off leaves nothing at the place, and of two that want one place the second fails.
struct BundleWriter {
    private let place: String
    private let folder: URL
    private var file: FileHandle?

    /// Makes a folder beside the place, which is readable for its owner only.
    init(_ place: String) throws {
        self.place = place
        var path = URL(filePath: place).path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        folder = URL(filePath: "\(path).partial-\(UUID().uuidString.prefix(8).lowercased())")
        do {
            try FileManager.default.createDirectory(
                at: folder,
                withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw unwritable
        }
    }

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
            throw unwritable
        }
        file = try OutputFile.open(place.path, field: "output")
    }

    /// More of the file.
    func add(_ bytes: [UInt8]) throws {
        do {
            try file?.write(contentsOf: Data(bytes))
        } catch {
            throw unwritable
        }
    }

    /// Ends the last file and moves the whole to its place.
    mutating func finish() throws {
        try end()
        // Takes the place of an empty folder and of nothing else (POSIX).
        let code = unsafe rename(folder.path, URL(filePath: place).path)
        guard code == 0 else {
            throw Refusal(.conflict, field: "output", "\(place) is there already and not empty")
        }
    }

    /// Removes what was written so far.
    mutating func discard() {
        try? file?.close()
        file = nil
        try? FileManager.default.removeItem(at: folder)
    }

    private mutating func end() throws {
        try file?.close()
        file = nil
    }

    private var unwritable: CommandError { CommandError("output: \(place) cannot be written") }
}
