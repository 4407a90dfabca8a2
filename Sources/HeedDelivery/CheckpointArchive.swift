// A folder of signed checkpoints outside the database, from which an outsider can hold history.

import Foundation
package import HeedLedger
import HeedStore

/// Why the archive did not take or give a checkpoint.
package struct ArchiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault.
    package enum Code: String, Hashable, Sendable {
        /// The folder is not there, not writable, full, or does not answer.
        case unavailable
        /// There is a different file of that name.
        case conflict
        /// The checkpoints in the folder are not of this log.
        case foreign
    }

    /// The kind of fault.
    package let code: Code
    /// One sentence about it.
    package let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The code and the sentence.
    package var description: String { "\(code.rawValue): \(message)" }
}

/// One file a checkpoint, `<20 digits of size>.checkpoint`, complete or not there at all.
///
/// Nothing that is there is ever changed. The folder is not made here: a disk that is not mounted
/// must not look like an empty archive.
package struct CheckpointArchive: Sendable {
    private static let suffix = ".checkpoint"
    private static let digits = 20

    /// The folder.
    package let path: String

    /// Names the folder.
    package init(path: String) { self.path = path }

    /// The name of the file of a size; the order of names is that of sizes.
    package static func name(ofSize size: Int) -> String {
        let number = String(size)
        return String(repeating: "0", count: max(0, digits - number.count)) + number + suffix
    }

    /// The sizes there are files of, smallest first.
    package func sizes() throws -> [Int] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw ArchiveError(.unavailable, "the folder \(path) cannot be read")
        }
        return names.compactMap { name in
            let number = name.dropLast(CheckpointArchive.suffix.count)
            guard let size = Int(number), CheckpointArchive.name(ofSize: size) == name else {
                return nil
            }
            return size
        }.sorted()
    }

    /// The newest checkpoint that the log's key has signed; nil in an empty folder.
    ///
    /// - Throws: `foreign` where there are checkpoints, but none is of this log.
    package func newest(by log: NoteVerifier) throws -> Checkpoint? {
        let sizes = try sizes()
        for size in sizes.reversed() {
            let name = CheckpointArchive.name(ofSize: size)
            guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else {
                throw ArchiveError(.unavailable, "the file \(name) cannot be read")
            }
            guard let note = try? SignedNote(bytes: data),
                let head = try? Checkpoint(opening: note, origin: log.name, log: log),
                head.size == size
            else { continue }
            return head
        }
        guard sizes.isEmpty else {
            throw ArchiveError(.foreign, "no checkpoint in \(path) is signed by \(log.text)")
        }
        return nil
    }

    /// Writes a checkpoint; one that is there already with the same bytes is left as it is.
    ///
    /// A new name appears only with its whole content: the bytes reach the disk under another name
    /// first.
    package func write(_ note: [UInt8], size: Int) throws {
        let name = CheckpointArchive.name(ofSize: size)
        let final = "\(path)/\(name)"
        if let there = FileManager.default.contents(atPath: final) {
            guard there.elementsEqual(note) else {
                throw ArchiveError(.conflict, "the file \(name) holds a different checkpoint")
            }
            return
        }
        // Other processes may archive the same log.
        let temporary = "\(path)/.\(name).\(UUID().uuidString)"
        do {
            try CheckpointArchive.create(temporary, note)
            guard unsafe rename(temporary, final) == 0 else { throw CocoaError(.fileWriteUnknown) }
            try flush(path)
        } catch {
            unsafe unlink(temporary)
            throw ArchiveError(.unavailable, "the file \(name) cannot be written in \(path)")
        }
    }

    private static func create(_ path: String, _ bytes: [UInt8]) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw CocoaError(.fileWriteUnknown) }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try file.write(contentsOf: Data(bytes))
        try file.synchronize()
        try file.close()
    }
}
