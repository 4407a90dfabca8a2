// What can go wrong with the database itself, as codes a caller can act on.

/// A failure of the database, never of a rule.
///
/// Nothing was changed unless `code` is `unknown`.
public struct StoreError: Error, Hashable, Sendable {
    /// A stable name for the kind of failure.
    public struct Code: Hashable, Sendable {
        /// The name, as it appears in logs.
        public let name: String

        /// Another writer held the database for longer than the busy timeout.
        public static let busy = Code(name: "busy")
        /// The database cannot be reached or written: gone, read-only, input/output error.
        public static let unavailable = Code(name: "unavailable")
        /// The disk is full.
        public static let full = Code(name: "disk-full")
        /// A constraint or trigger refused the statement.
        public static let refused = Code(name: "refused-by-database")
        /// The file holds something this version cannot read.
        public static let corrupt = Code(name: "corrupt")
        /// The database was written by a newer version.
        public static let newer = Code(name: "newer-database")
        /// The master key is missing or does not open this database.
        public static let wrongKey = Code(name: "wrong-master-key")
        /// A backup was put back, and what was stopped after it is not stopped again yet.
        public static let restoring = Code(name: "restore-unfinished")
        /// The connection was lost during commit: done or not, nobody knows.
        public static let unknown = Code(name: "outcome-unknown")
        /// A statement is wrong; a defect of Heed.
        public static let statement = Code(name: "bad-statement")
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence for an operator, without personal data.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension StoreError: CustomStringConvertible {
    /// The code's name and the sentence.
    public var description: String { "\(code.name): \(message)" }
}
