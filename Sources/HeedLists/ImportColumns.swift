// The header line of an imported file, so that columns are found by name and never by position.

package import HeedConsent

/// Which columns a file has.
///
/// Names are compared without regard to case, surrounding space, and to whether words are joined by
/// a space, `-` or `_`.
package struct ImportColumns: Sendable {
    /// The names as the file spells them.
    package let names: [String]
    private let positions: [String: [Int]]
    private let notAfter: Timestamp?

    /// Reads the fields of a header line; a yes of after `notAfter` is a mistake.
    package init(header: [String], notAfter: Timestamp? = nil) {
        self.notAfter = notAfter
        names = header.map(trimmed)
        positions = Dictionary(grouping: names.indices) { [names] in folded(names[$0]) }
    }

    /// True when a column has this name.
    package func contains(_ name: String) -> Bool { positions[folded(name)] != nil }

    /// The columns with any of these names, those with the first name first; repeats are kept.
    package func column(_ names: [String]) -> ImportColumn {
        let found = names.flatMap { positions[folded($0)] ?? [] }
        return ImportColumn(places: found.map { ($0, self.names[$0]) }, notAfter: notAfter)
    }

    /// The columns with the first of these names that the file has.
    package func firstColumn(of names: [String]) -> ImportColumn {
        column(names.first(where: contains).map { [$0] } ?? [])
    }
}

/// One thing a row may say, and the columns that may say it, best first.
package struct ImportColumn: Sendable {
    /// A value, and the column it stood in as the file spells it.
    package struct Cell: Hashable, Sendable {
        /// The value without surrounding space, never empty.
        package let text: String
        /// The column's name.
        package let column: String
    }

    fileprivate let places: [(position: Int, name: String)]
    fileprivate let notAfter: Timestamp?

    /// True when the file has no such column.
    package var isAbsent: Bool { places.isEmpty }

    /// The first column's name.
    package var name: String? { places.first?.name }

    /// The first value that is not empty; a row that is too short has none.
    package func cell(in fields: [String]) -> Cell? {
        for (position, name) in places where position < fields.count {
            let text = trimmed(fields[position])
            if !text.isEmpty { return Cell(text: text, column: name) }
        }
        return nil
    }

    /// All values that are not empty.
    func cells(in fields: [String]) -> [Cell] {
        places.compactMap { position, name in
            guard position < fields.count else { return nil }
            let text = trimmed(fields[position])
            return text.isEmpty ? nil : Cell(text: text, column: name)
        }
    }

    /// True when the row ends before the column.
    func isCutOff(in fields: [String]) -> Bool {
        places.contains { $0.position >= fields.count }
    }

    /// The text of `cell(in:)`.
    package func text(in fields: [String]) -> String? { cell(in: fields)?.text }

    /// The same, or nil when it is longer than its place in the evidence allows.
    package func text(in fields: [String], atMost bytes: Int) -> String? {
        text(in: fields).flatMap { $0.utf8.count > bytes ? nil : $0 }
    }

    /// The instant a row names, nil when it names none.
    package func time(in fields: [String]) throws(InvalidRow) -> Timestamp? {
        guard let cell = cell(in: fields) else { return nil }
        guard let time = ListTime(cell.text) else {
            throw InvalidRow("\(cell.column): not a time such as 2026-01-31 09:30:00")
        }
        return time.time
    }

    /// The latest of the instants a row names; nil when nobody can read any.
    ///
    /// For stops, which are never turned away: a time nobody can read is only an unknown one.
    func latestTime(in fields: [String]) -> ListTime? {
        cells(in: fields).compactMap { ListTime($0.text) }.max { $0.latest < $1.latest }
    }

    /// The same of a yes, which nobody gives tomorrow.
    ///
    /// A stop is kept whatever its time.
    package func pastTime(in fields: [String]) throws(InvalidRow) -> Timestamp? {
        guard let time = try time(in: fields) else { return nil }
        guard let notAfter, time > notAfter else { return time }
        throw InvalidRow("\(cell(in: fields)?.column ?? "time"): this time is in the future")
    }

    /// The address a row is about.
    package func address(in fields: [String]) throws(InvalidRow) -> Address {
        let cell = cell(in: fields)
        do {
            return try Address(email: cell?.text ?? "", field: cell?.column ?? name ?? "email")
        } catch {
            throw InvalidRow(error.description)
        }
    }
}

/// Why a row cannot be read or is passed over, without any value of it.
package struct InvalidRow: Error, Hashable, Sendable {
    /// Names the column and says what would be right.
    package let reason: String
    /// True for a row that can be read and says nothing of what Heed keeps.
    let isPassedOver: Bool

    /// Makes a reason.
    package init(_ reason: String) {
        self.reason = reason
        isPassedOver = false
    }

    /// Makes a reason for passing the row over.
    init(passingOver reason: String) {
        self.reason = reason
        isPassedOver = true
    }
}

/// A name or a word of a closed set as it is compared.
func folded(_ text: String) -> String {
    String(trimmed(text).lowercased().map { $0 == " " || $0 == "-" ? "_" : $0 })
}

/// The text without white space around it.
func trimmed(_ text: String) -> String {
    guard let first = text.unicodeScalars.first, let last = text.unicodeScalars.last,
        first.properties.isWhitespace || last.properties.isWhitespace
    else { return text }
    let rest = text.unicodeScalars.drop { $0.properties.isWhitespace }
    guard let end = rest.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
    return String(rest[...end])
}

/// At most `limit` bytes of a text, cut where a character ends.
func cut(_ text: String, toBytes limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var size = 0
    return String(
        text.prefix { character in
            size += character.utf8.count
            return size <= limit
        }
    )
}
