// SQL text that can only be written in the source, its parameters, and the rows it answers with.

package import HeedConsent

/// One SQL statement.
///
/// Only a literal makes one, so no run-time string can ever become SQL.
///
/// Parameters are `$1`, `$2`, …; the SQLite driver rewrites them to `?1`, `?2`, ….
package struct SQL: ExpressibleByStringLiteral, Hashable, Sendable {
    /// The statement.
    package let text: String
    /// Hashed once, because a statement is looked up each time it runs.
    private let textHash: Int

    /// Takes a literal.
    package init(stringLiteral literal: StaticString) { self.init(joined: literal.description) }

    /// The parameter with this number.
    static func parameter(_ number: Int) -> SQL { SQL(joined: "$\(number)") }

    /// `$1` to the one with this number.
    static func parameters(_ count: Int) -> SQL {
        SQL(joined: (1...count).map { "$\($0)" }.joined(separator: ", "))
    }

    private init(joined text: String) {
        self.text = text
        textHash = text.hashValue
    }

    /// Feeds the hash made before.
    package func hash(into hasher: inout Hasher) { hasher.combine(textHash) }

    /// Joins two pieces, so that one column list can serve many statements.
    package static func + (left: SQL, right: SQL) -> SQL { SQL(joined: left.text + right.text) }
}

/// A statement with its parameters.
package struct Statement: Hashable, Sendable {
    /// The statement.
    package let sql: SQL
    /// Its parameters, from `$1`.
    package let arguments: [SQLValue]

    /// Takes both.
    package init(_ sql: SQL, _ arguments: [SQLValue]) {
        self.sql = sql
        self.arguments = arguments
    }
}

/// A value that goes into or comes out of a statement.
package enum SQLValue: Hashable, Sendable {
    /// NULL.
    case null
    /// A 64-bit integer; times are microseconds.
    case integer(Int64)
    /// Text.
    case text(String)
    /// Bytes: ids, hashes, sealed data.
    case blob([UInt8])
    /// A set of keyed hashes of 16 bytes each, for `Dialect.isAmongKeys`; a parameter only.
    case keys([[UInt8]])
    /// Values of one column, for `Insertion.many`; a parameter only, and PostgreSQL's.
    case column(Insertion.Column, [SQLValue])

    /// An id.
    package static func id<Subject>(_ id: Identifier<Subject>) -> SQLValue { .blob(id.bytes) }
    /// An id or NULL.
    package static func id<Subject>(_ id: Identifier<Subject>?) -> SQLValue {
        id.map { .blob($0.bytes) } ?? .null
    }
    /// An instant.
    package static func time(_ time: Timestamp) -> SQLValue { .integer(time.microseconds) }
    /// An instant or NULL.
    package static func time(_ time: Timestamp?) -> SQLValue {
        time.map { .integer($0.microseconds) } ?? .null
    }
    /// Text or NULL.
    package static func text(_ text: String?) -> SQLValue { text.map { .text($0) } ?? .null }
    /// Bytes or NULL.
    package static func blob(_ bytes: [UInt8]?) -> SQLValue { bytes.map { .blob($0) } ?? .null }
}

/// One row of an answer; columns are read by position, beside the SQL that names them.
package struct Row: Hashable, Sendable {
    private let values: [SQLValue]

    /// Makes a row.
    package init(_ values: [SQLValue]) { self.values = values }

    /// The value of a column.
    package subscript(column: Int) -> SQLValue { values[column] }

    /// True when the column is NULL.
    package func isNull(_ column: Int) -> Bool { values[column] == .null }

    /// An integer.
    package func integer(_ column: Int) throws(StoreError) -> Int64 {
        guard case .integer(let value) = values[column] else { throw mismatch(column) }
        return value
    }

    /// A truth value; both engines answer 0 or 1.
    package func flag(_ column: Int) throws(StoreError) -> Bool { try integer(column) != 0 }

    /// Text.
    package func text(_ column: Int) throws(StoreError) -> String {
        guard case .text(let value) = values[column] else { throw mismatch(column) }
        return value
    }

    /// Bytes.
    package func blob(_ column: Int) throws(StoreError) -> [UInt8] {
        guard case .blob(let value) = values[column] else { throw mismatch(column) }
        return value
    }

    /// An instant.
    package func time(_ column: Int) throws(StoreError) -> Timestamp {
        Timestamp(microseconds: try integer(column))
    }

    /// An id.
    package func id<Subject>(
        _ column: Int,
        of subject: Subject.Type = Subject.self
    ) throws(StoreError) -> Identifier<Subject> {
        guard let id = Identifier<Subject>(bytes: try blob(column)) else { throw mismatch(column) }
        return id
    }

    /// Text or nil.
    package func optionalText(_ column: Int) throws(StoreError) -> String? {
        isNull(column) ? nil : try text(column)
    }

    /// Bytes or nil.
    package func optionalBlob(_ column: Int) throws(StoreError) -> [UInt8]? {
        isNull(column) ? nil : try blob(column)
    }

    /// An instant or nil.
    package func optionalTime(_ column: Int) throws(StoreError) -> Timestamp? {
        isNull(column) ? nil : try time(column)
    }

    /// An id or nil.
    package func optionalID<Subject>(
        _ column: Int,
        of subject: Subject.Type = Subject.self
    ) throws(StoreError) -> Identifier<Subject>? {
        isNull(column) ? nil : try id(column)
    }

    /// A stored word of a closed set.
    package func word<Word: RawRepresentable>(
        _ column: Int,
        as type: Word.Type = Word.self
    ) throws(StoreError) -> Word where Word.RawValue == String {
        guard let word = Word(rawValue: try text(column)) else { throw mismatch(column) }
        return word
    }

    private func mismatch(_ column: Int) -> StoreError {
        StoreError(.corrupt, "column \(column) of an answer has a value this version does not know")
    }
}
