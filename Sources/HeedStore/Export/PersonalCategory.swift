// What of a person's data is handed out to them, category by category and page by page.

package import HeedConsent

/// A value in a row that is handed out.
package enum PersonalCell: Hashable, Sendable {
    /// Nothing.
    case none
    /// Text, a time or an id.
    case text(String)
    /// A number.
    case number(Int64)
    /// Named texts.
    case object([String: String])

    init(_ text: String?) { self = text.map { .text($0) } ?? .none }
}

/// Whose data is handed out, and up to when.
package struct PersonalSpan: Sendable {
    /// The person.
    package let contact: ContactID
    /// What was written later is left out, so that all files of an export say the same.
    package let through: Timestamp

    /// Takes both.
    package init(contact: ContactID, through: Timestamp) {
        self.contact = contact
        self.through = through
    }
}

/// The last row of a page, by which the next one begins.
package struct PersonalPlace: Hashable, Sendable {
    /// A number of it.
    package var number = Int64.min
    /// Bytes of it.
    package var bytes: [UInt8] = []
    /// Words of it.
    package var text = ""

    /// Before the first row.
    package init() {}

    /// After the row that is known by these.
    package init(number: Int64 = .min, bytes: [UInt8] = [], text: String = "") {
        self.number = number
        self.bytes = bytes
        self.text = text
    }
}

/// Some rows of a category.
package struct PersonalPage: Sendable {
    /// The rows, a cell a column.
    package var rows: [[PersonalCell]]
    /// Where it goes on; nil at the end.
    package var next: PersonalPlace?

    /// Rows that are all there is.
    init(all rows: [[PersonalCell]]) { self.rows = rows }

    /// The cells of rows, some of them left out, with the place after the last one.
    package init(
        _ found: [Row],
        after place: (Row) throws(StoreError) -> PersonalPlace,
        cells: (Row) throws(StoreError) -> [PersonalCell]?
    ) throws(StoreError) {
        rows = []
        for row in found {
            if let cells = try cells(row) { rows.append(cells) }
        }
        if let last = found.last { next = try place(last) }
    }
}

/// One kind of data about a person, as it is handed out to them.
///
/// A further kind is one more entry in `all`; the JSON, the tables and the page follow from it.
package struct PersonalCategory: Sendable {
    /// What a column holds.
    package enum Form: String, Sendable {
        /// Any text.
        case text
        /// RFC 3339, UTC.
        case time
        /// A whole number.
        case number
        /// A UUID.
        case id
        /// Hexadecimal digits.
        case hash
        /// An object with texts.
        case object
    }

    /// A column.
    package struct Column: Sendable {
        /// Its name in JSON and in the table's first line.
        package let name: String
        /// What it holds.
        package let form: Form

        /// Takes both.
        package init(_ name: String, _ form: Form = .text) {
            self.name = name
            self.form = form
        }
    }

    typealias Reading =
        @Sendable (Transaction, PersonalSpan, PersonalPlace, Int64) throws(StoreError) ->
        PersonalPage

    /// Its name in JSON; the table's file is called after it.
    package let name: String
    /// Its columns.
    package let columns: [Column]
    private let read: Reading

    init(_ name: String, _ columns: [Column], _ read: @escaping Reading) {
        self.name = name
        self.columns = columns
        self.read = read
    }

    /// All that is handed out, in this order.
    package static let all: [PersonalCategory] = [
        profile, addresses, permissions, consents, formSubmissions, optOuts, optOutAnswers,
        suppressions, events, sends, requests, requestAnswers, auditTrail,
    ]

    /// The rows after a place, at most `limit`.
    package func page(
        of span: PersonalSpan,
        after place: PersonalPlace,
        limit: Int64,
        in transaction: Transaction
    ) throws(StoreError) -> PersonalPage {
        try read(transaction, span, place, limit)
    }

    /// A category whose few rows are on one page; the statement's first parameter is the person.
    init(_ name: String, _ columns: [Column], all statement: SQL) {
        self.init(name, columns) { transaction, span, _, _ throws(StoreError) in
            var rows: [[PersonalCell]] = []
            for row in try transaction.rows(statement, .id(span.contact)) {
                rows.append(try row.cells(columns))
            }
            return PersonalPage(all: rows)
        }
    }
}

extension Row {
    /// The first columns, each as its form says.
    package func cells(_ columns: [PersonalCategory.Column]) throws(StoreError) -> [PersonalCell] {
        var cells: [PersonalCell] = []
        for (index, column) in columns.enumerated() {
            switch column.form {
            case .text, .object: cells.append(PersonalCell(try optionalText(index)))
            case .time: cells.append(PersonalCell(try optionalTime(index)?.text))
            case .number: cells.append(isNull(index) ? .none : .number(try integer(index)))
            case .hash:
                cells.append(PersonalCell(try optionalBlob(index).map { hexadecimal($0) }))
            case .id:
                let id: Identifier<PersonalCell>? = try optionalID(index)
                cells.append(PersonalCell(id?.text))
            }
        }
        return cells
    }
}
