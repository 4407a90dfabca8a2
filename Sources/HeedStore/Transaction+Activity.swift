// What became of messages: taken once, counted for good, and about somebody until they are erased.

import Crypto
import Foundation
package import HeedConsent

private let activityInsertion = Insertion(
    into: "events",
    [
        "id": .bytes, "kind": .text, "at": .integer, "recorded_at": .integer, "campaign": .text,
        "scope": .text, "is_first": .integer, "contact_id": .bytes, "first_key": .bytes,
        "sealed": .bytes,
    ],
    depth: 1
)

extension Transaction {
    /// The name an activity is kept under: who told it, and what they call it, as a keyed hash.
    package func activityID(of name: String, from teller: String) -> [UInt8] {
        key("event", [Array(teller.utf8), Array(name.utf8)])
    }

    /// By what the first activity of a kind is known, for a person and a message.
    package func firstKey(of activity: Activity, contact: ContactID) -> [UInt8] {
        let parts = [contact.bytes, Array(activity.kind.rawValue.utf8), Array(activity.unit.utf8)]
        // Those of one person lie side by side in the index, so that an erasure changes few of its
        // pages, however many others there are.
        return Array(key("person", [contact.bytes]).prefix(6) + key("first", parts).prefix(10))
    }

    private func key(_ purpose: String, _ parts: [[UInt8]]) -> [UInt8] {
        Array(vault.fingerprint([Array(purpose.utf8)] + parts).prefix(16))
    }

    /// Those of some activities that are there already, by id.
    package func knownActivities(_ ids: [[UInt8]]) throws(StoreError) -> Set<[UInt8]> {
        try keys("SELECT id FROM events WHERE id " + connection.dialect.isAmongKeys, ids)
    }

    /// Those of some keys that an activity has.
    package func knownFirstKeys(_ keys: [[UInt8]]) throws(StoreError) -> Set<[UInt8]> {
        try self.keys(
            "SELECT first_key FROM events WHERE first_key " + connection.dialect.isAmongKeys,
            keys
        )
    }

    private func keys(_ sql: SQL, _ wanted: [[UInt8]]) throws(StoreError) -> Set<[UInt8]> {
        guard !wanted.isEmpty else { return [] }
        var found: Set<[UInt8]> = []
        for row in try rows(sql, .keys(wanted)) { found.insert(try row.blob(0)) }
        return found
    }

    /// Who has some addresses.
    package func contacts(
        at addresses: Set<Address>
    ) throws(StoreError) -> [Address: ContactID] {
        guard !addresses.isEmpty else { return [:] }
        var byKey: [[UInt8]: [Address]] = [:]
        for address in addresses {
            byKey[vault.lookupKeys(for: address).match, default: []].append(address)
        }
        let found = try rows(
            "SELECT match_key, contact_id FROM addresses WHERE channel = 'email' AND match_key "
                + connection.dialect.isAmongKeys,
            .keys(Array(byKey.keys))
        )
        var contacts: [Address: ContactID] = [:]
        for row in found {
            for address in byKey[try row.blob(0)] ?? [] { contacts[address] = try row.id(1) }
        }
        return contacts
    }

    /// Locks some people, and says for each that there is whether something can still be sealed
    /// for them; it cannot for somebody who was erased.
    package func lockLiving(
        _ contacts: Set<ContactID>
    ) throws(StoreError) -> [ContactID: Bool] {
        guard !contacts.isEmpty else { return [:] }
        let wanted = SQLValue.keys(contacts.map(\.bytes))
        // In one order whoever asks, so that two do not wait for each other.
        let everybody: SQL =
            "SELECT id FROM contacts WHERE id " + connection.dialect.isAmongKeys + " ORDER BY id"
        let rowLock = mode == .writing ? connection.dialect.rowLock : nil
        var living: [ContactID: Bool] = [:]
        for row in try rows(rowLock.map { everybody + $0 } ?? everybody, wanted) {
            living[try row.id(0)] = false
        }
        // Behind the locks, so that an erasure that was under way is over.
        for row in try rows(wrappedKeys + connection.dialect.isAmongKeys, wanted) {
            living[try row.id(0)] = true
        }
        return living
    }

    func insert(_ activities: [RecordedActivity]) throws(StoreError) {
        let people = activities.compactMap { $0.activity.details.isEmpty ? nil : $0.contact }
        let keys = try contactKeys(of: Set(people))
        for recorded in activities {
            let activity = recorded.activity
            let sealed = try recorded.contact.flatMap { keys[$0] }.map { key throws(StoreError) in
                try seal(recorded, with: key)
            }
            try insert(
                [
                    .blob(recorded.id), .text(activity.kind.rawValue), .time(activity.at),
                    .time(now), .text(activity.campaign), .text(activity.scope?.text),
                    .integer(recorded.firstKey == nil ? 0 : 1), .id(recorded.contact),
                    .blob(recorded.firstKey), .blob(sealed),
                ],
                with: activityInsertion
            )
        }
    }

