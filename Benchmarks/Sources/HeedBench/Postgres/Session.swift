// A bare libpq session, for references that a careful programmer would write by hand.

import CBenchPostgres

/// One connection, used by one thread.
final class Session {
    /// What the server said no to.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let connection: OpaquePointer

    init(_ words: String) throws {
        guard let connection = PQconnectdb(words), PQstatus(connection) == CONNECTION_OK else {
            throw Failure(description: "cannot connect: \(words)")
        }
        self.connection = connection
        PQsetNoticeReceiver(connection, { _, _ in }, nil)
    }

    deinit { PQfinish(connection) }

    private func require(_ result: OpaquePointer?) throws {
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
            let words = String(cString: PQerrorMessage(connection))
            PQclear(result)
            throw Failure(description: words)
        }
    }

    /// Runs a script.
    func script(_ text: String) throws {
        let result = PQexec(connection, text)
        try require(result)
        PQclear(result)
    }

    /// Runs a COPY … FROM STDIN with all its data.
    func copy(_ text: String, _ data: [UInt8]) throws {
        let result = PQexec(connection, text)
        guard PQresultStatus(result) == PGRES_COPY_IN else { return try require(result) }
        PQclear(result)
        data.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let part = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 20))
                PQputCopyData(
                    connection,
                    part.bindMemory(to: CChar.self).baseAddress,
                    Int32(part.count)
                )
                rest = rest.dropFirst(part.count)
            }
        }
        PQputCopyEnd(connection, nil)
        while let result = PQgetResult(connection) {
            defer { PQclear(result) }
            try require(result)
        }
    }

    /// How many rows a query answers, all of which travel.
    func count(_ text: String) throws -> Int {
        let result = PQexec(connection, text)
        try require(result)
        defer { PQclear(result) }
        return Int(PQntuples(result))
    }

    /// The bytes of the only column of a query, row by row.
    func column(_ text: String) throws -> [[UInt8]] {
        let result = PQexecParams(connection, text, 0, nil, nil, nil, nil, 1)
        try require(result)
        defer { PQclear(result) }
        return (0..<PQntuples(result)).map { row in
            let count = Int(PQgetlength(result, row, 0))
            return Array(UnsafeRawBufferPointer(start: PQgetvalue(result, row, 0), count: count))
        }
    }

    /// Prepares a statement whose only parameter is a `bytea[]`.
    func prepare(_ name: String, _ text: String) throws {
        let types: [Oid] = [1001]
        let result = PQprepare(connection, name, text, 1, types)
        try require(result)
        PQclear(result)
    }

    /// Leaves one statement a round trip behind.
    func enterPipeline() { PQenterPipelineMode(connection) }

    /// Sends prepared statements together, each with the same keys, and reads every column of
    /// every row; answers the number of rows.
    func lookUp(_ names: [String], _ keys: ByteArray) throws -> Int {
        keys.bytes.withUnsafeBytes { bytes in
            let value = bytes.bindMemory(to: CChar.self).baseAddress
            for name in names {
                PQsendQueryPrepared(
                    connection,
                    name,
                    1,
                    [value],
                    [Int32(bytes.count)],
                    [1],
                    1
                )
            }
        }
        PQpipelineSync(connection)
        var rows = 0
        for _ in names {
            while let result = PQgetResult(connection) {
                defer { PQclear(result) }
                try require(result)
                let columns = PQnfields(result)
                for row in 0..<PQntuples(result) {
                    var bytes: Int32 = 0
                    for column in 0..<columns where PQgetisnull(result, row, column) == 0 {
                        bytes &+= PQgetlength(result, row, column)
                    }
                    if bytes > 0 { rows += 1 }
                }
            }
        }
        PQclear(PQgetResult(connection))
        return rows
    }
}

/// A `bytea[]` as it travels.
struct ByteArray {
    private(set) var bytes: [UInt8] = []

    init(_ items: some Collection<[UInt8]>) {
        // One dimension, no NULL, element type bytea, so many, from index 1.
        for number in [1, 0, 17, items.count, 1] { append(number) }
        for item in items {
            append(item.count)
            bytes += item
        }
    }

    private mutating func append(_ number: Int) {
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
