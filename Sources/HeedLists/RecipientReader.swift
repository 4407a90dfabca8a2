// Reads a campaign's list from a source of bytes, unpacked where it is packed by gzip.

import HeedConsent

/// The recipients of a list with their rows, in order, in the memory of those asked for.
///
/// A first line that names a column with the addresses makes it CSV, one that begins with `{`
/// NDJSON; anything else is one address a line.
package struct RecipientReader {
    private let chunk: () throws -> [UInt8]?
    private var list = RecipientList(.toldPlain, keeping: .rows)

    /// The header line of CSV, as it is written out again.
    package var header: String? { list.header }
    /// True when each line is JSON, to which no column can be added.
    package var isNDJSON: Bool { list.isNDJSON }
    /// What stands between the fields of CSV.
    package var separator: Character { list.separator }

    /// Takes a source of bytes: each call hands out some, nil at the end.
    package init(chunk: @escaping () throws -> [UInt8]?) throws {
        self.chunk = try GzipReader.unpacking(field: "file", bytesMaximum: .max, chunk)
        while !list.isBegun { try read() }
    }

    /// Up to `count` further recipients, fewer where their rows are long; none at the end.
    package mutating func next(_ count: Int) throws -> [Recipient] {
        while list.count < count, !list.isFull, !list.isEnded { try read() }
        return list.take(count)
    }

    private mutating func read() throws {
        if let bytes = try chunk() { try list.add(bytes) } else { try list.end() }
    }
}
