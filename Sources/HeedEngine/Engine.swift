// The one door to Heed's state: commands change it in one transaction, queries read it in one
// snapshot.

import Foundation
public import HeedConsent
public import HeedStore

/// Something that changes state: it loads what its rule needs and says what happened.
///
/// `decide` runs inside the transaction that records its decision, perhaps more than once, and must
/// do nothing else: no clock, no chance, no network (the types keep those out).
public protocol Command: Sendable {
    /// What the caller is told once the change is durable.
    associatedtype Receipt: Sendable
    /// What it will read, as far as it is known; nothing, unless it says so.
    var needs: Needs { get }
    /// Loads and decides.
    ///
    /// Throws `Refusal` to say no.
    func decide(in transaction: Transaction) throws -> Decision<Receipt>
}

extension Command {
    /// Nothing is known.
    public var needs: Needs { Needs() }
}

/// Something that reads state.
public protocol Query: Sendable {
    /// What the caller is told.
    associatedtype Answer: Sendable
    /// Reads.
    ///
    /// Throws `Refusal` for a question that cannot be answered.
    func answer(in transaction: Transaction) throws -> Answer
    /// The same from memory where that can prove to be as fresh; only the guard has another way.
    ///
    /// The transaction has read nothing yet.
    func answer(in transaction: Transaction, from memory: GuardMemory) throws -> Answer
}

extension Query {
    /// Reads.
    public func answer(
        in transaction: Transaction,
        from memory: GuardMemory
    ) throws -> Answer { try answer(in: transaction) }
}

/// A receipt with the position of the audit log after its commit.
public struct Performed<Receipt: Sendable>: Sendable {
    /// What the command says.
    public let receipt: Receipt
    /// The log's position: a guard answer with this position or a later one knows about it.
    public let position: Int64
}

/// A caller's key for a request that may be repeated (Idempotency-Key), with what it stands for.
public struct RepeatKey: Sendable {
    let parts: [[UInt8]]
    let body: [UInt8]

    /// Binds the key to who sent it, to which operation, and to the body.
    public init(key: String, caller: String, operation: String, body: [UInt8]) {
        parts = [Array(caller.utf8), Array(operation.utf8), Array(key.utf8)]
        self.body = body
    }
}

/// Performs commands and answers queries.
public struct Engine: Sendable {
    let database: any Database
    /// Rung when a command leaves work in the queue.
    public let doorbell: Doorbell
    /// What batches of the guard are answered from, once `maintainIndex` has read it.
    public let index: GuardIndex

    /// Opens the door to a database.
    public init(
        database: any Database,
        doorbell: Doorbell = Doorbell(),
        index: GuardIndex = GuardIndex()
    ) {
        self.database = database
        self.doorbell = doorbell
        self.index = index
    }

    /// Reads what the index of the guard lacks; for a task of its own, whenever `index.wanted`
    /// rings.
    public func maintainIndex() async throws { try await index.maintain(database) }

    /// Takes what was deleted out of the database's files.
    ///
    /// - Throws: `StoreError.busy` while a reader still needs what was there before.
    public func cleanStorage() async throws { try await database.clean() }

    /// Why no stop can be acknowledged, though the database answers: its journal cannot be written.
    public func journalFault() async -> StoreError? { await database.journalFault() }

    /// Why nothing can be stored, though the database may be read; nil when a small write went
    /// well.
    public func writeFault() async -> StoreError? {
        do {
            // A row that is there and gone again has been through everything a stop has to pass.
            try await database.write { transaction in
                let nobody = [UInt8](repeating: 0, count: 16)
                _ = try transaction.takeLease("readiness", holder: nobody, seconds: 1)
                try transaction.dropLease("readiness", holder: nobody)
            }
            return nil
        } catch let error as StoreError {
            return error
        } catch {
            return StoreError(.unavailable, "the database cannot be written: \(type(of: error))")
        }
    }

