// The one error by which a rule says no: a stable code, the field it is about and a sentence for
// people.

/// Why a command was refused.
///
/// Nothing was changed.
///
/// `code` is stable and mapped to an HTTP status in one table (HeedServer/Problem.swift); `message`
/// is for people and carries no personal data, so it may be logged.
public struct Refusal: Error, Hashable, Sendable {
    /// A stable name for the kind of refusal.
    public struct Code: Hashable, Sendable {
        /// The name as it appears in problem documents.
        public let name: String

        /// A field is missing.
        public static let missing = Code(name: "missing-field")
        /// A field has a value that cannot be used.
        public static let invalid = Code(name: "invalid-field")
        /// A field nobody knows.
        public static let unknownField = Code(name: "unknown-field")
        /// The named thing does not exist.
        public static let notFound = Code(name: "not-found")
        /// The named thing exists already and differs.
        public static let conflict = Code(name: "conflict")
        /// The person said no, and this act is not enough to lift it.
        public static let optedOut = Code(name: "opted-out")
        /// The input is larger than a stated limit.
        public static let tooLarge = Code(name: "too-large")
        /// As much as can wait is waiting; it can be asked again later.
        public static let busy = Code(name: "busy")
        /// There is no room for it now; it can be sent again.
        public static let notStored = Code(name: "not-stored")
        /// The body could not be read at all.
        public static let malformed = Code(name: "malformed-body")
        /// An Idempotency-Key came back with another request.
        public static let keyReused = Code(name: "idempotency-key-reused")
        /// What people were shown is not what holds now.
        public static let outdated = Code(name: "outdated-policy")
        /// There is no mail server to send by.
        public static let noMail = Code(name: "no-mail")
        /// The other system has no way to be asked for a list.
        public static let noListing = Code(name: "no-listing")
    }

    /// The kind of refusal.
    public let code: Code
    /// The field or option it is about, as the caller spelled it.
    public let field: String?
    /// One sentence that says what is wrong and what would be right.
    public let message: String

    /// Makes a refusal.
    public init(_ code: Code, field: String? = nil, _ message: String) {
        self.code = code
        self.field = field
        self.message = message
    }
}

extension Refusal: CustomStringConvertible {
    /// The field, if any, and the sentence.
    public var description: String { field.map { "\($0): \(message)" } ?? message }
}

extension Refusal {
    /// Refuses a page of a list with none on it, or with more than one answer may hold.
    ///
    /// - Throws: `invalid`, naming `limit`.
    package static func checkPage<Count: BinaryInteger>(
        of limit: Count,
        atMost maximum: Count
    ) throws(Refusal) {
        guard (1...maximum).contains(limit) else {
            throw Refusal(.invalid, field: "limit", "this has to be from 1 to \(maximum)")
        }
    }
}
