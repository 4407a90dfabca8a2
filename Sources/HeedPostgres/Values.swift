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

    private mutating func append(_ value: SQLValue) throws(StoreError) {
        let start = bytes.count
        switch value {
        case .null:
            offsets.append(nil)
            lengths.append(0)
            return
        case .integer(let number):
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> Int64(shift)))
            }
        case .text(let text):
            bytes.append(contentsOf: text.utf8)
            // PostgreSQL's text cannot hold one; say so here rather than half-way.
            guard !bytes[start...].contains(0) else {
                throw StoreError(.refused, "PostgreSQL: text cannot hold a zero byte")
            }
        case .blob(let blob): bytes.append(contentsOf: blob)
        case .keys(let keys): append(keys)
        }
        offsets.append(start)
        lengths.append(Int32(bytes.count - start))
        bytes.append(0)
    }

    /// An array of `bytea`: one dimension, no NULL, so many elements from index 1.
    private mutating func append(_ keys: [[UInt8]]) {
        bytes.reserveCapacity(bytes.count + 20 + keys.count * 20)
        for number in [1, 0, Int(TypeNumber.bytea), keys.count, 1] { append(length: number) }
        for key in keys {
            append(length: key.count)
            bytes.append(contentsOf: key)
        }
    }

    private mutating func append(length: Int) {
        for shift in stride(from: 24, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: length >> shift))
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
