// Rows of a person's data as JSON and as lines of a table.

import HeedConsent
import HeedLists
package import HeedStore

/// Writes rows of one kind.
package struct ExportRows {
    let columns: [PersonalCategory.Column]

    /// Takes what the rows' cells are.
    package init(columns: [PersonalCategory.Column]) { self.columns = columns }

    init(category: PersonalCategory) { self.init(columns: category.columns) }

    /// The first line of the table.
    var header: String { listLine(columns.map(\.name)) + "\n" }

    /// The rows as members of a JSON array, each behind a comma but the first of all.
    package func json(_ rows: [[PersonalCell]], isFirst: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, row) in rows.enumerated() {
            bytes += Array((isFirst && index == 0 ? "\n    " : ",\n    ").utf8)
            bytes += object(row)
        }
        return bytes
    }

    /// The rows as lines, with no cell that a spreadsheet would run.
    func lines(_ rows: [[PersonalCell]]) -> [UInt8] {
        var text = ""
        for row in rows { text += listLine(row.map(ExportRows.text)) + "\n" }
        return Array(text.utf8)
    }

    /// A row as an object; what there is nothing of is left out.
    private func object(_ row: [PersonalCell]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(ascii: "{")]
        for (column, cell) in zip(columns, row) where cell != .none {
            if bytes.count > 1 { bytes += Array(", ".utf8) }
            appendQuoted(column.name, to: &bytes)
            bytes += Array(": ".utf8)
            bytes += ExportRows.value(cell)
        }
        return bytes + [UInt8(ascii: "}")]
    }

    private static func value(_ cell: PersonalCell) -> [UInt8] {
        var bytes: [UInt8] = []
        switch cell {
        case .none: bytes += Array("null".utf8)
        case .text(let text): appendQuoted(text, to: &bytes)
        case .number(let number): bytes += Array(String(number).utf8)
        case .object(let texts):
            bytes.append(UInt8(ascii: "{"))
            for (index, text) in texts.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { bytes += Array(", ".utf8) }
                appendQuoted(text.key, to: &bytes)
                bytes += Array(": ".utf8)
                appendQuoted(text.value, to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        return bytes
    }

    /// A cell of the table.
    package static func text(_ cell: PersonalCell) -> String {
        switch cell {
        case .none: ""
        case .text(let text): text
        case .number(let number): String(number)
        case .object: String(decoding: value(cell), as: UTF8.self)
        }
    }
}
