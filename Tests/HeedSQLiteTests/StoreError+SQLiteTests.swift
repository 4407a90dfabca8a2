// SQLite's result codes (sqlite.org/rescode.html), plain and extended, in Heed's words.

import HeedStore
import Testing

@testable import HeedSQLite

@Suite("StoreError+SQLite")
struct StoreErrorSQLiteTests {
    static let rows: [(code: CInt, expected: StoreError.Code)] = [
        (5, .busy), (517, .busy), (6, .busy), (13, .full), (19, .refused), (787, .refused),
        (1811, .refused), (2067, .refused), (11, .corrupt), (26, .corrupt), (24, .corrupt),
        (10, .unavailable), (778, .unavailable), (14, .unavailable), (8, .unavailable),
        (1032, .unavailable), (3, .unavailable), (23, .unavailable), (7, .unavailable),
        (21, .unavailable), (1, .statement), (25, .statement),
    ]

    @Test(arguments: rows)
    func codes(_ row: (code: CInt, expected: StoreError.Code)) {
        let error = StoreError(sqlite: row.code, message: "why")
        #expect(error.code == row.expected)
        #expect(error.message.hasPrefix("SQLite \(row.code): why"))
        // Whoever reads of a damaged file is told what to do.
        #expect(error.message.contains("restore a backup") == (row.expected == .corrupt))
    }

    private struct Odd: Error {}

    @Test func otherErrorsAreKeptOrNamed() {
        let own = StoreError(.newer, "x")
        #expect(StoreError(own) == own)
        #expect(StoreError(Odd()).code == .unavailable)
        #expect(StoreError(Odd()).message.contains("Odd"))
    }
}
