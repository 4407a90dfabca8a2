// Output for people and for programs: answers to standard output, everything else to standard
// error.

import Foundation

/// The two streams of a command.
enum Terminal {
    /// Writes one line of complaint.
    static func complain(_ message: String) {
        note("heed: " + message.replacing("\n", with: " "))
    }

    /// Writes a line to standard error.
    static func note(_ line: String) { draw(line + "\n") }

    /// Writes text to standard error; nobody can be told that nobody listens there.
    static func draw(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// One line of JSON, its members sorted.
    static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    /// Prints a value as JSON: on one line, its members sorted.
    static func print(json value: some Encodable) throws { Swift.print(try json(value)) }

    /// True when somebody looks at standard error.
    static var isWatched: Bool { isatty(STDERR_FILENO) == 1 }

    /// Prints columns under their headings, as wide as they need to be.
    static func print(table rows: [[String]], headings: [String]) {
        for line in lines(table: rows, headings: headings) { Swift.print(line) }
    }

    /// The lines of a table, without spaces at their ends.
    static func lines(table rows: [[String]], headings: [String]) -> [String] {
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            return cells.joined(separator: "  ").replacing(#/ +$/#, with: "")
        }
    }
}
