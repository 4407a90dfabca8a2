// Every file that goes out is read back by the importer, and says the same of everybody in it.

import HeedConsent
import Testing

@testable import HeedLists

@Suite("Export formats")
struct ExportFormatTests {
    private static let time = Timestamp(seconds: 1_738_400_000)

    private func row(_ status: ExportStatus) -> ExportRow {
        var row = ExportRow(address: "\(status.rawValue)@mail.example", status: status)
        row.at = ExportFormatTests.time
        row.region = "US-CA"
        row.externalID = "crm-\(status.rawValue)"
        row.evidence.ip = "192.0.2.1"
        return row
    }

    /// What the importer makes of a file, by address; nil for a row it does not take.
    private func read(
        _ text: String,
        as format: ExportFormat
    ) throws -> [String: ImportRow] {
        var bytes: [UInt8]? = Array(text.utf8)
        // Two tell who stopped, and no more; that the others agreed, somebody has to say.
        let tellsStops = [.mautic, .mailup].contains(format.format)
        let given =
            format.format == .sendgrid ? format.file?.rawValue : tellsStops ? "subscribed" : nil
        var reader = try ImportReader(
            // Only a file without a header line has to be named.
            format: [.cloudflare, .sendgrid].contains(format.format) ? format.format : .auto,
            status: given.flatMap { ImportRow.Status(rawValue: $0) }
        ) {
            defer { bytes = nil }
            return bytes
        }
        #expect(reader.format == format.format)
        var rows: [String: ImportRow] = [:]
        while let item = try reader.next() {
            if case .row(let row) = item { rows[row.address.delivery] = row }
        }
        return rows
    }

    /// What a format cannot tell apart from another "no".
    private static func isAsGood(_ read: ImportRow.Status, as written: ExportStatus) -> Bool {
        switch written {
        case .subscribed: read == .subscribed
        case .pending: false
        case .unsubscribed, .complained, .cleaned: read != .subscribed
        }
    }

    @Test(arguments: ExportFormat.all.indices)
    func whatGoesOutComesIn(_ index: Int) throws {
        let format = ExportFormat.all[index]
        var text = format.header
        for status in ExportStatus.allCases { text += format.line(row(status)) ?? "" }
        let rows = try read(text, as: format)
        for status in ExportStatus.allCases {
            let found = rows["\(status.rawValue)@mail.example"]
            guard format.statuses.contains(status), status != .pending else {
                #expect(found == nil, "\(format.format) \(status)")
                continue
            }
            let read = try #require(found, "\(format.format) \(status)")
            #expect(ExportFormatTests.isAsGood(read.status, as: status), "\(status)")
            if let decidedAt = read.decidedAt { #expect(decidedAt == ExportFormatTests.time) }
        }
    }

    @Test(arguments: ["csv", "mailchimp"])
    func theTwoWithMostToSayLoseNothing(_ name: String) throws {
        for status in [ExportStatus.subscribed, .unsubscribed, .complained, .cleaned] {
            let file = status == .complained && name == "mailchimp" ? .unsubscribed : status
            let format = try ExportFormat.named(name, status: file.rawValue)
            guard format.statuses.contains(status) else { continue }
            let text = format.header + (format.line(row(status)) ?? "")
            let read = try #require(try self.read(text, as: format).values.first)
            #expect(read.status.rawValue == status.rawValue)
            #expect(read.decidedAt == ExportFormatTests.time)
            #expect(read.region == "US-CA")
            if status == .subscribed { #expect(read.evidence.ip == "192.0.2.1") }
        }
    }

    @Test func everyFormatThatComesInGoesOut() {
        let written = Set(ExportFormat.all.map(\.format))
        #expect(written == Set(ImportFormat.allCases).subtracting([.auto]))
    }

    /// A row of MailUp's without a date would be a yes.
    @Test func aStopWithoutATimeIsStillAStop() throws {
        for format in ExportFormat.all {
            for status in format.statuses where status != .pending && status != .subscribed {
                let row = ExportRow(address: "a@mail.example", status: status)
                let text = format.header + (format.line(row) ?? "")
                let read = try #require(try self.read(text, as: format).values.first)
                #expect(read.status != .subscribed, "\(format.format) \(status)")
            }
        }
    }

    @Test(
        arguments: [
            ("nothing", nil, "format"), ("auto", nil, "format"), ("mailchimp", nil, "status"),
            ("mailchimp", "pending", "status"), ("csv", "gone", "status"),
            ("ses", "pending", "status"),
        ] as [(String, String?, String)]
    )
    func whatCannotBeWrittenIsRefusedByName(_ name: String, _ status: String?, _ field: String) {
        #expect {
            _ = try ExportFormat.named(name, status: status)
        } throws: {
            ($0 as? Refusal)?.field == field
        }
    }
}
