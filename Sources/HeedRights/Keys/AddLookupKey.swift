// Puts another key over those that addresses are found by, while servers run.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Adds a lookup key; the hashes go under it afterwards, step by step.
///
/// A copy of the database that is made after the last step tells nothing to somebody who has the
/// keys before (standards 6.3). No address is needed for it, so it holds for erased people too.
public struct AddLookupKey: Command {
    /// As a journal has it; nil for a new one.
    let sealed: [UInt8]?

    /// Asks for a new key.
    public init() { sealed = nil }

    /// Asks for one again that was added after the backup.
    init(again sealed: [UInt8]) { self.sealed = sealed }

    /// The key's number; refuses while hashes are still going under the one before.
    public func decide(in transaction: Transaction) throws -> Decision<Int> {
        guard try !transaction.lookupKeyState().isChanging else {
            throw Refusal(.conflict, field: "lookupKey", "a lookup key is being added already")
        }
        let change = try transaction.nextLookupKey(sealed)
        return Decision(change.generation, events: [.lookupKeyAdded(change)])
    }
}

/// Puts the next few hashes under the newest key.
public struct MoveLookupHashes: Command {
    /// How many at most are kept from writers at a time.
    private let limit: Int

    /// Takes the most at a time: each is three statements under a lock.
    public init(limit: Int = 1000) { self.limit = limit }

    /// How many went; nil when there was nothing left to do.
    public func decide(in transaction: Transaction) throws -> Decision<Progress?> {
        guard let move = try transaction.nextLookupMove(limit: limit) else { return Decision(nil) }
        let progress = Progress(
            hashes: move.hashes.count,
            done: move.bound.map { Double($0[0]) / 256 + Double($0[1]) / 65536 } ?? 1,
            isLast: move.bound == nil
        )
        return Decision(progress, events: [.lookupHashesMoved(move)])
    }

    /// How far it has come.
    public struct Progress: Hashable, Sendable {
        /// Hashes that went in this step.
        public let hashes: Int
        /// The part of all hashes that is done, 0…1.
        public let done: Double
        /// True when all are under the newest key.
        public let isLast: Bool
    }
}

/// The newest lookup key.
public struct LookupKeyState: Query {
    /// Asks for it.
    public init() {}

    /// Its number, and whether hashes are still going under it.
    public struct Answer: Hashable, Sendable {
        /// The number; 0 for the first one.
        public let generation: Int
        /// True until all hashes are under it.
        public let isChanging: Bool
    }

    /// Reads it.
    public func answer(in transaction: Transaction) throws -> Answer {
        let state = try transaction.lookupKeyState()
        return Answer(generation: state.generation, isChanging: state.isChanging)
    }
}

extension Engine {
    /// Puts what is left of the hashes under the newest key.
    ///
    /// May be broken off at any point and called again, also beside another one.
    ///
    /// - Parameters:
    ///   - actor: Who is written down.
    ///   - progress: Called after each step.
    /// - Returns: how many hashes went.
    /// - Throws: what the database throws; what has moved until then stays moved.
    @discardableResult
    public func moveLookupHashes(
        as actor: Actor,
        progress: (MoveLookupHashes.Progress) -> Void = { _ in }
    ) async throws -> Int {
        var count = 0
        while let step = try await perform(MoveLookupHashes(), as: actor).receipt {
            count += step.hashes
            progress(step)
            if step.isLast { break }
        }
        return count
    }
}
