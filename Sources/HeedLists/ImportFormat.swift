// Reads an imported file row by row, in the format it names or the one its header line shows.

package import HeedConsent

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
    /// Amazon SES' account suppression list, and the JSON of its contact lists.
    case ses
    /// Mandrill's rejection denylist.
    case mandrill
    /// Dittofeed's subscription group.
    case dittofeed
    /// A list with Mautic's "do not contact" column.
    case mautic
    /// MailUp's export with dates of leaving.
    case mailup
    /// Telnyx' list of opt-outs, of addresses.
    case telnyx
    /// promio.net's list of those who left.
    case promio
    /// Cloudflare's suppression list, which has no header line.
    case cloudflare
    /// Any list with a header line.
    case csv

    /// The format of a file with this header line.
    static func detect(_ columns: ImportColumns) -> ImportFormat {
        if MailchimpFormat.wrote(columns) { return .mailchimp }
        let shown = SystemFormat.layouts.first { $0.isShown(by: columns) }?.format ?? .csv
        // One column makes these two theirs, and says only who stopped.
        return [.mautic, .mailup].contains(shown) && PlainCSVFormat.tellsYes(columns) ? .csv : shown
    }
}

/// A file being imported: every record after the header line is an item, except blank ones.
package struct ImportReader {
    private enum Parser {
        case mailchimp(MailchimpFormat)
        case system(SystemFormat)
        case csv(PlainCSVFormat)
        case contacts(SESContacts)
    }

    /// The format the file is read in, never `auto`.
    package let format: ImportFormat
    private let parser: Parser
    /// Where a program's file may tell a stop in words that are not its own.
    private var stops: StopColumns?
    /// How many columns the header line has; nil for a file without one.
    private var width: Int?
    private let given: ImportRow.Status?
    private var csv: CSVReader
    /// The first record, when it had to be read to know what the file is.
    private var first: CSVRecord?
    /// The objects of a file in JSON, and the first of them.
    private var objects: JSONRecords?
    private let firstObject: JSONRecord?
    private var hasReadFirst = false

    /// Reads the header line, or the first object of a file in JSON.
    ///
    /// - Parameters:
    ///   - format: what the file is, or `auto`.
    ///   - fileName: the file's name, where there is one: some exports differ in nothing else.
    ///   - delimiter: what stands between two fields; nil for what the first line shows.
    ///   - status: what the rows are that say nothing else.
    ///   - topic: the topic the rows are asked about where people chose among topics.
    ///   - notAfter: a yes of after this is a mistake; nil where nobody knows what time it is.
    ///   - chunk: hands out the file's bytes and answers nil at its end.
    /// - Throws: `Refusal` naming "file" when no address can be found, else what `chunk` throws.
    package init(
        format: ImportFormat,
        fileName: String? = nil,
        delimiter: UInt8? = nil,
        status: ImportRow.Status? = nil,
        topic: String = "",
        notAfter: Timestamp? = nil,
        chunk: @escaping () throws -> [UInt8]?
    ) throws {
        let (all, begin) = try ImportReader.beginning(chunk)
        let (begun, shown) = try CSVReader.begin(all)
        csv = CSVReader(chunk: begun, delimiter: delimiter ?? shown)
        given = status
        if let begin, begin == UInt8(ascii: "{") || begin == UInt8(ascii: "[") {
            guard format == .auto || format == .ses else {
                throw ImportReader.refusal("this is JSON; only lists of ses are read as JSON")
            }
            self.format = .ses
            var objects = JSONRecords(members: SESContacts.members, chunk: begun)
            firstObject = try objects.next()
            self.objects = objects
            parser = .contacts(SESContacts(topic: topic, given: status, notAfter: notAfter))
            return
        }
        firstObject = nil
        let header = format == .cloudflare ? try csv.next() : try ImportReader.header(&csv)
        if format == .auto || format == .ses, let header, isOfSES(header) {
            let names = ImportColumns(header: ["emailaddress", "reason"])
            self.format = .ses
            parser = .system(try ImportReader.system(.ses, names, status))
            first = header
            return
        }
        if format == .cloudflare || format == .auto && header.map(isOfCloudflare) ?? false {
            let names = ImportColumns(header: ["email", "expires", "scope"])
            self.format = .cloudflare
            parser = .system(try ImportReader.system(.cloudflare, names, status))
            first = header
            return
        }
        let columns = ImportColumns(header: header?.fields ?? [], notAfter: notAfter)
        if SystemFormat.mayBeOfTelephones(columns) {
            first = try csv.next()
            try ImportReader.refuseTelephones(first, columns)
        }
        let known = ImportFormat.detect(columns)
        guard format == .auto || format == .csv || known == .csv || known == format else {
            throw ImportReader.refusal(
                "its columns are those of \(known.rawValue), not of \(format.rawValue)"
            )
        }
        self.format = format == .auto ? known : format
        width = columns.names.count
        stops = StopColumns(columns, topic: topic)
        parser = try ImportReader.parser(self.format, columns, fileName, status)
    }

    private static func parser(
        _ format: ImportFormat,
        _ columns: ImportColumns,
        _ fileName: String?,
        _ status: ImportRow.Status?
    ) throws -> Parser {
        switch format {
        case .mailchimp: return .mailchimp(try mailchimp(columns, fileName, status))
        case .csv, .auto:
            guard let plain = PlainCSVFormat(columns: columns, given: status) else {
                throw noAddress(PlainCSVFormat.addressNames, in: columns)
            }
            guard status != nil || plain.saysWhatItIsOf else {
                throw unclear("this list has no column with a status")
            }
            return .csv(plain)
        default: return .system(try system(format, columns, status))
        }
    }

    /// True for a file of people who left or cannot be reached: it is taken before files of
    /// consents.
    package var isListOfNo: Bool {
        switch parser {
        case .mailchimp(let mailchimp): mailchimp.kind != .subscribed
        case .system(let system): system.isListOfNo
        case .csv: given.map { $0 != .subscribed } ?? false
        case .contacts: firstObject.map(SESContacts.isSuppressed) ?? false
        }
    }

    /// How many bytes were read so far, for progress.
    package var bytesRead: Int { objects?.bytesRead ?? csv.bytesRead }

    /// The next item, or nil at the end; throws only what the source of bytes throws.
    package mutating func next() throws -> ImportItem? {
        if case .contacts(let contacts) = parser { return try nextObject(of: contacts) }
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

    private mutating func nextObject(of contacts: SESContacts) throws -> ImportItem? {
        guard let record = try hasReadFirst ? objects?.next() : firstObject else { return nil }
        hasReadFirst = true
        if let problem = record.problem { return .invalid(line: record.line, reason: problem) }
        do throws(InvalidRow) {
            return .row(try contacts.row(record).saying(given))
        } catch {
            return ImportReader.item(error, line: record.line)
        }
    }

    private static func item(_ error: InvalidRow, line: Int) -> ImportItem {
        guard error.isPassedOver else { return .invalid(line: line, reason: error.reason) }
        return .passedOver(line: line, reason: error.reason)
    }

    private func item(_ record: CSVRecord) -> ImportItem {
        do throws(InvalidRow) {
            // A comma too many moves what follows into another column.
            if let width, record.fields.dropFirst(width).contains(where: { !trimmed($0).isEmpty }) {
                throw InvalidRow("the row has more fields than the header line")
            }
            let told = told(in: record.fields)
            let row: ImportRow
            switch parser {
            case .mailchimp(let format): row = try format.row(record)
            case .system(let format):
                row = try format.row(record, isStopped: (try? told.get()) != nil)
            case .csv(let format): row = try format.row(record)
            case .contacts: throw InvalidRow("this is no JSON")
            }
            if row.status == .subscribed {
                if let stop = try told.get() { return .row(row.stopped(by: stop).saying(given)) }
                try requireWhole(record.fields)
            }
            return .row(row.saying(given))
        } catch {
            return ImportReader.item(error, line: record.line)
        }
    }
}

extension ImportReader {
    /// The stop that a row tells beside its program's own word, or why nobody can tell.
    private func told(in fields: [String]) -> Result<StopColumns.Stop?, InvalidRow> {
        // A list of common names looks by itself, as a yes may have followed the stop.
        guard format != .csv, let stops else { return .success(nil) }
        return Result { () throws(InvalidRow) in try stops.stop(in: fields) }
    }

    /// Refuses a yes whose row ends before what may tell a stop.
    private func requireWhole(_ fields: [String]) throws(InvalidRow) {
        guard let stops, stops.isCutOff(in: fields) else { return }
        throw InvalidRow("\(stops.name ?? "status"): the row ends before what may tell a stop")
    }

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
        guard status == nil, format.kind == .subscribed else { return format }
        guard MailchimpFormat.wrote(columns) else {
            throw unclear("these are not the columns of a file of Mailchimp")
        }
        if let fileName, !MailchimpFormat.isOfSubscribers(fileName) {
            throw unclear(
                "Mailchimp says by a file's name alone who is in it, and this one does not"
            )
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
        guard let system = SystemFormat(layout, columns: columns, given: status) else {
            throw noAddress(layout.address, in: columns)
        }
        guard status != nil || layout.saysWhatItIsOf(columns) else {
            throw unclear("this list of \(format.rawValue) does not say who is on it")
        }
        return system
    }

    /// The bytes again, and the first of them that is no white space.
    private static func beginning(
        _ chunk: @escaping () throws -> [UInt8]?
    ) throws -> (chunk: () throws -> [UInt8]?, first: UInt8?) {
        var bytes: [UInt8] = []
        var first: UInt8?
        while first == nil, bytes.count < 4096, let more = try chunk() {
            bytes += more
            let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
            first = bytes.first { !mark.contains($0) && $0 > UInt8(ascii: " ") }
        }
        var begun: [UInt8]? = bytes.isEmpty ? nil : bytes
        return (
            {
                guard let held = begun else { return try chunk() }
                begun = nil
                return held
            }, first
        )
    }

    private static func refuseTelephones(
        _ first: CSVRecord?,
        _ columns: ImportColumns
    ) throws(Refusal) {
        let to = first.flatMap { columns.column(["to"]).cell(in: $0.fields) }
        guard to?.text.contains("@") ?? true else {
            throw refusal("this is a list of telephone numbers, not of addresses")
        }
    }

    private static func header(_ csv: inout CSVReader) throws -> CSVRecord {
        while let record = try csv.next() {
            if let problem = record.problem {
                throw refusal("the header line cannot be read: \(problem.reason)")
            }
            if isBlank(record) { continue }
            // Control bytes stand in archives and in UTF-16, never in the header of a list.
            guard !record.fields.contains(where: { $0.utf8.contains(where: isControl) }) else {
                throw refusal("not a text file in UTF-8; unpack an archive, or save as UTF-8")
            }
            return record
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

/// True for a first line that is an entry of an SES suppression job: address, reason.
private func isOfSES(_ record: CSVRecord) -> Bool {
    let cells = record.fields.map(trimmed)
    return cells.count == 2 && ["BOUNCE", "COMPLAINT"].contains(cells[1].uppercased())
        && (try? Address(email: cells[0], field: "email")) != nil
}

/// True for a first line that is an entry of Cloudflare's list: address, end, place.
///
/// A line with an address alone may be of anybody's list, so nobody guesses there.
private func isOfCloudflare(_ record: CSVRecord) -> Bool {
    let cells = record.fields.map(trimmed)
    guard cells.count == 3, (try? Address(email: cells[0], field: "email")) != nil else {
        return false
    }
    let isPlace = cells[2].isEmpty || cells[2] == "account" || cells[2].contains(".")
    return isPlace && !cells[2].contains("@")
        && (cells[1].isEmpty || Timestamp(text: cells[1]) != nil)
}