    /// Performs a command.
    ///
    /// When this returns, its effect is durable and every later check sees it.
    ///
    /// - Throws: `Refusal` when a rule says no, `StoreError` when the database cannot; both changed
    ///   nothing.
    public func perform<Work: Command>(
        _ command: Work,
        as actor: Actor
    ) async throws -> Performed<Work.Receipt> {
        let (performed, leftWork) = try await database.write(needing: command.needs) {
            transaction in
            let decision = try command.decide(in: transaction)
            let position = try transaction.record(decision, by: actor)
            let performed = Performed(receipt: decision.receipt, position: position)
            return (performed, decision.jobs.contains(where: \.leavesWork))
        }
        if leftWork { doorbell.ring() }
        return performed
    }

    /// Performs a command once per key: a repeat gets the first answer and changes nothing.
    ///
    /// The answer is written in the command's own transaction, so a lost reply can always be
    /// repeated.
    ///
    /// - Throws: also `Refusal.keyReused` when the key came with another body before.
    public func perform<Work: Command>(
        _ command: Work,
        as actor: Actor,
        once key: RepeatKey?
    ) async throws -> Performed<Work.Receipt> where Work.Receipt: Codable {
        guard let key else { return try await perform(command, as: actor) }
        var needs = command.needs
        needs.answerKey = { $0.fingerprint(key.parts) }
        let (performed, leftWork) = try await database.write(needing: needs) { transaction in
            let keyHash = transaction.vault.fingerprint(key.parts)
            let fingerprint = transaction.vault.fingerprint([key.body])
            if let earlier = try transaction.rememberedAnswer(keyHash) {
                guard earlier.fingerprint == fingerprint else {
                    throw Refusal(
                        .keyReused,
                        field: "Idempotency-Key",
                        "this key came with a different request before; use a new key"
                    )
                }
                let data = Data(earlier.receipt.utf8)
                let receipt = try JSONDecoder().decode(Work.Receipt.self, from: data)
                return (Performed(receipt: receipt, position: earlier.position), false)
            }
            let decision = try command.decide(in: transaction)
            let position = try transaction.record(decision, by: actor)
            let receipt = String(
                decoding: try JSONEncoder().encode(decision.receipt),
                as: UTF8.self
            )
            try transaction.remember(
                keyHash,
                fingerprint: fingerprint,
                receipt: receipt,
                position: position
            )
            let performed = Performed(receipt: decision.receipt, position: position)
            return (performed, decision.jobs.contains(where: \.leavesWork))
        }
        if leftWork { doorbell.ring() }
        return performed
    }

    /// Answers a query from one consistent snapshot of everything acknowledged before it began.
    public func ask<Question: Query>(_ query: Question) async throws -> Question.Answer {
        try await ask(query, GuardMemory(index: index, moment: nil))
    }

    /// The same for the guard, which needs no snapshot where nothing was committed since its index
    /// was proven fresh (decision 39).
    public func ask(_ query: MaySendMany) async throws -> MaySendMany.Answer {
        // Before the snapshot: what is committed after it shows in another mark.
        let memory = GuardMemory(index: index, moment: database.moment())
        if let answer = await query.answer(from: memory) { return answer }
        return try await ask(query, memory)
    }

    private func ask<Question: Query>(
        _ query: Question,
        _ memory: GuardMemory
    ) async throws -> Question.Answer {
        do {
            return try await database.read { try query.answer(in: $0, from: memory) }
        } catch is GuardIndex.Unproven {
            return try await database.read { try query.answer(in: $0) }
        }
    }

    /// Forgets answers to repeatable requests after `age` seconds; housekeeping, not state.
    public func forgetAnswers(olderThan age: Int64) async throws {
        try await database.write { transaction in
            try transaction.forgetAnswers(olderThan: age, limit: 10_000)
        }
    }
}

extension JobChange {
    /// True when a worker has something to do that it had not before; claiming and finishing are
    /// not, or every worker would wake itself.
    fileprivate var leavesWork: Bool {
        switch self {
        case .add, .retry, .postpone, .redrive: true
        case .lease, .finish, .bury, .noteProgress, .noteImport: false
        }
    }
}
