// Reads SQLite's write-ahead log to count the commits in it (sqlite.org/fileformat2.html §4).

import Foundation
import TestSupport

/// The log beside a database file.
struct WriteAheadLog {
    private let bytes: [UInt8]

    /// Reads the log of the database in `folder`.
    init(in folder: URL) throws {
        bytes = Array(try Data(contentsOf: folder.appending(path: Backend.fileName + "-wal")))
    }

    private func word(_ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The frames that end a transaction: each is one commit and one flush.
    var commits: Int {
        guard bytes.count > 32 else { return 0 }
        let frameSize = 24 + Int(word(8))
        let salts = [word(16), word(20)]
        var commits = 0
        for start in stride(from: 32, through: bytes.count - frameSize, by: frameSize) {
            // Frames with other salts are left over from before a checkpoint.
            guard [word(start + 8), word(start + 12)] == salts else { break }
            if word(start + 4) != 0 { commits += 1 }
        }
        return commits
    }
}
