// Cuts comma-separated values (RFC 4180) into records as the bytes arrive, and survives any bytes.

/// Makes records of bytes that are handed to it, however they are cut.
///
/// Lines end with LF, CRLF or CR. A record that breaks a limit or the quoting is reported and read
/// to its end, and the next one is read as usual: what was left out is always said, by line.
package struct CSVParser: Sendable {
    private enum State {
        case fieldStart
        case plain
        case quoted
        case afterQuote(closed: Bool)
    }

    private let delimiter: UInt8
    private var chunk: [UInt8] = []
    private var position = 0
    private var consumed = 0
    private var isStarted = false
    /// True when nothing follows what was added.
    package private(set) var isEnded = false
    private var line = 1
    private var skipsLineFeed = false
    private var draft = CSVDraft()
    /// Where the record stands whose end has not arrived.
    private var open: State?

    /// Says what stands between two fields.
    package init(delimiter: UInt8) { self.delimiter = delimiter }

    /// How many bytes were read so far, for progress.
    package var bytesRead: Int { consumed + position }

    /// Adds what has arrived; best when `next` has answered nil, which leaves nothing to copy.
    package mutating func add(_ bytes: [UInt8]) {
        consumed += position
        if position == chunk.count {
            chunk = bytes
        } else {
            chunk.removeSubrange(..<position)
            chunk += bytes
        }
        position = 0
    }

    /// Says that nothing follows.
    package mutating func end() { isEnded = true }

    /// The next record; nil when its end has not arrived, and at the end.
    package mutating func next() -> CSVRecord? {
        guard start(), fill() else { return isEnded ? lastRecord() : nil }
        var state = State.fieldStart
        if let open { state = open } else { draft.begin(line: line) }
        while fill() {
            let lastLine = line
            if step(&state) {
                open = nil
                return draft.record(lastLine: lastLine)
            }
        }
        open = state
        return isEnded ? lastRecord() : nil
    }

    /// The record that the end of the bytes ends.
    private mutating func lastRecord() -> CSVRecord? {
        guard let state = open else { return nil }
        open = nil
        if case .quoted = state { draft.problem = .openQuote }
        draft.endField()
        return draft.record(lastLine: line)
    }

    /// Takes a UTF-8 byte order mark away, however it is cut; false until that is known.
    private mutating func start() -> Bool {
        guard !isStarted else { return true }
        guard chunk.count >= 3 || isEnded else { return false }
        isStarted = true
        if chunk.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        return true
    }

    /// True when a byte can be read.
    private mutating func fill() -> Bool {
        if skipsLineFeed, position < chunk.count {
            skipsLineFeed = false
            if chunk[position] == lineFeed { position += 1 }
        }
        return position < chunk.count
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
