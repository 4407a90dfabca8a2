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

/// A bar on standard error that is drawn only when somebody looks, and at most ten times a second.
struct ProgressBar {
    private let label: String
    private let started = ContinuousClock.now
    private var drawn: ContinuousClock.Instant?

    init(_ label: String) { self.label = label }

    /// Draws how far it is.
    mutating func show(_ done: Int, of all: Int, detail: String) {
        guard Terminal.isWatched else { return }
        let now = ContinuousClock.now
        if let drawn, now - drawn < .milliseconds(100), done < all { return }
        drawn = now
        let share = all == 0 ? 1 : min(1, Double(done) / Double(all))
        let filled = Int(share * 30)
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        Terminal.draw("\r\(label) \(bar) \(Int(share * 100)) %  \(detail)  ")
    }

    /// Leaves the bar's line.
    func finish() {
        if drawn != nil { Terminal.draw("\n") }
    }

    /// Whole things a second since the bar was made.
    func rate(_ count: Int) -> Int {
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        return seconds > 0 ? Int(Double(count) / seconds) : 0
    }
}
