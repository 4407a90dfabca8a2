// Parameters and results in PostgreSQL's binary format.

import CPostgres
import HeedStore

/// Type numbers of pg_type that Heed sends or reads.
enum TypeNumber {
    static let any: Oid = 0
    static let bool: Oid = 16
    static let bytea: Oid = 17
    static let name: Oid = 19
    static let int8: Oid = 20
    static let int2: Oid = 21
    static let int4: Oid = 23
    static let text: Oid = 25
    static let oid: Oid = 26
    static let unknown: Oid = 705
    static let byteaArray: Oid = 1001
    static let textArray: Oid = 1009
    static let int8Array: Oid = 1016
    static let varchar: Oid = 1043
    static let void: Oid = 2278

    /// The type a value is sent as; NULL leaves it to the server.
    static func of(_ value: SQLValue) -> Oid {
        switch value {
        case .null: any
        case .integer: int8
        case .text: text
        case .blob: bytea
        case .keys: byteaArray
        case .column(let column, _): ofArray(column)
        }
    }

    /// The type of an array of a column's values.
    static func ofArray(_ column: Insertion.Column) -> Oid {
        switch column {
        case .bytes: byteaArray
        case .text: textArray
        case .integer: int8Array
        }
    }

    /// The type of an array's elements.
    static func ofElements(_ column: Insertion.Column) -> Oid {
        switch column {
        case .bytes: bytea
        case .text: text
        case .integer: int8
        }
    }
}

/// The parameters of one statement in one buffer.
struct Parameters {
    /// All values, each followed by a zero byte, so that an empty one has an address, too.
    private(set) var bytes: [UInt8] = []
    /// Where each value starts; nil for NULL.
    private(set) var offsets: [Int?] = []
    private(set) var lengths: [Int32] = []

    init(_ values: [SQLValue]) throws(StoreError) {
        for value in values { try append(value) }
    }

    /// The columns of rows, each as an array.
    init(_ rows: [[SQLValue]], _ columns: [Insertion.Column]) throws(StoreError) {
        bytes.reserveCapacity(rows.count * columns.count * 24)
        for (index, column) in columns.enumerated() {
            let start = bytes.count
            Parameters.appendArray(of: TypeNumber.ofElements(column), rows.count, to: &bytes)
            for row in rows { try Parameters.appendElement(row[index], to: &bytes) }
            offsets.append(start)
            lengths.append(Int32(bytes.count - start))
            bytes.append(0)
        }
    }

    private mutating func append(_ value: SQLValue) throws(StoreError) {
        if case .null = value {
            offsets.append(nil)
            lengths.append(0)
            return
        }
        let start = bytes.count
        switch value {
        case .keys(let keys):
            Parameters.appendArray(of: TypeNumber.bytea, keys.count, to: &bytes)
            for key in keys { try Parameters.appendElement(.blob(key), to: &bytes) }
        case .column(let column, let values):
            Parameters.appendArray(of: TypeNumber.ofElements(column), values.count, to: &bytes)
            for value in values { try Parameters.appendElement(value, to: &bytes) }
        default: try Parameters.append(value, to: &bytes)
        }
        offsets.append(start)
        lengths.append(Int32(bytes.count - start))
        bytes.append(0)
    }

    /// A value's bytes.
    private static func append(
        _ value: SQLValue,
        to bytes: inout [UInt8]
    ) throws(StoreError) {
        switch value {
        case .integer(let number): append(UInt64(bitPattern: number), 8, to: &bytes)
        case .text(let text):
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            // PostgreSQL's text cannot hold one; say so here rather than half-way.
            guard !bytes[start...].contains(0) else {
                throw StoreError(.refused, "PostgreSQL: text cannot hold a zero byte")
            }
        case .blob(let blob): bytes.append(contentsOf: blob)
        case .null, .keys, .column:
            throw StoreError(.statement, "PostgreSQL: an array or NULL has no place here")
        }
    }

    /// A value after its length, as in arrays and in COPY; -1 stands for NULL.
    static func appendElement(
        _ value: SQLValue,
        to bytes: inout [UInt8]
    ) throws(StoreError) {
        if case .null = value { return append(0xffff_ffff, 4, to: &bytes) }
        let place = bytes.count
        append(0, 4, to: &bytes)
        try append(value, to: &bytes)
        let length = bytes.count - place - 4
        for index in 0..<4 {
            bytes[place + index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index))
        }
    }

    /// The start of an array: one dimension, perhaps with NULLs, so many elements from index 1.
    private static func appendArray(of type: Oid, _ count: Int, to bytes: inout [UInt8]) {
        for number in [1, 1, UInt64(type), UInt64(count), 1] { append(number, 4, to: &bytes) }
    }

    private static func append(_ number: UInt64, _ size: Int, to bytes: inout [UInt8]) {
        unsafe withUnsafeBytes(of: number.bigEndian) { word in
            unsafe bytes.append(contentsOf: word.suffix(size))
        }
    }

    /// Lends the arrays that libpq takes: addresses, lengths, formats.
    func withPointers<Answer>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?
        ) -> Answer
    ) -> Answer {
        let formats = [Int32](repeating: 1, count: offsets.count)
        return unsafe bytes.withUnsafeBytes { buffer in
            let start = unsafe buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            var addresses: [UnsafePointer<CChar>?] = unsafe []
            for offset in offsets {
                unsafe addresses.append(offset.flatMap { unsafe start?.advanced(by: $0) })
            }
            return unsafe addresses.withUnsafeBufferPointer { addresses in
                unsafe lengths.withUnsafeBufferPointer { lengths in
                    unsafe formats.withUnsafeBufferPointer { formats in
                        unsafe body(
                            Int32(offsets.count),
                            addresses.baseAddress,
                            lengths.baseAddress,
                            formats.baseAddress
                        )
                    }
                }
            }
        }
    }
}

/// The rows of a result.
@unsafe
func rows(of result: OpaquePointer) throws(StoreError) -> [Row] {
    let (rowCount, columnCount) = unsafe (PQntuples(result), PQnfields(result))
    var rows: [Row] = []
    rows.reserveCapacity(Int(rowCount))
    for row in 0..<rowCount {
        var values: [SQLValue] = []
        values.reserveCapacity(Int(columnCount))
        for column in 0..<columnCount {
            values.append(unsafe try value(of: result, row, column))
        }
        rows.append(Row(values))
    }
    return rows
}

@unsafe
private func value(
    of result: OpaquePointer,
    _ row: Int32,
    _ column: Int32
) throws(StoreError) -> SQLValue {
    guard unsafe PQgetisnull(result, row, column) == 0,
        let start = unsafe PQgetvalue(result, row, column)
    else { return .null }
    let count = Int(unsafe PQgetlength(result, row, column))
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
    switch unsafe PQftype(result, column) {
    case TypeNumber.bytea: return .blob(unsafe Array(bytes))
    case TypeNumber.text, TypeNumber.varchar, TypeNumber.name, TypeNumber.unknown:
        return .text(unsafe String(decoding: bytes, as: UTF8.self))
    case TypeNumber.int8, TypeNumber.int4, TypeNumber.int2:
        let sign: Int64 = unsafe bytes.first.map { $0 >= 0x80 } ?? false ? -1 : 0
        return .integer(unsafe bytes.reduce(sign) { $0 << 8 | Int64($1) })
    case TypeNumber.oid, TypeNumber.bool:
        return .integer(unsafe bytes.reduce(Int64(0)) { $0 << 8 | Int64($1) })
    case TypeNumber.void: return .null
    default:
        throw StoreError(.statement, "PostgreSQL answered with a type that Heed does not read")
    }
}
