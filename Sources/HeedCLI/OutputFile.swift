// Files that a command writes people's data into.

import Foundation

/// Opens files that only their owner may read.
enum OutputFile {
    /// Opens or makes a file, emptied, as a shell does: a device or a link is written to and never
    /// replaced.
    ///
    /// - Throws: an error that names `field` when it cannot be written.
    static func open(_ path: String, field: String) throws -> FileHandle {
        let descriptor = unsafe Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        guard descriptor >= 0 else { throw CommandError("\(field): \(path) cannot be written") }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
