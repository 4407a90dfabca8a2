// One open PostgreSQL session: connects, runs statements, and begins and ends transactions.

import CPostgres
import Foundation
import HeedConsent
import HeedStore

/// Runs statements on a libpq session, and keeps each prepared for the next time.
///
/// What needs no answer (`post`) travels with the next statement that does, so a transaction costs
/// a round trip for each thing it reads and one for its commit, however much it writes.
///
/// It belongs to one thread and is not `Sendable`.
@safe
final class PostgresConnection: SQLConnection {
    private let session: OpaquePointer
    let pipeline: Pipeline
    private let warnings = Warnings()
    /// Rows that travel with the next other statement.
    var pendingRows = PendingRows()
    /// True after a transaction that failed for old lookup keys, until one has not.
    private(set) var hadOldKeys = false
    /// What the transaction has hashed addresses by; asked about last where it writes.
    private var keysToRequire: Int64?
    /// How often a body has changed anything, or was about to.
    var changes = 0
    /// Since when the server keeps the plans it has.
    private var plansSince = ContinuousClock.now
    /// How long it may keep them: a plan made for a small table is a bad one after an import, and
    /// the server itself notices only when it analyses the table, minutes later.
    private static let planLifetime = Duration.seconds(10)

    let dialect = Dialect.postgres

    /// Connects.
    ///
    /// - Throws: `unavailable` with libpq's words, which name hosts and roles but no secrets.
    init(_ options: PostgresOptions) throws(StoreError) {
        let session = unsafe try PostgresConnection.connect(options)
        do throws(StoreError) {
            pipeline = unsafe try Pipeline(session)
        } catch {
            unsafe PQfinish(session)
            throw error
        }
        unsafe self.session = session
        // The object is whole from here on: whatever is thrown, its end finishes the session.
        let context = unsafe Unmanaged.passUnretained(warnings).toOpaque()
        unsafe PQsetNoticeReceiver(session, { unsafe Warnings.note($0, $1) }, context)
        for setting in PostgresConnection.settings { try pipeline.send(setting, []) }
        _ = try pipeline.settle()
    }

    deinit { unsafe PQfinish(session) }

    @unsafe
    private static func connect(_ options: PostgresOptions) throws(StoreError) -> OpaquePointer {
        // What libpq says of such a string repeats all of it.
        guard options.isReadable else {
            throw .lost("the connection string cannot be read; it may hold a password")
        }
        var reasons: [Substring] = []
        for parameters in options.parametersByHost {
            let session = unsafe try start(parameters)
            if unsafe PQstatus(session) == CONNECTION_OK { return unsafe session }
            reasons += unsafe String(cString: PQerrorMessage(session)).split(separator: "\n")
            unsafe PQfinish(session)
        }
        throw .lost(reasons.joined(separator: "; "))
    }

    /// A session that is open, or says why it is not.
    @unsafe
    private static func start(
        _ parameters: [(name: String, value: String)]
    ) throws(StoreError) -> OpaquePointer {
        var names = unsafe parameters.map { unsafe UnsafePointer(strdup($0.name)) }
        var values = unsafe parameters.map { unsafe UnsafePointer(strdup($0.value)) }
        unsafe names.append(nil)
        unsafe values.append(nil)
        defer {
            while let name = unsafe names.popLast() { unsafe free(.init(mutating: name)) }
            while let value = unsafe values.popLast() { unsafe free(.init(mutating: value)) }
        }
        guard let session = unsafe PQconnectdbParams(names, values, 1) else {
            throw .lost("no memory for a connection")
        }
        return unsafe session
    }

    /// Fixes what a server, a database or a role might have been set to differently.
    private static let settings: [SQL] = [
        "SELECT set_config('search_path', 'heed, pg_temp', false)",
        // An acknowledged opt-out is on disk; stronger settings for standbys are left alone.
        "SELECT set_config('synchronous_commit', 'on', false) "
            + "WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')",
        "SELECT set_config('lock_timeout', '10s', false)",
        "SELECT set_config('idle_in_transaction_session_timeout', '60s', false)",
        // Every statement of the hot paths has an index. A plan made from old statistics, just
        // after an import, must not choose to read a whole table.
        "SELECT set_config('enable_seqscan', 'off', false)",
        // For the same reason: every join begins with a few rows and follows an index from each.
        "SELECT set_config('enable_hashjoin', 'off', false)",
        "SELECT set_config('enable_mergejoin', 'off', false)",
        // A bitmap leads to the table even where the index alone has the answer.
        "SELECT set_config('enable_bitmapscan', 'off', false)",
        "SELECT set_config('plan_cache_mode', 'force_generic_plan', false)",
        // The setting above makes estimates look dear, and compiling a plan takes longer than it.
        "SELECT set_config('jit', 'off', false)",
    ]

    /// True when the connection is gone.
    var isLost: Bool { unsafe PQstatus(session) != CONNECTION_OK }

    /// True when the server has ended an idle session; asks the socket, not the server.
    var hasBeenCut: Bool {
        // The first look may find the server's last words, and only the second the end.
        let isReadable = unsafe PQconsumeInput(session) == 1 && PQconsumeInput(session) == 1
        return !isReadable || isLost
    }

