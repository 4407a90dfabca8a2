// COPY in PostgreSQL's binary format, outside of the pipeline, which does not take it.

import CPostgres
import HeedStore

extension Pipeline {
    /// What comes before the first row: a signature, no flags, no extension.
    private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0]
    /// So much is handed to libpq at a time.
    private static let chunk = 64 * 1024

    /// Loads rows; waits for the server's word.
    func copy(_ sql: SQL, _ rows: [[SQLValue]]) throws(StoreError) {
        var bytes = Pipeline.signature + [UInt8](repeating: 0, count: 8)
        for row in rows {
            bytes.append(UInt8(row.count >> 8))
            bytes.append(UInt8(row.count & 0xff))
            for value in row { try Parameters.appendElement(value, to: &bytes) }
        }
        // A row of -1 columns is the end.
        bytes += [0xff, 0xff]
        try outside { () throws(StoreError) in try load(sql, bytes) }
    }

    private func load(_ sql: SQL, _ bytes: [UInt8]) throws(StoreError) {
        let start = unsafe PQexec(session, sql.text)
        defer { unsafe PQclear(start) }
        guard unsafe PQresultStatus(start) == PGRES_COPY_IN else { throw unsafe note(start) }
        var isSent = true
        for first in stride(from: 0, to: bytes.count, by: Pipeline.chunk) where isSent {
            isSent = unsafe bytes[first..<min(first + Pipeline.chunk, bytes.count)]
                .withUnsafeBytes { part in
                    let start = unsafe part.baseAddress?.assumingMemoryBound(to: CChar.self)
                    return unsafe PQputCopyData(session, start, Int32(part.count)) == 1
                }
        }
        let isEnded = unsafe PQputCopyEnd(session, nil) == 1
        var failure: StoreError?
        while let result = unsafe PQgetResult(session) {
            defer { unsafe PQclear(result) }
            guard unsafe PQresultStatus(result) != PGRES_COMMAND_OK else { continue }
            failure = unsafe failure ?? note(result)
        }
        if let failure { throw failure }
        guard isSent, isEnded else { throw .lost("the connection was lost") }
    }
}
