// What the import tests share: bytes cut into chunks, and the sample Mailchimp export.

import Foundation
import HeedConsent
import HeedLists
import Testing

/// Short files as text, and what comes of them.
enum Imported {
    /// Hands `bytes` out in chunks of the size that `size` answers each time.
    static func chunks(
        of bytes: [UInt8],
        size: @escaping () -> Int = { 1 << 16 }
    ) -> () throws -> [UInt8]? {
        var position = 0
        return {
            guard position < bytes.count else { return nil }
            let end = min(bytes.count, position + size())
            defer { position = end }
            return Array(bytes[position..<end])
        }
    }

    static func chunks(of text: String) -> () throws -> [UInt8]? { chunks(of: Array(text.utf8)) }

    static func items(
        of text: String,
        format: ImportFormat = .auto,
        fileName: String? = nil
    ) throws -> [ImportItem] {
        var reader = try ImportReader(
            format: format,
            fileName: fileName,
            // What a list without a status is of, somebody has to say.
            status: .subscribed,
            chunk: chunks(of: text)
        )
        var items: [ImportItem] = []
        while let item = try reader.next() { items.append(item) }
        return items
    }

    /// The only row of a file, or nil when it is not one valid row.
    static func row(of text: String, format: ImportFormat = .auto) throws -> ImportRow? {
        let items = try items(of: text, format: format)
        guard items.count == 1, case .row(let row)? = items.first else { return nil }
        return row
    }

    /// Why the only row of a file is invalid, or nil when it is not one invalid row.
    static func reason(of text: String, format: ImportFormat = .auto) throws -> String? {
        let items = try items(of: text, format: format)
        guard items.count == 1, case .invalid(_, let reason)? = items.first else { return nil }
        return reason
    }

    /// The refusal with which a file is turned away, or nil when it is read.
    static func refusal(
        of text: String,
        format: ImportFormat = .auto,
        fileName: String? = nil
    ) throws -> Refusal? {
        do {
            _ = try ImportReader(format: format, fileName: fileName, chunk: chunks(of: text))
            return nil
        } catch let refusal as Refusal {
            return refusal
        }
    }
}

/// One file of the sample Mailchimp export, as rows and the lines of the invalid ones.
struct SampleExport {
    let bytes: [UInt8]
    private(set) var rows: [ImportRow] = []
    private(set) var invalidLines: [Int] = []
    private(set) var reasons: [String] = []

    init(_ kind: String) throws {
        let root = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in
            url.deletingLastPathComponent()
        }
        let file = root.appending(path: "Sources/HeedCLI/Demo/Fixtures/mailchimp-\(kind).csv")
        bytes = Array(try Data(contentsOf: file))
        var reader = try ImportReader(format: .auto, chunk: Imported.chunks(of: bytes))
        #expect(reader.format == .mailchimp)
        while let item = try reader.next() {
            switch item {
            case .row(let row): rows.append(row)
            case .invalid(let line, let reason), .passedOver(let line, let reason):
                invalidLines.append(line)
                reasons.append(reason)
            }
        }
        #expect(reader.bytesRead == bytes.count)
    }

    /// How many rows have each status.
    var statuses: [ImportRow.Status: Int] {
        Dictionary(grouping: rows, by: \.status).mapValues(\.count)
    }
}