    /// The socket to wait on.
    var socket: Int32 { unsafe PQsocket(session) }

    /// Takes the words that came for LISTEN.
    func receivedNotifications() -> [String] {
        var words: [String] = []
        while let word = unsafe PQnotifies(session) {
            words.append(unsafe String(cString: word.pointee.extra))
            unsafe PQfreemem(word)
        }
        return words
    }

    /// What went wrong since the transaction began.
    var failure: ServerFailure? { pipeline.failure }

    // MARK: - Statements

    func run(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) -> [Row] {
        try writeRows()
        try pipeline.send(sql, arguments)
        return try pipeline.settle().last ?? []
    }

    func post(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) {
        changes += 1
        try writeRows()
        try pipeline.send(sql, arguments)
        if pipeline.isFull { _ = try pipeline.settle() }
    }

    func runAll(_ statements: [Statement]) throws(StoreError) -> [[Row]] {
        try writeRows()
        if !pipeline.isEmpty { _ = try pipeline.settle() }
        var answers: [[Row]] = []
        answers.reserveCapacity(statements.count)
        for statement in statements {
            try pipeline.send(statement.sql, statement.arguments)
            if pipeline.isFull { answers += try pipeline.settle() }
        }
        if !pipeline.isEmpty { answers += try pipeline.settle() }
        return answers
    }

    func runScript(_ script: String) throws(StoreError) { try pipeline.runScript(script) }

    // MARK: - Transactions

    /// Begins a transaction; the statement travels with the first of the body.
    func begin(_ mode: Transaction.Mode) throws(StoreError) {
        keysToRequire = nil
        pipeline.forgetFailure()
        pendingRows = PendingRows()
        switch mode {
        case .reading: try post("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", [])
        case .writing: try post("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE", [])
        }
        guard ContinuousClock.now - plansSince > PostgresConnection.planLifetime else { return }
        plansSince = .now
        try post("DISCARD PLANS", [])
    }

    /// Has the server refuse this transaction unless lookup keys are still as they were at `epoch`.
    ///
    /// It travels with other statements: a read's with its first, as all of them see one snapshot;
    /// a write's with its commit, when it can no longer be overtaken.
    func requireKeys(_ epoch: Int64, _ mode: Transaction.Mode) throws(StoreError) {
        switch mode {
        case .reading: try post(requireKeysStatement, [.integer(epoch)])
        case .writing: keysToRequire = epoch
        }
    }

    /// Has whoever changes lookup keys wait for the end of this transaction.
    func keepKeys() throws(StoreError) {
        // The number that `Dialect.lookupLocks` has.
        _ = try run("SELECT pg_advisory_xact_lock_shared(1751475557)", [])
    }

    /// Asks at once whether lookup keys are still as the transaction has them; `failure` tells.
    func checkKeys() {
        guard let keysToRequire else { return }
        _ = try? run(requireKeysStatement, [.integer(keysToRequire)])
    }

    /// Commits, and says so only when the server did.
    ///
    /// - Throws: `unknown` when the connection broke after the server may have got the order, or
    ///   when the server stopped waiting for its synchronous standby.
    func commit() throws(StoreError) {
        try writeRows()
        if let keysToRequire { try pipeline.send(requireKeysStatement, [.integer(keysToRequire)]) }
        let before = warnings.count
        do throws(StoreError) {
            _ = try run("COMMIT", [])
        } catch {
            // The server answers an earlier statement's failure and then lives; if it does not, it
            // may have committed and died, or have been cut off before it could say so.
            guard isLost else { throw error }
            throw StoreError(.unknown, "PostgreSQL: the connection was lost during commit")
        }
        // A transaction in which a statement failed is rolled back by COMMIT, without an error.
        guard pipeline.commandTag == "COMMIT" else {
            throw StoreError(.statement, "PostgreSQL: a failed transaction was not committed")
        }
        // Only a warning tells a commit the standby has from one whose wait was cancelled, by a
        // timeout or an operator; the next primary may not know that one.
        guard warnings.count == before else {
            throw StoreError(.unknown, "PostgreSQL: the server warned of this commit")
        }
    }

    /// Ends a transaction without effect; whatever is wrong with the connection shows later.
    func rollback() {
        hadOldKeys = failure?.hadOldKeys == true
        pendingRows = PendingRows()
        if !pipeline.isEmpty { _ = try? pipeline.settle() }
        guard unsafe PQtransactionStatus(session) != PQTRANS_IDLE else { return }
        _ = try? run("ROLLBACK", [])
    }
}

private let requireKeysStatement: SQL = "SELECT require_lookup_epoch($1)"

/// Counts what the server warns of; its words have no place to go, and may quote values.
private final class Warnings {
    private(set) var count = 0

    /// Takes a notice on the thread that reads the session.
    @unsafe
    static func note(_ context: UnsafeMutableRawPointer?, _ notice: OpaquePointer?) {
        guard let context = unsafe context,
            let severity = unsafe PQresultErrorField(notice, heed_pg_severity),
            unsafe String(cString: severity) == "WARNING"
        else { return }
        unsafe Unmanaged<Warnings>.fromOpaque(context).takeUnretainedValue().count += 1
    }
}
