// Files that a command writes people's data into.

import Foundation

/// Opens files that only their owner may read.
enum OutputFile {
    /// Opens or makes a file, emptied, as a shell does: a device or a link is written to and never
    /// replaced.
    ///
    /// A file that was there before is its owner's alone from now on.
    ///
    /// - Throws: an error that names `field` when it cannot be written.
    static func open(
        _ path: String,
        field: String,
        replacing: Bool = true
    ) throws -> FileHandle {
        if !replacing { try refuseFile(at: path, field: field) }
        let descriptor = unsafe Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw CommandError("\(field): \(path) cannot be written") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var found = stat()
        // What is not a file, a terminal or a pipe, stays as it is.
        guard unsafe fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            return file
        }
        guard fchmod(descriptor, 0o600) == 0 else {
            throw CommandError("\(field): \(path) cannot be kept from other people")
        }
        return file
    }

    /// Writes rows of a list.
    static func write(_ text: String, to file: FileHandle) throws {
        do {
            try file.write(contentsOf: Data(text.utf8))
        } catch {
            throw CommandError("output: the list cannot be written")
        }
    }

    /// Refuses a path where a file with something in it is already.
    static func refuseFile(at path: String, field: String) throws {
        var found = stat()
        guard unsafe stat(path, &found) == 0, found.st_mode & S_IFMT == S_IFREG, found.st_size > 0
        else { return }
        throw CommandError("\(field): there is a file at \(path); --force writes over it")
    }
}
