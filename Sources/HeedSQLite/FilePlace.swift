// Whether the database's file is still where it was opened.

import Foundation
import HeedStore

/// The file at a path, as it was when the database was opened.
///
/// SQLite goes on with a file that was moved away or removed. What it stores there is found by
/// nobody who opens the path, so nothing may be acknowledged any more.
struct FilePlace: Sendable {
    private struct Number: Hashable {
        let device: UInt64
        let file: UInt64
    }

    private let path: String
    private let number: Number?

    /// Remembers which file is at a path.
    init(_ path: String) {
        self.path = path
        number = FilePlace.number(of: path)
    }

    /// Refuses when another file is there, or none.
    func check() throws(StoreError) {
        guard FilePlace.number(of: path) != number else { return }
        throw StoreError(
            .unavailable,
            "the file at \(path) is not the one that was opened: put that back, or start Heed again"
        )
    }

    private static func number(of path: String) -> Number? {
        var found = stat()
        guard unsafe stat(path, &found) == 0 else { return nil }
        return Number(
            device: UInt64(truncatingIfNeeded: found.st_dev),
            file: UInt64(truncatingIfNeeded: found.st_ino)
        )
    }
}
