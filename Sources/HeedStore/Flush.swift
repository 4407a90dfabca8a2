// Waits until the disk has what was written: a file's bytes, or the names in a folder.

import Foundation

/// Waits until the bytes of a file, or the names in a folder, are on the disk.
///
/// What is in a new file is safe only once its name is, too: then flush the folder it is in.
package func flush(_ path: String) throws(StoreError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError(.unavailable, "\(path) cannot be opened") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
        throw StoreError(.unavailable, "\(path) cannot be flushed")
    }
}

/// Waits until the name of a file is on the disk, after it was made, moved or removed.
package func flush(folderOf path: String) throws(StoreError) {
    try flush(URL(filePath: path).deletingLastPathComponent().path)
}
