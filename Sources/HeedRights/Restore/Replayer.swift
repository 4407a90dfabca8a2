// Brings a database that was put back up to its journal, before anything is served.

public import HeedConsent
package import HeedEngine
package import HeedJournal
import HeedStore

/// Goes through a journal and does again what the database does not know.
///
/// Doing it twice changes nothing: an entry whose event is known is passed over, and what stands
/// already is left as it is.
public struct Replayer: Sendable {
    /// What the database had when the journal was read.
    public struct Plan: Sendable {
        /// The entries that may be newer than the backup, oldest first.
        let entries: [JournalEntry]
        /// Lines that could not be read.
        public let damagedLines: Int
        /// The newest epoch that a line speaks of.
        public let newestEpoch: Int64
        /// False when the journal begins after the backup's last event.
        public let isComplete: Bool
    }

    private let engine: Engine
    private let journal: Journal
    private let others: [JournalFolder]

    /// Takes the door, the journal that is written, and the folders of other nodes.
    package init(engine: Engine, journal: Journal, others: [JournalFolder]) {
        self.engine = engine
        self.journal = journal
        self.others = others
    }

    /// Reads the journals.
    public func plan() async throws -> Plan {
        let restores = try await engine.ask(Restores())
        // What an interrupted return has begun from; else the present is the backup's.
        let isBegun = restores.last.map { $0.finishedAt == nil } ?? false
        let base = (isBegun ? restores.dropLast().last : restores.last)?.number ?? 0
        let newest = try await engine.ask(NewestEvent())
        var entries: [JournalEntry] = []
        var newestEpoch: Int64 = 0
        var isComplete = true
        var damaged = 0
        for folder in [journal.folder] + others {
            let (lines, unreadable) = try journal.lines(of: folder)
            damaged += unreadable
            var began: Timestamp?
            for line in lines {
                switch line {
                case .began(let at): began = began ?? at
                case .complete(let epoch, _): newestEpoch = max(newestEpoch, epoch)
                case .entry(let entry, let epoch, _):
                    newestEpoch = max(newestEpoch, epoch)
                    if epoch >= base { entries.append(entry) }
                }
            }
            if let newest, began.map({ $0 > newest }) ?? true { isComplete = false }
        }
        return Plan(
            entries: entries,
            damagedLines: damaged,
            newestEpoch: newestEpoch,
            isComplete: isComplete
        )
    }

    /// From here on what is written down belongs to this return.
    public func enter(_ restore: Restore) { journal.enter(epoch: restore.number) }

    /// True when a return was interrupted, or an entry is of an event the database does not know.
    public func hasWork(_ plan: Plan) async throws -> Bool {
        let restores = try await engine.ask(Restores())
        if let last = restores.last, last.finishedAt == nil { return true }
        return try await engine.ask(UnknownEntry(entries: plan.entries))
    }

    /// Does it; answers how much of each sort was done.
    public func run(_ plan: Plan, as actor: Actor) async throws -> [String: Int] {
        try await bringLookupKeys(plan, as: actor)
        var counts: [String: Int] = [:]
        let requests = plan.entries.filter { $0.event.facts["request"] == "erasure" }
        let histories = ErasureHistory.all(in: requests)
        // Who wanted not even the keyed hash kept is not blocked by it again.
        let unblocked = Set(
            histories.filter { $0.isErased && !$0.keepsBlock }.map(\.contact)
        )
        for entry in plan.entries {
            let contact = entry.event.contact
            let outcome: ReplayOutcome
            switch entry.event.kind {
            case "suppression.added":
                if let contact, unblocked.contains(contact) { continue }
                if histories.contains(where: { $0.ended(entry) }) { continue }
                outcome = try await engine.perform(ReplayBlock(entry: entry), as: actor).receipt
            case "consent.withdrawn", "consent.denied":
                let command = ReplayWithdrawal(entry: entry)
                outcome = try await engine.perform(command, as: actor).receipt
            default: continue
            }
            counts[outcome.rawValue, default: 0] += 1
        }
        for history in histories {
            let command = ReplayErasure(history: history)
            let outcome = try await engine.perform(command, as: actor).receipt
            counts[outcome.rawValue, default: 0] += 1
        }
        return counts
    }

    /// Adds the lookup keys again that were added after the backup, before anything that was hashed
    /// with them is put back.
    private func bringLookupKeys(_ plan: Plan, as actor: Actor) async throws {
        try await engine.moveLookupHashes(as: actor)
        let added = plan.entries.filter { $0.event.kind == LookupKeyChange.eventKind }
            .compactMap { entry in
                entry.event.facts["key"].flatMap { Int($0) }.map { (number: $0, key: entry.token) }
            }
        for (number, key) in added.sorted(by: { $0.number < $1.number })
        where number > (try await engine.ask(LookupKeyState())).generation {
            _ = try await engine.perform(AddLookupKey(again: key), as: actor)
            try await engine.moveLookupHashes(as: actor)
        }
    }
}
