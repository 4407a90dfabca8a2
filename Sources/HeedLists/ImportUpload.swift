// A list on its way from a request into the folder of uploads, and the file it is kept in.

import Crypto
import Foundation
package import HeedConsent
import Synchronization

/// A list that is being received.
package final class ImportUpload: Sendable {
    /// The batch it is for.
    package let id: ImportID
    private let file: LockedFile
    private let orderPath: String
    /// The most bytes of a file; what is packed may not unpack to more.
    package let bytesMaximum: Int
    private let state = Mutex((hash: SHA256(), count: 0))
    private let room: SpoolRoom

    init(
        id: ImportID,
        file: LockedFile,
        orderPath: String,
        bytesMaximum: Int,
        room: SpoolRoom
    ) {
        self.room = room
        self.id = id
        self.file = file
        self.orderPath = orderPath
        self.bytesMaximum = bytesMaximum
    }

    /// Where the list is.
    package var path: String { file.path }

    /// Gives the list up for whoever works on it.
    package func release() { file.release() }

    /// The fingerprint of what has come.
    package var digest: [UInt8] { state.withLock { Array($0.hash.finalize()) } }

    /// Adds some bytes; refuses more than are taken, or than there is room for.
    package func append(_ bytes: [UInt8]) throws {
        let (before, count) = state.withLock { state in
            state.hash.update(data: bytes)
            state.count += bytes.count
            return (state.count - bytes.count, state.count)
        }
        guard count <= bytesMaximum else { throw ImportUpload.tooLarge(bytesMaximum) }
        // Now and then: others write to the same disk.
        if before >> 23 != count >> 23 { try room.check() }
        try file.write(bytes)
    }

    /// Says how much is too much.
    package static func tooLarge(_ bytesMaximum: Int) -> Refusal {
        Refusal(
            .tooLarge,
            field: "body",
            "a file has at most \(bytesMaximum) bytes here; split it, or raise importBytesMaximum"
        )
    }

    /// Writes down what is asked, so that all of it survives a crash.
    package func close(_ order: ImportOrder) throws {
        try file.synchronize()
        let note = try LockedFile(creating: orderPath)
        try note.write(Array(JSONEncoder().encode(order)))
        try note.synchronize()
        try LockedFile.synchronize(folderOf: orderPath)
    }
}

/// A file only this user may read, locked as long as this value lives.
final class LockedFile: Sendable {
    let path: String
    private let handle: FileHandle

    /// Makes a file that was not there.
    init(creating path: String) throws {
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw LockedFile.failure }
        self.path = path
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw LockedFile.failure }
    }

    /// Opens a file that nobody else works on.
    init?(opening path: String) {
        let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        self.path = path
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return nil }
        // Whoever had it before may have removed it: then the lock is on no file any more.
        guard FileManager.default.fileExists(atPath: path) else { return nil }
    }

    func write(_ bytes: [UInt8]) throws {
        do { try handle.write(contentsOf: Data(bytes)) } catch { throw LockedFile.failure }
    }

    func release() { try? handle.close() }

    /// Makes the names in a folder durable, and not only what the files hold.
    static func synchronize(folderOf path: String) throws {
        let folder = URL(filePath: path).deletingLastPathComponent().path
        let descriptor = unsafe open(folder, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure }
    }

    func synchronize() throws {
        do { try handle.synchronize() } catch { throw LockedFile.failure }
    }

    /// As when a database cannot store: the caller must know that nothing was, and come again.
    static var failure: Refusal {
        Refusal(.notStored, field: "body", "the folder of uploads cannot be written; try again")
    }
}
