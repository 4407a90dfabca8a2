// A campaign's list as it arrives: CSV with a header line, NDJSON, or an address a line.

package import HeedConsent

/// One recipient of a list.
package struct Recipient: Hashable, Sendable {
    /// The physical line it starts on, from 1.
    package let line: Int
    /// The address in it; empty when there is none.
    package let address: String
    /// Why the line could not be read; nil when it could be.
    package var problem: String?
    /// The row as it came; empty where only addresses are kept.
    package var text = ""
    /// How many columns it has less than the header line.
    package var columnsMissing = 0

    /// What the guard is asked about: nothing where the line could not be read.
    package var asked: String { problem == nil ? address : "" }
}

/// The recipients of a list, in order, made of bytes that are handed to it.
///
/// A line that cannot be read is a recipient with a problem: it is counted, reported and refused,
/// and the rest goes on.
package struct RecipientList: Sendable {
    /// What a list is.
    package enum Form: Sendable {
        /// Comma-separated values; a header line has to name a column with the addresses.
        case csv
        /// A recipient a line: an address, JSON text, or a JSON object.
        case lines
        /// CSV where the first line names a column with the addresses, else `lines`.
        case told
        /// The same, but where the first line is no object each line is an address as it stands.
        case toldPlain
    }

    /// What is kept of a row.
    package enum Kept: Sendable {
        /// The address alone.
        case addresses
        /// Also the row as it came.
        case rows
    }

    private enum Shape {
        case undecided
        case csv(ImportColumn)
        case lines
        case plainLines
    }

    /// Bytes in which a header line has to end.
    private static let headerMaximum = 65_536
    /// Bytes of an address that are kept: more is none, and its beginning says which.
    private static let addressMaximum = 2048
    /// What may stand between fields.
    private static let delimiters = [CSVReader.comma, UInt8(ascii: ";"), UInt8(ascii: "\t")]

    private let form: Form
    private let kept: Kept
    private var shape = Shape.undecided
    /// What arrived before it was known what the list is.
    private var held: [UInt8] = []
    private var lines = LineBuffer()
    private var records = CSVParser(delimiter: CSVReader.comma)
    private var delimiter = Character(",")
    private var columnCount = 0
    private var ready: [Recipient] = []
    /// Bytes of `ready`, roughly.
    private var readyBytes = 0

    /// The header line of CSV, as it is written out again.
    package private(set) var header: String?
    /// True when the first line is a JSON object, to which no column can be added.
    package private(set) var isNDJSON = false
    /// True when nothing follows.
    package private(set) var isEnded = false

    /// Says what the list is, and what is to be kept of it.
    package init(_ form: Form, keeping kept: Kept) {
        self.form = form
        self.kept = kept
        if case .lines = form { shape = .lines }
    }

    /// True when it is known what the list is.
    package var isBegun: Bool { if case .undecided = shape { false } else { true } }

    /// How many recipients are complete and not taken.
    package var count: Int { ready.count }

    /// True when more should be taken before more is added.
    package var isFull: Bool { readyBytes > 8 << 20 }

    /// What stands between the fields of CSV.
    package var separator: Character { delimiter }

    /// Adds what has arrived; throws when a header line is needed and is none.
    package mutating func add(_ bytes: [UInt8]) throws(Refusal) {
        switch shape {
        case .undecided:
            held += bytes
            try decide()
        case .csv: records.add(bytes)
        case .lines, .plainLines: lines.add(bytes)
        }
        takeComplete()
    }

    /// Says that nothing follows.
    package mutating func end() throws(Refusal) {
        isEnded = true
        if !isBegun { try decide() }
        records.end()
        lines.end()
        takeComplete()
    }

    /// Takes up to `maximum` recipients.
    package mutating func take(_ maximum: Int) -> [Recipient] {
        let taken = Array(ready.prefix(maximum))
        ready.removeFirst(taken.count)
        if kept == .rows { readyBytes -= taken.reduce(0) { $0 + $1.text.utf8.count } }
        return taken
    }

    /// Finds out what the list is, if enough of it is there.
    private mutating func decide() throws(Refusal) {
        var isComplete = true
        for delimiter in RecipientList.delimiters {
            var parser = CSVParser(delimiter: delimiter)
            parser.add(held)
            if isEnded { parser.end() }
            guard let record = RecipientList.header(&parser) else {
                isComplete = false
                continue
            }
            let names = ImportColumns(header: record.fields)
            let column = names.firstColumn(of: PlainCSVFormat.addressNames)
            guard !column.isAbsent else { continue }
            self.delimiter = Character(Unicode.Scalar(delimiter))
            shape = .csv(column)
            columnCount = record.fields.count
            header = csvLine(record.fields, delimiter: self.delimiter)
            records = parser
            held = []
            return
        }
        guard isComplete || isEnded || held.count > RecipientList.headerMaximum else { return }
        if case .csv = form { throw RecipientList.noHeader(isEmpty: held.isEmpty) }
        let first = held.first { $0 > UInt8(ascii: " ") && ![0xEF, 0xBB, 0xBF].contains($0) }
        isNDJSON = first == UInt8(ascii: "{")
        if case .toldPlain = form, !isNDJSON { shape = .plainLines } else { shape = .lines }
        lines.add(held)
        held = []
    }

    /// The first record that is not blank; nil when it has not arrived.
    private static func header(_ parser: inout CSVParser) -> CSVRecord? {
        while let record = parser.next() {
            if record.problem != nil || !record.fields.allSatisfy(\.isEmpty) { return record }
        }
        return nil
    }

    private static func noHeader(isEmpty: Bool) -> Refusal {
        let names = PlainCSVFormat.addressNames.joined(separator: ", ")
        return Refusal(
            .invalid,
            field: "body",
            isEmpty
                ? "it is empty; CSV begins with a header line"
                : "the header line of CSV has to name the column of the addresses: one of \(names)"
        )
    }

    private mutating func takeComplete() {
        switch shape {
        case .undecided: return
        case .csv(let column):
            while let record = records.next() { take(record, column) }
        case .lines:
            while let line = lines.next() { take(line, RecipientLine.read(line.text)) }
        case .plainLines:
            while let line = lines.next() {
                take(line, RecipientLine.Reading(address: line.text, problem: nil))
            }
        }
    }

    private mutating func take(_ line: LineBuffer.Line, _ reading: RecipientLine.Reading) {
        let long = "the line is longer than \(LineBuffer.bytesMaximum) bytes"
        keep(
            Recipient(
                line: line.number,
                address: line.isCut ? "" : reading.address,
                problem: line.isCut ? long : reading.problem
            ),
            line.text
        )
    }

    private mutating func take(_ record: CSVRecord, _ column: ImportColumn) {
        if record.problem == nil, record.fields.allSatisfy(\.isEmpty) { return }
        let address = column.text(in: record.fields)
        var problem = record.problem?.reason
        if problem == nil, address == nil { problem = "the row has no address" }
        keep(
            Recipient(
                line: record.line,
                address: address ?? "",
                problem: problem,
                columnsMissing: max(0, columnCount - record.fields.count)
            ),
            kept == .rows ? csvLine(record.fields, delimiter: delimiter) : ""
        )
    }

    private mutating func keep(_ recipient: Recipient, _ text: String) {
        var recipient = recipient
        if recipient.address.utf8.count > RecipientList.addressMaximum {
            let address = String(recipient.address.prefix(100)) + "…"
            recipient = Recipient(
                line: recipient.line,
                address: address,
                problem: "an address has at most 254 bytes (RFC 5321)",
                columnsMissing: recipient.columnsMissing
            )
        }
        if kept == .rows {
            recipient.text = text
            readyBytes += text.utf8.count
        }
        ready.append(recipient)
    }
}
