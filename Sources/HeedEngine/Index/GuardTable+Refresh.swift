// Brings a table up to the moment of a snapshot: the log says who was touched, and these people are
// read again.

import HeedConsent
import HeedStore

/// Who is to be read again, as the log has it.
struct GuardTouched: Sendable {
    /// Events about nobody in particular that change nothing the guard reads; any other one has
    /// everything read again.
    static let quietKinds: Set<String> = [
        "scope.described", "form.added", "key.created", "key.revoked", "connector.added",
        "connector.changed", "connector.disabled", "connector.enabled", "connector.removed",
        Reconciliation.eventKind, "import.started", "import.finished", "import.undone",
        "events.recorded", "hold.placed", "hold.lifted", "retention.purged",
        "list.export-started", "list.exported", EvidenceExport.startedKind,
        EvidenceExport.finishedKind, "sends.checked", "sends.recorded",
    ]

    /// Events that give a person addresses or take some away.
    static let movingKinds: Set<String> = [
        "contact.added", "contact.address-replaced", "erasure.local-cascade-completed",
    ]

    /// People.
    private(set) var people: Set<ContactID> = []
    /// True when blocks may have come at addresses that no table knows: those of events that name
    /// nobody, and of people whose addresses have come and gone since.
    private(set) var blocks = false
    /// True when scopes or policies came.
    private(set) var registry = false
    /// True when something happened that this version does not know.
    private(set) var everything = false

    /// Sorts events; whatever one is about, its person is read again.
    init(_ changes: [GuardNews.Change]) {
        var moved: Set<ContactID> = []
        for change in changes {
            if let contact = change.contact {
                people.insert(contact)
                if GuardTouched.movingKinds.contains(change.kind),
                    !moved.insert(contact).inserted
                {
                    blocks = true
                }
                continue
            }
            switch change.kind {
            case "suppression.added": blocks = true
            case "scope.added", "policy.published": registry = true
            case let kind where GuardTouched.quietKinds.contains(kind): break
            default: everything = true
            }
        }
    }
}

extension GuardTable {
    /// What became of an attempt to be up to date.
    enum Refreshed: Sendable {
        /// It is as fresh as this position; so many people were read again.
        case fresh(position: Int64, reloaded: Int)
        /// It is as it was, and lags behind.
        case behind(GuardGap)
    }

    /// What was read and is to be put in.
    private struct Reading {
        var registry: GuardRegistry?
        /// Addresses that may have gone.
        var old: Set<KeyWords> = []
        var addresses: [GuardAddress] = []
        /// Keys whose blocks were read; nil for all.
        var blockKeys: Set<KeyWords>? = []
        var blocks: [GuardBlock] = []
    }

    /// Brings the table up to this snapshot; reads first, and changes nothing when that fails.
    ///
    /// - Parameters:
    ///   - transaction: One that has read nothing yet.
    ///   - limit: How many events, and how many blocks where all have to be read, are not too many.
    ///   - leavingBlocks: True for whoever reads all blocks afterwards.
    /// - Returns: whether the table is fresh now.
    /// - Throws: what the database throws.
    mutating func refresh(
        in transaction: Transaction,
        limit: Int,
        leavingBlocks: Bool = false
    ) throws -> Refreshed {
        let news = try transaction.guardNews(since: mark, limit: limit + 1)
        if news.isBroken { return .behind(.everything) }
        guard !news.changes.isEmpty else {
            mark = news.mark
            return .fresh(position: news.position, reloaded: 0)
        }
        guard news.changes.count <= limit else { return .behind(.changes) }
        let touched = GuardTouched(news.changes)
        if touched.everything { return .behind(.everything) }
        var reading = Reading()
        if touched.registry {
            let registry = try GuardRegistry(in: transaction)
            guard registry.scopes == scopes else { return .behind(.everything) }
            reading.registry = registry
        }
        if touched.blocks, !leavingBlocks {
            guard blocks.count <= limit else { return .behind(.blocks) }
            reading.blockKeys = nil
        }
        try read(touched.people, into: &reading, in: transaction)
        try number(reading.addresses)
        try apply(reading)
        mark = news.mark
        return .fresh(position: news.position, reloaded: touched.people.count)
    }

    /// Reads the addresses of people, those that were theirs, and the blocks on all of them.
    private func read(
        _ people: Set<ContactID>,
        into reading: inout Reading,
        in transaction: Transaction
    ) throws {
        let known = addresses.addresses(of: Set(people.map(\.tag)))
        reading.old = Set(known.map(\.key))
        if !people.isEmpty {
            reading.addresses = try transaction.guardAddresses(of: Array(people))
        }
        // Somebody else may have an old one by now, or share the tag.
        let others = reading.old.subtracting(reading.addresses.map(\.match))
        if !others.isEmpty {
            reading.addresses += try transaction.guardAddresses(at: Array(others))
        }
        guard var keys = reading.blockKeys else {
            reading.blocks = try allBlocks(in: transaction)
            return
        }
        keys.formUnion(reading.old)
        for row in reading.addresses {
            keys.insert(row.match)
            if let widened = row.widened { keys.insert(widened) }
        }
        // Blocks come and stay on addresses that have gone; of their aliases four bytes are known.
        for address in known where others.contains(address.key) {
            keys.formUnion(blocks.keys(ofAlias: address.alias))
            keys.formUnion(try transaction.guardBlockKeys(beginning: address.alias))
        }
        // An opt-out completes all the same.
        for person in people { keys.formUnion(blocks.keys(ofOwner: person.tag)) }
        reading.blockKeys = keys
        if !keys.isEmpty { reading.blocks = try transaction.guardBlocks(at: Array(keys)) }
    }

    private func allBlocks(in transaction: Transaction) throws -> [GuardBlock] {
        var blocks: [GuardBlock] = []
        while true {
            let page = try transaction.guardBlocks(after: blocks.last, limit: 5000)
            blocks += page
            if page.count < 5000 { return blocks }
        }
    }

    private mutating func apply(_ reading: Reading) throws {
        if let registry = reading.registry { apply(registry) }
        for key in reading.old { addresses.remove(key) }
        try put(reading.addresses)
        if let keys = reading.blockKeys {
            for key in keys { blocks.remove(key) }
        } else {
            blocks = BlockTable()
        }
        put(reading.blocks)
    }
}
