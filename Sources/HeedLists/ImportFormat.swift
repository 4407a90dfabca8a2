// Reads an imported file row by row, in the format it names or the one its header line shows.

import HeedConsent

/// The programs whose files can be read.
package enum ImportFormat: String, CaseIterable, Sendable {
    /// Whichever the header line shows.
    case auto
    /// One of the files of a Mailchimp audience export.
    case mailchimp
    /// listmonk's import file, or its export of subscribers.
    case listmonk
    /// Keila's export of contacts.
    case keila
    /// Mailgun's unsubscribes or bounces.
    case mailgun
    /// SparkPost's suppression list.
    case sparkpost
    /// SendGrid's lists, which say by a name of their own only what they are.
    case sendgrid
    /// Amazon SES' account suppression list.
    case ses
    /// Mandrill's rejection denylist.
    case mandrill
    /// Dittofeed's subscription group.
    case dittofeed
    /// A list with Mautic's "do not contact" column.
    case mautic
    /// MailUp's export with dates of leaving.
    case mailup
    /// promio.net's list of those who left.
    case promio
    /// Cloudflare's suppression list, which has no header line.
    case cloudflare
    /// Any list with a header line.
    case csv

    /// The format of a file with this header line.
    static func detect(_ columns: ImportColumns) -> ImportFormat {
        if MailchimpFormat.wrote(columns) { return .mailchimp }
        return SystemFormat.layouts.first { $0.isShown(by: columns) }?.format ?? .csv
    }
}

/// A file being imported: every record after the header line is an item, except blank ones.
package struct ImportReader {
    private enum Parser {
        case mailchimp(MailchimpFormat)
        case system(SystemFormat)
        case csv(PlainCSVFormat)
    }

    /// The format the file is read in, never `auto`.
    package let format: ImportFormat
    private let parser: Parser
    private let given: ImportRow.Status?
    private var csv: CSVReader
    /// The first record of a file without a header line.
    private var first: CSVRecord?

    /// Reads the header line.
    ///
    /// - Parameters:
    ///   - format: what the file is, or `auto`.
    ///   - fileName: the file's name, where there is one: some exports differ in nothing else.
    ///   - delimiter: what stands between two fields; nil for what the first line shows.
    ///   - status: what the rows are that say nothing else.
    ///   - chunk: hands out the file's bytes and answers nil at its end.
    /// - Throws: `Refusal` naming "file" when no address can be found, else what `chunk` throws.
    package init(
        format: ImportFormat,
        fileName: String? = nil,
        delimiter: UInt8? = nil,
        status: ImportRow.Status? = nil,
        chunk: @escaping () throws -> [UInt8]?
    ) throws {
        let (begun, shown) = try CSVReader.begin(chunk)
        csv = CSVReader(chunk: begun, delimiter: delimiter ?? shown)
        given = status
        if format == .cloudflare {
            let names = ImportColumns(header: ["email", "expires", "scope"])
            self.format = format
            parser = .system(try ImportReader.system(format, names, status))
            first = try csv.next()
            return
        }
        let columns = try ImportReader.header(&csv)
        self.format = format == .auto ? ImportFormat.detect(columns) : format
        switch self.format {
        case .mailchimp:
            parser = .mailchimp(try ImportReader.mailchimp(columns, fileName, status))
        case .csv, .auto:
            guard !SystemFormat.isOfTelephones(columns) else {
                throw ImportReader.refusal("this is a list of telephone numbers, not of addresses")
            }
            guard let plain = PlainCSVFormat(columns: columns) else {
                throw ImportReader.noAddress(PlainCSVFormat.addressNames, in: columns)
            }
            guard status != nil || plain.saysWhatItIsOf else {
                throw ImportReader.unclear("this list has no column with a status")
            }
            parser = .csv(plain)
        default: parser = .system(try ImportReader.system(self.format, columns, status))
        }
    }

    /// True for a file of people who left or cannot be reached: it is taken before files of
    /// consents.
    package var isListOfNo: Bool {
        switch parser {
        case .mailchimp(let mailchimp): mailchimp.kind != .subscribed
        case .system(let system): system.isListOfNo
        case .csv: given.map { $0 != .subscribed } ?? false
        }
    }

    /// How many bytes were read so far, for progress.
    package var bytesRead: Int { csv.bytesRead }

    /// The next item, or nil at the end; throws only what the source of bytes throws.
    package mutating func next() throws -> ImportItem? {
        while let record = try nextRecord() {
            if let problem = record.problem {
                return .invalid(line: record.line, reason: report(problem, in: record))
            }
            if !isBlank(record) { return item(record) }
        }
        return nil
    }

    private mutating func nextRecord() throws -> CSVRecord? {
        if let record = first {
            first = nil
            return record
        }
        return try csv.next()
    }

    private func item(_ record: CSVRecord) -> ImportItem {
        do throws(InvalidRow) {
            switch parser {
            case .mailchimp(let format): return .row(try format.row(record).saying(given))
            case .system(let format): return .row(try format.row(record).saying(given))
            case .csv(let format): return .row(try format.row(record).saying(given))
            }
        } catch {
            return .invalid(line: record.line, reason: error.reason)
        }
    }
}

extension ImportReader {
    /// Mailchimp's fourth file has the columns of the first, and people who never opted in.
    private static func mailchimp(
        _ columns: ImportColumns,
        _ fileName: String?,
        _ status: ImportRow.Status?
    ) throws(Refusal) -> MailchimpFormat {
        guard fileName.map({ !MailchimpFormat.isOfNonSubscribed($0) }) ?? true else {
            throw refusal("people in Mailchimp's non-subscribed file never opted in; leave it out")
        }
        guard let format = MailchimpFormat(columns: columns) else {
            throw noAddress(MailchimpFormat.addressNames, in: columns)
        }
        let isOfStops = fileName.map(MailchimpFormat.isOfStops) ?? false
        if status == nil, format.kind == .subscribed, isOfStops {
            throw unclear("the file's name says that these people left, its columns do not")
        }
        return format
    }

    /// A list that does not say what it is of might be one of stops, so nobody guesses a yes.
    private static func unclear(_ why: String) -> Refusal {
        Refusal(
            .missing,
            field: "status",
            "\(why); say what its rows are: subscribed, unsubscribed, complained or cleaned"
        )
    }

    private static func system(
        _ format: ImportFormat,
        _ columns: ImportColumns,
        _ status: ImportRow.Status?
    ) throws(Refusal) -> SystemFormat {
        let layouts = SystemFormat.layouts.filter { $0.format == format }
        guard let layout = layouts.first(where: { $0.isShown(by: columns) }) ?? layouts.last else {
            throw refusal("files of \(format.rawValue) cannot be read")
        }
        if case .given = layout.status, status == nil {
            throw Refusal(
                .missing,
                field: "status",
                "lists of \(format.rawValue) do not say what they are of: subscribed, "
                    + "unsubscribed, complained or cleaned"
            )
        }
        guard let system = SystemFormat(layout, columns: columns) else {
            throw noAddress(layout.address, in: columns)
        }
        return system
    }

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
