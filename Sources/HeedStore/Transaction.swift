// What the body of a transaction receives: an open session, the present, and the keys.

public import HeedConsent

/// An open transaction.
///
/// It holds a reference to a session, so it is not `Sendable` and the compiler keeps it inside the
/// closure it was given to.
public struct Transaction {
    /// Whether a transaction may change anything.
    package enum Mode: Sendable {
        /// On a snapshot.
        case reading
        /// Under locks.
        case writing
    }

    package let connection: any SQLConnection
    /// Whether it may change anything.
    let mode: Mode
    /// The present, the same for the whole transaction.
    public let now: Timestamp
    package let surroundings: Surroundings
    package let vault: Vault
    /// Answers that came before they were asked for.
    let foresight: Foresight
    /// What is to be written down beside the database; nil where no journal is kept.
    let journal: JournalDraft?

    /// Opens a view on a session; for drivers.
    package init(
        connection: any SQLConnection,
        mode: Mode,
        surroundings: Surroundings,
        vault: Vault,
        foresight: Foresight = Foresight(),
        journal: JournalDraft? = nil
    ) {
        self.connection = connection
        self.mode = mode
        self.now = surroundings.now()
        self.surroundings = surroundings
        self.vault = vault
        self.foresight = foresight
        self.journal = journal
    }

    /// Another view on the same session, with answers that have come by now; for drivers.
    package func next(_ foresight: Foresight, _ journal: JournalDraft?) -> Transaction {
        Transaction(
            connection: connection,
            mode: mode,
            surroundings: surroundings,
            vault: vault,
            foresight: foresight,
            journal: journal
        )
    }

    /// A fresh id, ordered by the present.
    package func newID<Subject>(of subject: Subject.Type = Subject.self) -> Identifier<Subject> {
        Identifier(at: now, random: (surroundings.random(), surroundings.random()))
    }

    /// Fresh random bytes.
    package func randomBytes(_ count: Int) -> [UInt8] { surroundings.randomBytes(count) }

    /// Runs a statement that reads, for its rows.
    ///
    /// A room may hold statements by which it alone reads; only this one has what writes.
    package func rows(_ sql: SQL, _ arguments: SQLValue...) throws(StoreError) -> [Row] {
        try rows(Statement(sql, arguments))
    }

    /// Runs a statement for its rows.
    func rows(_ statement: Statement) throws(StoreError) -> [Row] {
        if let rows = foresight.answer(to: statement) { return rows }
        return try connection.run(statement.sql, statement.arguments)
    }

    /// Runs a statement that reads, for its first row.
    package func row(_ sql: SQL, _ arguments: SQLValue...) throws(StoreError) -> Row? {
        try rows(Statement(sql, arguments)).first
    }

    /// Runs a statement for its effect.
    func execute(_ sql: SQL, _ arguments: SQLValue...) throws(StoreError) {
        foresight.forgetAll()
        try connection.post(sql, arguments)
    }

    /// Inserts a row.
    func insert(_ row: [SQLValue], with insertion: Insertion) throws(StoreError) {
        foresight.forget()
        try connection.insert(row, with: insertion)
    }
}
