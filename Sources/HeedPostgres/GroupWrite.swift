// Several callers' writes in one transaction: one set of searches, one statement a table, one
// commit.

import Dispatch
import HeedJournal
import HeedStore

/// One caller's write, as a member of a group.
struct GroupMember: Sendable {
    /// What it will read.
    let needs: Needs
    /// Runs the body and keeps its answer; true when it went well.
    let run: @Sendable (Transaction) -> Bool
    /// Answers the caller: with what was kept, or with why there was no commit.
    let answer: @Sendable (StoreError?) -> Void
}

/// Runs the writes of a group.
///
/// They are about different people, and each holds the lock on its own, so they could as well have
/// run at the same time in transactions of their own; nobody of them waits for a lock. Whatever
/// does not fit, and all of them when something fails, runs again alone.
struct GroupWrite {
    /// At most so many at once: a few milliseconds of work.
    static let membersMaximum = 64

    let members: [GroupMember]
    /// What has to have the members' stops before they are answered.
    let journal: Journal?
    /// Opens the first view on a session.
    let transaction: (PostgresConnection) throws(StoreError) -> Transaction

    /// Runs them and answers those that are done.
    ///
    /// - Returns: the indices of those that have to run alone.
    func run(on session: Session, until deadline: DispatchTime) -> [Int] {
        var answered: [Int] = []
        var left: [Int] = []
        var entries: [JournalEntry] = []
        do {
            try session.once(until: deadline) { connection in
                (answered, left) = try runBodies(connection, &entries)
            }
        } catch {
            guard let failure = error as? StoreError, failure.code == .unknown else {
                return Array(members.indices)
            }
            try? journal?.settle(entries, isCertain: false)
            for index in answered { members[index].answer(failure) }
            return left
        }
        let failure = journal?.failure(settling: entries)
        for index in answered { members[index].answer(failure) }
        return left
    }

    /// A body that says no before it has changed anything leaves the others as they are.
    private func runBodies(
        _ connection: PostgresConnection,
        _ entries: inout [JournalEntry]
    ) throws -> (answered: [Int], left: [Int]) {
        let first = try transaction(connection)
        let foresights = try first.foresee(members.map(\.needs), .leave)
        var answered: [Int] = []
        var left: [Int] = []
        for (index, foresight) in foresights.enumerated() {
            guard let foresight else {
                left.append(index)
                continue
            }
            let changes = connection.changes
            let draft = journal.map { _ in JournalDraft() }
            let isDone = members[index].run(first.next(foresight, draft))
            if let failure = connection.failure { throw failure.error }
            guard isDone || connection.changes == changes else {
                throw StoreError(.statement, "a body failed half-way")
            }
            answered.append(index)
            if isDone { entries += draft?.entries ?? [] }
        }
        return (answered, left)
    }
}
