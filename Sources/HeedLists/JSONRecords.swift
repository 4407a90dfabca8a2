// Takes JSON apart into the objects of a list as the bytes come, so that no answer has to fit in
// memory.

/// One object of a list, or the report that it could not be read.
struct JSONRecord: Sendable {
    /// The physical line it starts on, from 1.
    let line: Int
    /// Its bytes; empty when there is a problem.
    let bytes: [UInt8]
    /// Why it has none.
    let problem: String?
}

/// Reads the objects that stand one after the other, in an array, or in a member of an answer that
/// is named; answers may follow one another, too, as the pages of a program do.
struct JSONRecords {
    /// Deeper than this nothing is read.
    private static let deepest = 64

    private enum Container {
        case object
        case list
        /// A list whose objects are records.
        case records
    }

    private let source: () throws -> [UInt8]?
    /// Members of an answer whose lists are the records, in lower case.
    private let members: Set<String>
    private var chunk: [UInt8] = []
    private var position = 0
    private var consumed = 0
    private var isOver = false
    private var line = 1
    private var stack: [Container] = []
    /// How deep the object stands that is being kept; nil between records.
    private var depth: Int?
    private var startLine = 1
    private var kept: [UInt8] = []
    private var isTooLong = false
    private var isInText = false
    private var isEscaped = false
    /// The text that was read last, as far as it may name a member.
    private var text: [UInt8] = []

    init(members: Set<String>, chunk: @escaping () throws -> [UInt8]?) {
        source = chunk
        self.members = members
    }

    /// How many bytes were read so far, for progress.
    var bytesRead: Int { consumed + position }

    /// The next record, or nil at the end; throws only what the source of bytes throws.
    mutating func next() throws -> JSONRecord? {
        while !isOver {
            guard position < chunk.count else {
                consumed += chunk.count
                position = 0
                chunk = try source() ?? []
                if chunk.isEmpty, let last = end() { return last }
                continue
            }
            let byte = chunk[position]
            position += 1
            if byte == UInt8(ascii: "\n") { line += 1 }
            if let record = take(byte) { return record }
        }
        return nil
    }

    /// The end of the bytes: what is still open was cut off.
    private mutating func end() -> JSONRecord? {
        isOver = true
        guard !stack.isEmpty || isInText else { return nil }
        return JSONRecord(
            line: depth == nil ? line : startLine,
            bytes: [],
            problem: "the file ends in the middle of this"
        )
    }

    private mutating func take(_ byte: UInt8) -> JSONRecord? {
        if isInText {
            keep(byte)
            takeText(byte)
            return nil
        }
        switch byte {
        case UInt8(ascii: "\""):
            keep(byte)
            isInText = true
            text.removeAll(keepingCapacity: true)
        case UInt8(ascii: "{"): return open(.object, byte)
        case UInt8(ascii: "["): return open(.list, byte)
        case UInt8(ascii: "}"), UInt8(ascii: "]"): return close(byte)
        default:
            keep(byte)
            if stack.isEmpty, !isBetween(byte) { return broken() }
        }
        return nil
    }

    private mutating func takeText(_ byte: UInt8) {
        if isEscaped {
            isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
            isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
            isInText = false
            return
        }
        if text.count < 64 { text.append(byte) }
    }

    private mutating func open(_ container: Container, _ byte: UInt8) -> JSONRecord? {
        guard stack.count < JSONRecords.deepest else { return broken() }
        switch container {
        case .object where depth == nil && (stack.isEmpty || stack.last == .records):
            depth = stack.count
            startLine = line
            kept.removeAll(keepingCapacity: true)
            isTooLong = false
        case .list where stack.isEmpty:
            stack.append(.records)
            return nil
        case .list where depth == 0 && stack.count == 1 && isNamed:
            // The object is an answer around the records, and no record itself.
            depth = nil
            stack.append(.records)
            return nil
        default: break
        }
        keep(byte)
        stack.append(container)
        return nil
    }

    private var isNamed: Bool {
        members.contains(String(decoding: text, as: UTF8.self).lowercased())
    }

    private mutating func close(_ byte: UInt8) -> JSONRecord? {
        guard let last = stack.popLast(), (last == .object) == (byte == UInt8(ascii: "}")) else {
            return broken()
        }
        keep(byte)
        guard stack.count == depth else { return nil }
        depth = nil
        let tooLong = "the record is longer than \(CSVReader.longestRecord) bytes"
        return JSONRecord(
            line: startLine,
            bytes: isTooLong ? [] : kept,
            problem: isTooLong ? tooLong : nil
        )
    }

    private mutating func keep(_ byte: UInt8) {
        guard depth != nil, !isTooLong else { return }
        isTooLong = kept.count == CSVReader.longestRecord
        if isTooLong { kept = [] } else { kept.append(byte) }
    }

    private func isBetween(_ byte: UInt8) -> Bool {
        [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n")]
            .contains(byte) || byte == UInt8(ascii: ",")
    }

    /// Nothing after it can be told apart.
    private mutating func broken() -> JSONRecord? {
        isOver = true
        return JSONRecord(line: line, bytes: [], problem: "no JSON from here to the file's end")
    }
}
