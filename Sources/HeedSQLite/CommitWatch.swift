// Sees each commit of a SQLite file, of any process, in the memory that its sessions share.

import GRDB
import GRDBSQLite
import HeedStore
import Synchronization

/// Reads the head of the WAL index.
///
/// In WAL mode SQLite keeps an index of the log in memory that all sessions on a file map, and ends
/// each commit by writing a new head into it, twice, for readers to see (sqlite.org/walformat.html,
/// 2.1). The head has a counter, the number of frames, their running checksum and the log's salts,
/// so two states never share one. A commit returns after that, so whoever was told of it reads
/// another head than before.
///
/// Other programs cannot leave WAL mode, or switch to a private index, while this session is open.
///
/// Unchecked: the pointer is only read from, and is valid while `queue` is open.
@safe
final class CommitWatch: @unchecked Sendable {
    /// What the head begins with since SQLite 3.7.0; another layout is not read.
    private static let version: UInt32 = 3_007_000
    /// One copy of the head, in bytes.
    private static let headBytes = 48
    /// What SQLite maps at a time.
    private static let regionBytes: Int32 = 32_768

    private let queue: DatabaseQueue
    private let region: UnsafeRawPointer

    /// Nil where SQLite does not share an index of the log.
    init?(path: String, configuration: Configuration) throws {
        queue = try DatabaseQueue(path: path, configuration: configuration)
        let region = unsafe try queue.inDatabase { database -> UnsafeRawPointer? in
            // The first statement maps the index.
            _ = try Row.fetchOne(database, sql: "SELECT 1 FROM schema_migrations")
            return unsafe CommitWatch.region(of: database.sqliteConnection)
        }
        guard let region = unsafe region else { return nil }
        unsafe self.region = region
        guard unsafe region.load(as: UInt32.self) == CommitWatch.version else { return nil }
    }

    /// SQLite's own file object tells where the index is; to open the file a second time would,
    /// once closed, release SQLite's locks on it (POSIX).
    private static func region(of session: OpaquePointer?) -> UnsafeRawPointer? {
        guard let session = unsafe session else { return nil }
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = unsafe withUnsafeMutablePointer(to: &file) { place in
            unsafe sqlite3_file_control(session, "main", SQLITE_FCNTL_FILE_POINTER, place)
        }
        guard code == SQLITE_OK, let file = unsafe file,
            let map = unsafe file.pointee.pMethods?.pointee.xShmMap
        else { return nil }
        var region: UnsafeMutableRawPointer?
        // 0: only what is there.
        guard unsafe map(file, 0, regionBytes, 0, &region) == SQLITE_OK else { return nil }
        return UnsafeRawPointer(region)
    }

    /// What the file looks like; nil while a commit writes the head, and before there is one.
    func mark() -> Moment.Mark? {
        // What the caller was told of has happened before this.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let first = copy(at: 0)
        // Written second first, so that two equal copies are a whole one.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        guard first == copy(at: CommitWatch.headBytes) else { return nil }
        let isInitialized = unsafe region.load(fromByteOffset: 12, as: UInt8.self)
        return isInitialized == 1 ? first : nil
    }

    private func copy(at offset: Int) -> Moment.Mark {
        Moment.Mark { word in
            unsafe region.load(fromByteOffset: offset + word * 8, as: UInt64.self)
        }
    }
}
