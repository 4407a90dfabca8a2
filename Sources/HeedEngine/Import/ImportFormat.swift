// Reads an imported file row by row, in the format it names or the one its header line shows.

import HeedConsent

/// The programs whose files can be read.
package enum ImportFormat: String, CaseIterable, Sendable {
    /// Whichever the header line shows.
    case auto
    /// One of the files of a Mailchimp audience export.
    case mailchimp
    /// Any list with a header line.
    case csv

    /// The format of a file with this header line.
    static func detect(_ columns: ImportColumns) -> ImportFormat {
        MailchimpFormat.wrote(columns) ? .mailchimp : .csv
    }
}

/// A file being imported: every record after the header line is an item, except blank ones.
package struct ImportReader {
    private enum Parser {
        case mailchimp(MailchimpFormat)
        case csv(PlainCSVFormat)
    }

    /// The format the file is read in, never `auto`.
    package let format: ImportFormat
    private let parser: Parser
    private var csv: CSVReader

    /// Reads the header line.
    ///
    /// - Parameters:
    ///   - format: what the file is, or `auto`.
    ///   - fileName: the file's name, where there is one: some exports differ in nothing else.
    ///   - delimiter: what stands between two fields.
    ///   - chunk: hands out the file's bytes and answers nil at its end.
    /// - Throws: `Refusal` naming "file" when no address can be found, else what `chunk` throws.
    package init(
        format: ImportFormat,
        fileName: String? = nil,
        delimiter: UInt8 = CSVReader.comma,
        chunk: @escaping () throws -> [UInt8]?
    ) throws {
        csv = CSVReader(chunk: chunk, delimiter: delimiter)
        let columns = try ImportReader.header(&csv)
        self.format = format == .auto ? ImportFormat.detect(columns) : format
        switch self.format {
        case .mailchimp:
            // Mailchimp's fourth file has the columns of the first, and people who never opted in.
            guard fileName.map({ !folded($0).contains("nonsubscribed") }) ?? true else {
                throw ImportReader.refusal(
                    "people in Mailchimp's non-subscribed file never opted in; leave it out"
                )
            }
            guard let mailchimp = MailchimpFormat(columns: columns) else {
                throw ImportReader.noAddress(MailchimpFormat.addressNames, in: columns)
            }
            parser = .mailchimp(mailchimp)
        case .csv, .auto:
            guard let plain = PlainCSVFormat(columns: columns) else {
                throw ImportReader.noAddress(PlainCSVFormat.addressNames, in: columns)
            }
            parser = .csv(plain)
        }
    }

    /// True for a file of people who left or cannot be reached: it is taken before files of
    /// consents.
    package var isListOfNo: Bool {
        switch parser {
        case .mailchimp(let mailchimp): mailchimp.kind != .subscribed
        case .csv: false
        }
    }

    /// How many bytes were read so far, for progress.
    package var bytesRead: Int { csv.bytesRead }

    /// The next item, or nil at the end; throws only what the source of bytes throws.
    package mutating func next() throws -> ImportItem? {
        while let record = try csv.next() {
            if let problem = record.problem {
                return .invalid(line: record.line, reason: report(problem, in: record))
            }
            if !isBlank(record) { return item(record) }
        }
        return nil
    }

    private func item(_ record: CSVRecord) -> ImportItem {
        do throws(InvalidRow) {
            switch parser {
            case .mailchimp(let format): return .row(try format.row(record))
            case .csv(let format): return .row(try format.row(record))
            }
        } catch {
            return .invalid(line: record.line, reason: error.reason)
        }
    }
}

extension ImportReader {
    private static func header(_ csv: inout CSVReader) throws -> ImportColumns {
        while let record = try csv.next() {
            if let problem = record.problem {
                throw refusal("the header line cannot be read: \(problem.reason)")
            }
            if isBlank(record) { continue }
            // Control bytes stand in archives and in UTF-16, never in the header of a list.
            guard !record.fields.contains(where: { $0.utf8.contains(where: isControl) }) else {
                throw refusal("not a text file in UTF-8; unpack an archive, or save as UTF-8")
            }
            return ImportColumns(header: record.fields)
        }
        throw refusal("the file is empty")
    }

    private static func noAddress(_ wanted: [String], in columns: ImportColumns) -> Refusal {
        let looked = "there is no address column; looked for \(list(wanted))"
        // A first line with addresses is a row, and a refusal may be logged.
        if columns.names.contains(where: { $0.contains("@") }) {
            return refusal("\(looked); the first line has an address where names should stand")
        }
        let found = columns.names.prefix(40).map { cut($0, toBytes: 40) }
        return refusal("\(looked); found \(list(found))")
    }

    private static func list(_ names: [String]) -> String {
        names.map { "'\($0)'" }.joined(separator: ", ")
    }

    private static func refusal(_ message: String) -> Refusal {
        Refusal(.invalid, field: "file", message)
    }
}

private func isControl(_ byte: UInt8) -> Bool {
    byte < 0x09 || (0x0E..<0x20).contains(byte) || byte == 0x7F
}

private func isBlank(_ record: CSVRecord) -> Bool {
    record.fields.allSatisfy { trimmed($0).isEmpty }
}

/// Says which lines a reader has to look at, since a stray quote joins many.
private func report(_ problem: CSVRecord.Problem, in record: CSVRecord) -> String {
    guard record.lastLine > record.line else { return problem.reason }
    return "\(problem.reason); lines \(record.line) to \(record.lastLine) were left out"
}
