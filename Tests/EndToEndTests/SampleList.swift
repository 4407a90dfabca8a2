// The sample export's rows, read without Heed's own reader.

import Foundation

/// One CSV file of the sample export.
struct SampleList {
    /// A value for each name of the header line.
    let rows: [[String: String]]

    init(_ path: String) throws {
        var records = SampleList.records(
            try String(contentsOf: URL(filePath: path), encoding: .utf8)
        )
        let names = records.removeFirst()
        rows = records.map { Dictionary(zip(names, $0)) { first, _ in first } }
    }

    /// Addresses as they are compared.
    var matches: Set<String> {
        Set(rows.compactMap { $0["Email Address"]?.lowercased() }.filter { $0.contains("@") })
    }

    /// Every cell of these columns that is not empty.
    func cells(_ names: [String]) -> Set<String> {
        Set(rows.flatMap { row in names.compactMap { row[$0] } }.filter { !$0.isEmpty })
    }

    private static func records(_ text: String) -> [[String]] {
        var records: [[String]] = []
        var fields = [""]
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: fields.append("")
            case _ where character.isNewline && !isQuoted:
                records.append(fields)
                fields = [""]
            default: fields[fields.count - 1].append(character)
            }
        }
        return records.filter { $0 != [""] }
    }
}
