// Reads a campaign's list: one address a line, CSV with a header line, or NDJSON.

import Foundation
import HeedConsent
import HeedEngine
import HeedLists

/// One recipient of a list.
struct Recipient: Equatable {
    /// The physical line it starts on, from 1.
    let line: Int
    /// The address in it; empty when there is none.
    let address: String
    /// The row as it came.
    let text: String
    /// How many columns it has less than the header line.
    var columnsMissing = 0
}

/// The recipients of a list, in order.
///
/// A first line that starts with `{` makes it NDJSON (`address`, `email` or `recipient`); one with
/// a column of that meaning makes it CSV; anything else is one address a line.
struct RecipientReader {
    private enum Shape {
        case lines(LineReader)
        case ndjson(LineReader)
        case csv(CSVReader, column: Int)
    }

    private static let columns: Set<String> = [
        "email", "e-mail", "email address", "email_address", "address", "mail", "recipient",
    ]

    private var shape: Shape
    /// The header line of CSV, as it is written out again.
    let header: String?
    /// How many columns the header line of CSV has.
    private var columnCount = 0

    /// True when each line is JSON, to which no column can be added.
    var isNDJSON: Bool { if case .ndjson = shape { true } else { false } }

    /// Takes a source of bytes: each call hands out some, nil at the end.
    init(chunk: @escaping () throws -> [UInt8]?) throws {
        // The first line decides, so it has to be there as a whole.
        var first: [UInt8] = []
        while first.count < 4096, !first.contains(0x0A), let more = try chunk() { first += more }
        let start = String(decoding: first.prefix(4096), as: UTF8.self)
        let chunk = { () throws -> [UInt8]? in
            guard !first.isEmpty else { return try chunk() }
            defer { first = [] }
            return first
        }
        let line = start.drop { $0 == "\u{FEFF}" }.prefix { !$0.isNewline }
        let names = line.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: CharacterSet(charactersIn: " \"")).lowercased()
        }
        if line.first == "{" {
            (shape, header) = (.ndjson(LineReader(chunk: chunk)), nil)
        } else if let column = names.firstIndex(where: RecipientReader.columns.contains) {
            var csv = CSVReader(chunk: chunk)
            let names = try csv.next()?.fields ?? []
            header = csvLine(names)
            columnCount = names.count
            shape = .csv(csv, column: column)
        } else {
            (shape, header) = (.lines(LineReader(chunk: chunk)), nil)
        }
    }

    /// Up to `count` further recipients; none at the end.
    mutating func next(_ count: Int) throws -> [Recipient] {
        var recipients: [Recipient] = []
        while recipients.count < count, let recipient = try next() { recipients.append(recipient) }
        return recipients
    }

    private mutating func next() throws -> Recipient? {
        switch shape {
        case .lines(var reader):
            defer { shape = .lines(reader) }
            return try reader.next().map {
                Recipient(line: $0.number, address: $0.text, text: $0.text)
            }
        case .ndjson(var reader):
            defer { shape = .ndjson(reader) }
            return try reader.next().map {
                let address = RecipientLine.address(inJSON: $0.text)
                return Recipient(line: $0.number, address: address, text: $0.text)
            }
        case .csv(var reader, let column):
            defer { shape = .csv(reader, column: column) }
            while let record = try reader.next() {
                if record.problem == nil, record.fields.allSatisfy(\.isEmpty) { continue }
                let address = column < record.fields.count ? record.fields[column] : ""
                return Recipient(
                    line: record.line,
                    address: address,
                    text: csvLine(record.fields),
                    columnsMissing: max(0, columnCount - record.fields.count)
                )
            }
            return nil
        }
    }
}

/// Pulls lines out of a source of bytes.
struct LineReader {
    private let chunk: () throws -> [UInt8]?
    private var buffer = LineBuffer()
    private var atEnd = false

    init(chunk: @escaping () throws -> [UInt8]?) { self.chunk = chunk }

    /// The next line that is not blank.
    mutating func next() throws -> LineBuffer.Line? {
        while true {
            if let line = buffer.next() { return line }
            guard !atEnd else { return nil }
            if let bytes = try chunk() {
                buffer.add(bytes)
            } else {
                buffer.end()
                atEnd = true
            }
        }
    }
}
