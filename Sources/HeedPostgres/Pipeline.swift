// Statements on their way to the server and answers on their way back, in libpq's pipeline mode.

import CPostgres
import HeedStore

/// The queue of one session: what was sent, and what the server knows.
///
/// What is sent waits in libpq's buffer until `settle`, which is one round trip for all of it. If
/// one statement fails, the server skips those after it.
@safe
final class Pipeline {
    /// At most so many statements travel unanswered: their answers fit into a socket's buffer, so
    /// that neither side waits for the other to read.
    static let lengthMaximum = 64

    /// A statement as the server knows it.
    private struct Prepared {
        let name: String
        let types: [Oid]
    }

    /// What was sent and not answered yet.
    private enum Sent {
        /// A statement being prepared; forgotten again if the server refuses it.
        case preparation(SQL, name: String)
        /// A statement being run.
        case statement
    }

    let session: OpaquePointer
    private var statements: [SQL: Prepared] = [:]
    private var preparedCount = 0
    private var sent: [Sent] = []
    /// The server's word for the last statement that it finished, such as `COMMIT`.
    private(set) var commandTag = ""
    /// The last thing that went wrong; says whether a transaction is worth another run.
    private(set) var failure: ServerFailure?

    /// Takes an open session, which must outlive this object.
    init(_ session: OpaquePointer) throws(StoreError) {
        unsafe self.session = session
        try enter()
    }

    /// True when nothing waits for an answer.
    var isEmpty: Bool { sent.isEmpty }

    /// True when no more should be sent before answers were read.
    var isFull: Bool { sent.count >= Pipeline.lengthMaximum }

    private func enter() throws(StoreError) {
        guard unsafe PQenterPipelineMode(session) == 1 else { throw StoreError.lost("no pipeline") }
    }

    private func requireSent(_ code: Int32) throws(StoreError) {
        if code != 1 { throw StoreError.lost("the connection was lost") }
    }

    /// Queues a statement.
    func send(_ sql: SQL, _ arguments: [SQLValue]) throws(StoreError) {
        try send(sql, try Parameters(arguments), arguments.map(TypeNumber.of))
    }

    /// Queues a statement that inserts many rows.
    func send(_ insertion: Insertion, _ rows: [[SQLValue]]) throws(StoreError) {
        let parameters = try Parameters(rows, insertion.columns)
        try send(insertion.many, parameters, insertion.columns.map(TypeNumber.ofArray))
    }

    private func send(
        _ sql: SQL,
        _ parameters: Parameters,
        _ types: [Oid]
    ) throws(StoreError) {
        let name = try prepare(sql, for: types)
        let code = unsafe parameters.withPointers { count, values, lengths, formats in
            unsafe PQsendQueryPrepared(session, name, count, values, lengths, formats, 1)
        }
        try requireSent(code)
        sent.append(.statement)
    }

    /// The name of the statement as the server knows it; a NULL takes the type it had before.
    private func prepare(_ sql: SQL, for given: [Oid]) throws(StoreError) -> String {
        var types = given
        if let known = statements[sql], known.types.count == types.count {
            for index in types.indices where types[index] == TypeNumber.any {
                types[index] = known.types[index]
            }
            if known.types == types { return known.name }
        }
        preparedCount += 1
        let name = "heed\(preparedCount)"
        let code = unsafe types.withUnsafeBufferPointer { types in
            unsafe PQsendPrepare(session, name, sql.text, Int32(types.count), types.baseAddress)
        }
        try requireSent(code)
        statements[sql] = Prepared(name: name, types: types)
        sent.append(.preparation(sql, name: name))
        return name
    }

    /// Sends what is queued and reads the answers: the rows of each statement, in order.
    func settle() throws(StoreError) -> [[Row]] {
        let pending = sent
        sent = []
        var answers: [[Row]] = []
        var outcome = Outcome()
        let code = unsafe PQpipelineSync(session)
        for item in pending {
            let rows = read(into: &outcome)
            switch item {
            case .statement: answers.append(rows)
            case .preparation(let sql, let name):
                if !outcome.isDone, statements[sql]?.name == name { statements[sql] = nil }
            }
        }
        readSync()
        failure = outcome.failure ?? failure
        if outcome.failure?.isStaleStatement == true { statements = [:] }
        if let failure = outcome.failure { throw failure.error }
        try requireSent(code)
        guard unsafe PQstatus(session) == CONNECTION_OK else {
            throw StoreError.lost("the connection was lost")
        }
        if let unreadable = outcome.unreadable { throw unreadable }
        return answers
    }

    /// What came of the statements read so far.
    private struct Outcome {
        var isDone = false
        var failure: ServerFailure?
        var unreadable: StoreError?
    }

    /// Reads the answer to one statement or preparation.
    private func read(into outcome: inout Outcome) -> [Row] {
        var answer: [Row] = []
        outcome.isDone = false
        while let result = unsafe PQgetResult(session) {
            defer { unsafe PQclear(result) }
            switch unsafe PQresultStatus(result) {
            case PGRES_COMMAND_OK, PGRES_TUPLES_OK:
                outcome.isDone = true
                commandTag = unsafe String(cString: PQcmdStatus(result))
                do throws(StoreError) {
                    answer = unsafe try rows(of: result)
                } catch {
                    outcome.unreadable = error
                }
            case PGRES_PIPELINE_ABORTED: break
            default:
                if outcome.failure == nil { outcome.failure = unsafe ServerFailure(result: result) }
            }
        }
        return answer
    }

    /// Reads the end of the pipeline; a lost connection has none.
    private func readSync() {
        while let result = unsafe PQgetResult(session) {
            defer { unsafe PQclear(result) }
            if unsafe PQresultStatus(result) == PGRES_PIPELINE_SYNC { return }
        }
    }

    /// Runs a script of several statements, which only the simple protocol takes.
    func runScript(_ script: String) throws(StoreError) {
        try outside { () throws(StoreError) in
            let result = unsafe PQexec(session, script)
            defer { unsafe PQclear(result) }
            let status = unsafe PQresultStatus(result)
            if unsafe result == nil || status == PGRES_FATAL_ERROR { throw unsafe note(result) }
        }
    }

    /// Does what a pipeline does not take.
    func outside(_ work: () throws(StoreError) -> Void) throws(StoreError) {
        if !isEmpty { _ = try settle() }
        guard unsafe PQexitPipelineMode(session) == 1 else { throw StoreError.lost("no way out") }
        do throws(StoreError) {
            try work()
        } catch {
            try enter()
            throw error
        }
        try enter()
    }

    /// Notes a failure, and answers with it in Heed's words.
    func note(_ result: OpaquePointer?) -> StoreError {
        guard let result = unsafe result else { return .lost("the connection was lost") }
        let failure = unsafe ServerFailure(result: result)
        self.failure = failure
        return failure.error
    }

    /// Forgets the last failure, before a new transaction.
    func forgetFailure() { failure = nil }
}
