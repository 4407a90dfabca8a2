// Reads comma-separated values (RFC 4180) record by record from a source of bytes.

/// One record of a file, or the report that one could not be read.
package struct CSVRecord: Hashable, Sendable {
    /// Why a record could not be read; its fields are empty then.
    package enum Problem: Hashable, Sendable {
        /// More content than `CSVReader.longestRecord`.
        case tooLong
        /// More fields than `CSVReader.mostColumns`.
        case tooManyColumns
        /// Something other than a delimiter or a line break stands after a closing quote.
        case textAfterQuote
        /// A quote that nothing closes before the end of the file.
        case openQuote

        /// What is wrong, for people.
        package var reason: String {
            switch self {
            case .tooLong: "the record is longer than \(CSVReader.longestRecord) bytes"
            case .tooManyColumns: "the record has more than \(CSVReader.mostColumns) columns"
            case .textAfterQuote: "text follows a closing quote"
            case .openQuote: "a quote is never closed"
            }
        }
    }

    /// The physical line the record starts on, counted from 1.
    package let line: Int
    /// The physical line the record ends on.
    package let lastLine: Int
    /// The unquoted fields; a blank line has one empty field.
    package let fields: [String]
    /// Why there are no fields.
    package let problem: Problem?
}

/// Reads records from a source of bytes, in the memory of one chunk and record.
package struct CSVReader {
    /// The delimiter of RFC 4180.
    package static let comma = UInt8(ascii: ",")
    /// The content, in bytes, that one record may have.
    package static let longestRecord = 1 << 20
    /// The fields that one record may have.
    package static let mostColumns = 512

    private let source: () throws -> [UInt8]?
    private var parser: CSVParser

    /// Reads what `chunk` hands out until it answers nil; an empty chunk is not the end.
    package init(chunk: @escaping () throws -> [UInt8]?, delimiter: UInt8 = comma) {
        source = chunk
        parser = CSVParser(delimiter: delimiter)
    }

    /// How many bytes were read so far, for progress.
    package var bytesRead: Int { parser.bytesRead }

    /// The next record, or nil at the end; throws only what the source of bytes throws.
    package mutating func next() throws -> CSVRecord? {
        while true {
            if let record = parser.next() { return record }
            guard !parser.isEnded else { return nil }
            if let bytes = try source() { parser.add(bytes) } else { parser.end() }
        }
    }
}

extension CSVReader {
    /// Reads far enough to see the first line, and says what stands between its fields.
    ///
    /// Programs of countries that write 0,5 put a semicolon there, databases a tab.
    static func begin(
        _ chunk: @escaping () throws -> [UInt8]?
    ) throws -> (chunk: () throws -> [UInt8]?, delimiter: UInt8) {
        var bytes: [UInt8] = []
        while bytes.count < 4096, !bytes.contains(lineFeed), let more = try chunk() {
            bytes += more
        }
        var counts = [comma: 0, UInt8(ascii: ";"): 0, tab: 0]
        var isQuoted = false
        for byte in bytes.prefix(longestRecord) {
            if byte == quote { isQuoted.toggle() }
            if isQuoted { continue }
            // Blank lines may come before the header.
            if byte == lineFeed || byte == carriageReturn, counts.values.contains(where: { $0 > 0 })
            {
                break
            }
            if let count = counts[byte] { counts[byte] = count + 1 }
        }
        let best = counts.filter { $0.value > 0 }
            .max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        var begun: [UInt8]? = bytes.isEmpty ? nil : bytes
        return (
            {
                guard let first = begun else { return try chunk() }
                begun = nil
                return first
            }, best ?? comma
        )
    }
}

private let quote = UInt8(ascii: "\"")
private let lineFeed = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
private let tab = UInt8(ascii: "\t")
