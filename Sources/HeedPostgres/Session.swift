// One session over time: it is opened when needed, and opened again when it was lost.

import Dispatch
import Foundation
import HeedConsent
import HeedStore

/// A place that holds a connection, on one thread.
final class Session {
    /// The first pause between two attempts to connect; each is twice as long as the one before.
    private static let pauseMinimum = 0.02
    private static let pauseMaximum = 1.0
    /// At most so many runs of a body that conflicts with others.
    private static let runsMaximum = 12
    /// A key that stands in the way is usually somebody else's commit a moment ago, and the next
    /// run sees it; if it still stands in the way after that, it is an answer.
    private static let runsAfterCollision = 3

    private let options: PostgresOptions
    private var open: PostgresConnection?

    init(_ options: PostgresOptions) { self.options = options }

    /// The open connection, or a new one; tries until `deadline`.
    func connection(until deadline: DispatchTime) throws(StoreError) -> PostgresConnection {
        if let open, !open.isLost { return open }
        open = nil
        var pause = Session.pauseMinimum
        while true {
            do throws(StoreError) {
                let connection = try PostgresConnection(options)
                open = connection
                return connection
            } catch {
                guard DispatchTime.now() + pause < deadline else { throw error }
            }
            Thread.sleep(forTimeInterval: pause)
            pause = min(2 * pause, Session.pauseMaximum)
        }
    }

    /// Runs `body` on one snapshot.
    ///
    /// The answer is handed over before the transaction is ended, which nobody needs to wait for.
    func read<Answer: Sendable>(
        until deadline: DispatchTime,
        _ body: (PostgresConnection) throws -> Answer,
        answer: (Result<Answer, any Error>) -> Void
    ) {
        do {
            var runs = 0
            while true {
                runs += 1
                let connection = try fresh(.reading, until: deadline)
                let result = Result { try body(connection) }
                // Whatever came of it, it looked for the wrong hashes.
                let hadOldKeys = connection.failure?.hadOldKeys == true
                if hadOldKeys, runs < Session.runsMaximum {
                    connection.rollback()
                    continue
                }
                answer(result)
                return connection.rollback()
            }
        } catch {
            answer(.failure(error))
        }
    }

    /// Runs `body` in a transaction and commits it; again after a conflict with another one.
    func write<Answer>(
        until deadline: DispatchTime,
        _ body: (PostgresConnection) throws -> Answer
    ) throws -> Answer {
        var runs = 0
        while true {
            runs += 1
            let connection = try fresh(.writing, until: deadline)
            do {
                let answer = try body(connection)
                try connection.commit()
                return answer
            } catch {
                // Who refuses may have looked for old hashes.
                if connection.failure == nil { connection.checkKeys() }
                let failure = connection.failure
                connection.rollback()
                if let failure, failure.hadOldKeys, runs < Session.runsMaximum { continue }
                let isOurs = (error as? StoreError) == failure?.error
                guard isOurs, let failure, failure.mayRunAgain else { throw error }
                let limit =
                    failure.isCollision ? Session.runsAfterCollision : Session.runsMaximum
                guard runs < limit else { throw error }
                // Longer each time, so that those who met do not meet again.
                Thread.sleep(forTimeInterval: 0.002 * Double(runs))
            }
        }
    }

    /// Runs `body` in a transaction and commits it, or leaves no trace of it.
    func once(until deadline: DispatchTime, _ body: (PostgresConnection) throws -> Void) throws {
        let connection = try fresh(.writing, until: deadline)
        do {
            try body(connection)
            try connection.commit()
        } catch {
            connection.rollback()
            throw error
        }
    }

    /// A connection on which a transaction has begun.
    ///
    /// A session that was idle may have been cut long ago, which shows only when it is used; that
    /// is no reason to turn the caller away.
    private func fresh(
        _ mode: Transaction.Mode,
        until deadline: DispatchTime
    ) throws(StoreError) -> PostgresConnection {
        let known = open
        let connection = try connection(until: deadline)
        if connection === known, connection.hasBeenCut {
            open = nil
            return try fresh(mode, until: deadline)
        }
        try connection.begin(mode)
        return connection
    }
}