    /// The keys of those who have one.
    private func contactKeys(
        of contacts: Set<ContactID>
    ) throws(StoreError) -> [ContactID: SymmetricKey] {
        guard !contacts.isEmpty else { return [:] }
        let found = try rows(
            wrappedKeys + connection.dialect.isAmongKeys,
            .keys(contacts.map(\.bytes))
        )
        var keys: [ContactID: SymmetricKey] = [:]
        for row in found {
            let contact: ContactID = try row.id(0)
            keys[contact] = try unwrap(row.blob(1), of: contact)
        }
        return keys
    }

    private func seal(
        _ recorded: RecordedActivity,
        with key: SymmetricKey
    ) throws(StoreError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let contact = recorded.contact,
            let bytes = try? encoder.encode(recorded.activity.details)
        else { throw StoreError(.corrupt, "an event's details could not be encoded") }
        return try HeedStore.seal(
            Array(bytes),
            with: key,
            label: SealedPlace.activity(recorded.id).label(of: contact),
            in: surroundings
        )
    }

    /// The details of an event whose id is in the first column, unsealed; nothing without the key.
    func activityDetails(
        in row: Row,
        at column: Int,
        of contact: ContactID,
        with key: SymmetricKey?
    ) throws(StoreError) -> ActivityDetails {
        guard let sealed = try row.optionalBlob(column), let key else {
            return ActivityDetails(telling: nil, ip: nil, userAgent: nil)
        }
        let place = SealedPlace.activity(try row.blob(0))
        let bytes = try open(sealed, of: contact, as: place, with: key)
        guard let details = try? JSONDecoder().decode(ActivityDetails.self, from: Data(bytes))
        else {
            throw StoreError(.corrupt, "an event's details are not readable")
        }
        return details
    }
}

private let wrappedKeys: SQL = "SELECT contact_id, wrapped FROM contact_keys WHERE contact_id "

/// Activities of one campaign and scope.
package struct StoredActivityCounts: Hashable, Sendable {
    /// The campaign; nil where none was named.
    package let campaign: String?
    /// The scope; nil where none was named.
    package let scope: String?
    /// How many there are.
    package var counts: ActivityCounts
}

extension Transaction {
    /// Counts what happened from one instant to before another, by campaign and scope.
    package func activityCounts(
        from start: Timestamp,
        to end: Timestamp,
        campaign: String?,
        scope: ScopeName?
    ) throws(StoreError) -> [StoredActivityCounts] {
        let found = try rows(
            "SELECT campaign, scope, kind, count(*), count(*) FILTER (WHERE is_first = 1) "
                + "FROM events WHERE at >= $1 AND at < $2 "
                + "AND coalesce(campaign, '') = coalesce($3, campaign, '') "
                + "AND coalesce(scope, '') = coalesce($4, scope, '') "
                + "GROUP BY campaign, scope, kind "
                + "ORDER BY coalesce(campaign, ''), coalesce(scope, ''), kind",
            .time(start),
            .time(end),
            .text(campaign),
            .text(scope?.text)
        )
        var counts: [StoredActivityCounts] = []
        for row in found {
            let (campaign, scope) = (try row.optionalText(0), try row.optionalText(1))
            if counts.last?.campaign != campaign || counts.last?.scope != scope || counts.isEmpty {
                counts.append(
                    StoredActivityCounts(campaign: campaign, scope: scope, counts: .init())
                )
            }
            let count = ActivityCounts.Count(
                total: try row.integer(3),
                unique: try row.integer(4)
            )
            counts[counts.count - 1].counts.add(count, of: try row.word(2))
        }
        return counts
    }

    /// Activities before a horizon after another one, oldest first, at most `limit`, with whether
    /// each may go.
    package func oldActivities(
        after last: ActivityPlace?,
        before horizon: Timestamp,
        limit: Int64
    ) throws(StoreError) -> [PurgeCandidate<ActivityPlace>] {
        let found = try rows(
            "SELECT e.id, true, EXISTS (SELECT 1 FROM legal_holds h "
                + "WHERE h.contact_id IS NULL OR h.contact_id = e.contact_id), "
                + "false, e.at FROM events e WHERE (e.at, e.id) > ($1, $2) AND e.at < $3 "
                + "ORDER BY e.at, e.id LIMIT $4",
            .integer(last?.at.microseconds ?? .min),
            .blob(last?.id ?? []),
            .time(horizon),
            .integer(limit)
        )
        var candidates: [PurgeCandidate<ActivityPlace>] = []
        for row in found {
            let place = ActivityPlace(at: try row.time(4), id: try row.blob(0))
            candidates.append(try PurgeCandidate(place, row))
        }
        return candidates
    }

    func deleteActivity(_ id: [UInt8]) throws(StoreError) {
        try execute("DELETE FROM events WHERE id = $1", .blob(id))
    }

    /// Leaves what happened to be counted, and takes away whom it happened to.
    func anonymiseActivities(of contact: ContactID) throws(StoreError) {
        try execute(
            "UPDATE events SET contact_id = NULL, first_key = NULL, sealed = NULL "
                + "WHERE contact_id = $1",
            .id(contact)
        )
    }
}

/// Where an activity is in the order of time.
package struct ActivityPlace: Hashable, Sendable {
    /// When it happened.
    package let at: Timestamp
    /// Its id.
    package let id: [UInt8]
}
