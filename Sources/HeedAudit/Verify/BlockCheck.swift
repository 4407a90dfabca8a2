// Holds the blocks on addresses against the events that put and lifted them.

import HeedConsent
import HeedEngine
import HeedStore

/// One block that the log says stands on a person.
private struct StandingBlock: Hashable {
    let contact: ContactID
    let scope: String
    let reason: String
}

/// Checks that every block the log says stands is there, under each key of the person's addresses.
struct BlockCheck: Sendable {
    /// A row under a form that several people share, which another of them may have lifted.
    struct Question: Hashable, Sendable {
        let key: [UInt8]
        let scope: String
        let reason: String
        let position: Int64
        let place: String
    }

    /// Compares a range; answers with what only a look at other people can tell.
    func check(_ page: PeoplePage, _ findings: inout Findings) -> [Question] {
        var questions: [Question] = []
        let rows = Dictionary(grouping: page.blocks, by: \.key)
        let keys = Dictionary(grouping: page.keys, by: \.contact)
        let standing = BlockCheck.standing(page.events)
        for (block, event) in standing.sorted(by: { $0.value.position < $1.value.position }) {
            let scope = block.scope.isEmpty ? "everywhere" : "in \(block.scope)"
            let place = "block \(block.reason) \(scope) on contact \(block.contact.text)"
            for lookup in keys[block.contact] ?? [] {
                let row = BlockCheck.row(rows[lookup.keys.match], block, widened: false)
                if (row?.since ?? Timestamp(microseconds: .min)) < event.since {
                    let what = row == nil ? "it is gone" : "its time was set back"
                    findings.add(
                        .blockMissing,
                        at: place,
                        "event \(event.position) put it and nothing lifted it, but \(what)"
                    )
                }
                guard let widened = lookup.keys.widened,
                    BlockCheck.row(rows[widened], block, widened: true) == nil
                else { continue }
                questions.append(
                    Question(
                        key: widened,
                        scope: block.scope,
                        reason: block.reason,
                        position: event.position,
                        place: place
                    )
                )
            }
        }
        return questions
    }

    private static func row(
        _ rows: [PeoplePage.Block]?,
        _ block: StandingBlock,
        widened: Bool
    ) -> PeoplePage.Block? {
        rows?.first {
            $0.isWidened == widened && $0.scope == block.scope && $0.reason == block.reason
        }
    }

    /// The blocks on people that were put and not lifted since, with the newest time they carry.
    private static func standing(
        _ events: [StoredEvent]
    ) -> [StandingBlock: (position: Int64, since: Timestamp)] {
        var standing: [StandingBlock: (position: Int64, since: Timestamp)] = [:]
        for event in events where event.kind.hasPrefix("suppression.") {
            guard let line = AuditEvent(canonical: event.body), let contact = line.contact,
                let block = Suppression(line)
            else { continue }
            let key = StandingBlock(
                contact: contact,
                scope: block.scope?.text ?? "",
                reason: block.reason.rawValue
            )
            if event.kind == "suppression.lifted" {
                standing[key] = nil
            } else {
                // A later request with an earlier date leaves the later date standing.
                let since = max(block.since, standing[key]?.since ?? block.since)
                standing[key] = (event.position, since)
            }
        }
        return standing
    }
}

/// Whether somebody with the same mailbox under another spelling has lifted a block.
struct LiftedByAlias: Query {
    let question: BlockCheck.Question

    func answer(in transaction: Transaction) throws -> Bool {
        let lifts = try transaction.liftsByAliases(of: question.key, after: question.position)
        return lifts.contains { event in
            guard let line = AuditEvent(canonical: event.body) else { return false }
            return (line.scope ?? "") == question.scope
                && line.facts["reason"] == question.reason
        }
    }
}

/// A page of all blocks.
struct BlockPage: Query {
    let after: StoredBlock?
    let limit: Int
    /// Blocks that events up to `position` have put, each by its hash.
    let known: Set<Int>
    let position: Int64

    /// What there is, and which of it no event speaks of.
    struct Content: Sendable {
        var blocks: [StoredBlock] = []
        var unlogged: [StoredBlock] = []
    }

    func answer(in transaction: Transaction) throws -> Content {
        var content = Content()
        content.blocks = try transaction.blocks(after: after, limit: Int64(limit))
        content.unlogged = content.blocks.filter { !known.contains($0.block.hashValue) }
        guard !content.unlogged.isEmpty else { return content }
        // Put since the log was walked: the same snapshot has the event, too.
        let later = try transaction.events(of: "suppression.added", after: position)
            .compactMap { AuditEvent(canonical: $0.body).flatMap { Suppression($0) } }
        let recent = Set(later)
        content.unlogged.removeAll { recent.contains($0.block) }
        return content
    }
}

extension StoredBlock {
    /// Where to look; of the keyed hash only as much as tells rows apart.
    var place: String {
        let scope = block.scope.map { "in \($0)" } ?? "everywhere"
        return "block \(block.reason.rawValue) \(scope) under key \(hexadecimal(key.prefix(4)))…"
    }
}
