// Commands that are carried out in the real database and leave nothing: their transaction is always
// rolled back.

package import HeedConsent
package import HeedStore

/// An open transaction in which commands are performed as by `Engine.perform`, and which ends by
/// being rolled back, however its body ends.
package struct Rehearsal {
    /// The transaction.
    package let transaction: Transaction

    /// Decides and records, as the engine does; what comes after in the same rehearsal sees it.
    @discardableResult
    package func perform<Work: Command>(
        _ command: Work,
        as actor: Actor
    ) throws -> Decision<Work.Receipt> {
        let decision = try command.decide(in: transaction)
        _ = try transaction.record(decision, by: actor)
        return decision
    }

    /// Answers a question with everything that was rehearsed so far.
    package func ask<Question: Query>(_ query: Question) throws -> Question.Answer {
        try query.answer(in: transaction)
    }

    /// The same transaction, so much later.
    package func later(by seconds: Int64) -> Rehearsal {
        let later = transaction.now.adding(seconds: seconds)
        let surroundings = Surroundings(now: { later }, random: transaction.surroundings.random)
        return Rehearsal(
            transaction: Transaction(
                connection: transaction.connection,
                mode: .writing,
                surroundings: surroundings,
                vault: transaction.vault
            )
        )
    }
}

/// Carries a rehearsal's answer out of the transaction that it ends.
private struct Rehearsed<Answer: Sendable>: Error {
    let answer: Answer
}

extension Engine {
    /// Runs `body` in a transaction of its own that is never committed.
    ///
    /// It holds what a writer holds: on SQLite the write lock, on PostgreSQL locks on the rows it
    /// touches. So it should take milliseconds.
    package func rehearse<Answer: Sendable>(
        _ body: @escaping @Sendable (Rehearsal) throws -> Answer
    ) async throws -> Answer {
        do {
            return try await database.write { transaction in
                throw Rehearsed(answer: try body(Rehearsal(transaction: transaction)))
            }
        } catch let end as Rehearsed<Answer> {
            return end.answer
        }
    }

    /// Reads what no command needs, in one snapshot.
    package func inspect<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer { try await database.read(body) }
}
