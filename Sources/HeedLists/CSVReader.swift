// A streaming reader of comma-separated values (RFC 4180) that survives any bytes.

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

/// Reads records from chunks of bytes, however they are cut, in the memory of one chunk and record.
///
/// Lines end with LF, CRLF or CR. A record that breaks a limit or the quoting is reported and read
/// to its end, and the next one is read as usual: what was left out is always said, by line.
package struct CSVReader {
    /// The delimiter of RFC 4180.
    package static let comma = UInt8(ascii: ",")
    /// The content, in bytes, that one record may have.
    package static let longestRecord = 1 << 20
    /// The fields that one record may have.
    package static let mostColumns = 512

    private enum State {
        case fieldStart
        case plain
        case quoted
        case afterQuote(closed: Bool)
    }

    private let source: () throws -> [UInt8]?
    private let delimiter: UInt8
    private var chunk: [UInt8] = []
    private var position = 0
    private var consumed = 0
    private var isStarted = false
    private var isAtEnd = false
    private var line = 1
    private var skipsLineFeed = false
    private var draft = CSVDraft()

    /// Reads what `chunk` hands out until it answers nil; an empty chunk is not the end.
    package init(chunk: @escaping () throws -> [UInt8]?, delimiter: UInt8 = comma) {
        self.source = chunk
        self.delimiter = delimiter
    }

    /// How many bytes were read so far, for progress.
    package var bytesRead: Int { consumed + position }

    /// The next record, or nil at the end; throws only what the source of bytes throws.
    package mutating func next() throws -> CSVRecord? {
        try start()
        guard try fill() else { return nil }
        draft.begin(line: line)
        var state = State.fieldStart
        while try fill() {
            let lastLine = line
            if step(&state) { return draft.record(lastLine: lastLine) }
        }
        if case .quoted = state { draft.problem = .openQuote }
        draft.endField()
        return draft.record(lastLine: line)
    }

    /// Takes a UTF-8 byte order mark away, however it is cut.
    private mutating func start() throws {
        guard !isStarted else { return }
        isStarted = true
        while chunk.count < 3, !isAtEnd {
            if let more = try source() { chunk += more } else { isAtEnd = true }
        }
        if chunk.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Makes sure that a byte can be read; false at the end.
    private mutating func fill() throws -> Bool {
        while true {
            if skipsLineFeed, position < chunk.count {
                skipsLineFeed = false
                if chunk[position] == lineFeed { position += 1 }
            }
            if position < chunk.count { return true }
            if isAtEnd { return false }
            consumed += chunk.count
            position = 0
            chunk = []
            if let more = try source() { chunk = more } else { isAtEnd = true }
        }
    }

    /// Reads a run of bytes that belong together; true when the record ended.
    private mutating func step(_ state: inout State) -> Bool {
        let byte = chunk[position]
        switch state {
        case .fieldStart:
            guard byte == quote else { return plainRun(&state) }
            position += 1
            state = .quoted
        case .plain:
            return plainRun(&state)
        case .quoted:
            quotedRun(&state)
        case .afterQuote(let isClosed):
            if isBoundary(byte) { return boundary(byte, &state) }
            position += 1
            if byte == quote, !isClosed {
                draft.append([quote])
                state = .quoted
            } else if byte == space || byte == tab {
                state = .afterQuote(closed: true)
            } else {
                draft.fail(.textAfterQuote)
                state = .plain
            }
        }
        return false
    }

    private mutating func plainRun(_ state: inout State) -> Bool {
        let start = position
        var end = start
        while end < chunk.count, !isBoundary(chunk[end]) { end += 1 }
        draft.append(chunk[start..<end])
        position = end
        state = .plain
        return end < chunk.count && boundary(chunk[end], &state)
    }

    private mutating func quotedRun(_ state: inout State) {
        let start = position
        var end = start
        while end < chunk.count, chunk[end] != quote {
            // CRLF is one line break, also when a chunk ends between its halves.
            if chunk[end] == carriageReturn || chunk[end] == lineFeed && !draft.endsWithReturn {
                line += 1
            }
            draft.endsWithReturn = chunk[end] == carriageReturn
            end += 1
        }
        draft.append(chunk[start..<end])
        position = end
        guard end < chunk.count else { return }
        position += 1
        draft.endsWithReturn = false
        state = .afterQuote(closed: false)
    }

    private func isBoundary(_ byte: UInt8) -> Bool {
        byte == delimiter || byte == lineFeed || byte == carriageReturn
    }

    private mutating func boundary(_ byte: UInt8, _ state: inout State) -> Bool {
        draft.endField()
        position += 1
        state = .fieldStart
        guard byte != delimiter else { return false }
        line += 1
        skipsLineFeed = byte == carriageReturn
        return true
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

/// The record being read: its bytes without quotes, and where its fields end in them.
private struct CSVDraft {
    private var line = 0
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    var problem: CSVRecord.Problem?
    /// True while the last byte of a quoted field is a carriage return.
    var endsWithReturn = false

    mutating func begin(line: Int) {
        self.line = line
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        problem = nil
        endsWithReturn = false
    }

    mutating func append(_ run: some Collection<UInt8>) {
        guard problem == nil else { return }
        if bytes.count + run.count > CSVReader.longestRecord {
            fail(.tooLong)
        } else {
            bytes.append(contentsOf: run)
        }
    }

    mutating func endField() {
        guard problem == nil else { return }
        if ends.count == CSVReader.mostColumns {
            fail(.tooManyColumns)
        } else {
            ends.append(bytes.count)
        }
    }

    /// Keeps the first problem, since the later ones follow from it.
    mutating func fail(_ problem: CSVRecord.Problem) {
        if self.problem == nil { self.problem = problem }
    }

    func record(lastLine: Int) -> CSVRecord {
        var fields: [String] = []
        if problem == nil {
            fields.reserveCapacity(ends.count)
            var start = 0
            for end in ends {
                fields.append(String(decoding: bytes[start..<end], as: UTF8.self))
                start = end
            }
        }
        return CSVRecord(line: line, lastLine: lastLine, fields: fields, problem: problem)
    }
}

private let quote = UInt8(ascii: "\"")
private let lineFeed = UInt8(ascii: "\n")
private let carriageReturn = UInt8(ascii: "\r")
private let space = UInt8(ascii: " ")
private let tab = UInt8(ascii: "\t")
