// Addresses by keyed hash, with their people's permissions in every scope, in flat arrays.

import HeedConsent
import HeedStore

extension KeyWords {
    /// What tables place a key by: its first four bytes.
    var hash: UInt32 { UInt32(truncatingIfNeeded: high >> 32) }
}

extension Identifier {
    /// Tells people apart; the few who share one are read again together.
    var tag: UInt32 { UInt32(truncatingIfNeeded: low) }
}

/// A permission as the index keeps it.
struct IndexedPermission: Sendable {
    /// Its scope's number.
    let scope: Int
    /// What it says.
    let facts: FactBits
    /// The number of the time at which the policy that was agreed to took effect.
    let policy: UInt16
    /// When a yes ends, in microseconds; `AddressTable.never` for never.
    let expiresAt: Int64
}

/// Addresses and permissions, 28 bytes for an address with one scope, and what finds them.
struct AddressTable: Sendable {
    /// A yes without an end.
    static let never = Int64.max

    private var keys: ContiguousArray<KeyWords> = []
    private var people: ContiguousArray<UInt32> = []
    /// The first four bytes of the key that covers aliases; 0 where there is none.
    private var aliases: ContiguousArray<UInt32> = []
    private var facts: [ContiguousArray<UInt16>]
    private var policies: [ContiguousArray<UInt16>]
    /// Empty for a scope in which no yes ends.
    private var ends: [ContiguousArray<Int64>]
    private var vacant: [Int] = []
    private var byKey = SlotTable()
    private var byPerson = SlotTable()

    /// Makes an empty table for so many scopes, with room for so many addresses.
    init(scopes: Int, capacity: Int = 0) {
        facts = Array(repeating: [], count: scopes)
        policies = Array(repeating: [], count: scopes)
        ends = Array(repeating: [], count: scopes)
        byKey = SlotTable(capacity: capacity)
        byPerson = SlotTable(capacity: capacity)
    }

    /// How many addresses there are.
    var count: Int { byKey.count }

    var byteCount: Int {
        keys.byteCount + people.byteCount + aliases.byteCount + byKey.byteCount
            + byPerson.byteCount + (facts + policies).reduce(0) { $0 + $1.byteCount }
            + ends.reduce(0) { $0 + $1.byteCount }
    }

    /// The number of an address; nil for one that nobody has.
    @inline(__always)
    func find(_ key: KeyWords) -> Int? { byKey.first(key.hash) { keys[$0] == key } }

    /// What is known about an address in a scope.
    func facts(of number: Int, in scope: Int) -> FactBits { FactBits(bits: facts[scope][number]) }

    /// When the policy that was agreed to took effect, as a number.
    func policy(of number: Int, in scope: Int) -> UInt16 { policies[scope][number] }

    /// When a yes ends.
    func end(of number: Int, in scope: Int) -> Int64 {
        ends[scope].isEmpty ? AddressTable.never : ends[scope][number]
    }

    /// The addresses of people with these tags, with what leads to the blocks on their aliases.
    func addresses(of tags: Set<UInt32>) -> [(key: KeyWords, alias: UInt32)] {
        var found: [(key: KeyWords, alias: UInt32)] = []
        for tag in tags {
            byPerson.forEach(tag) { number in
                if people[number] == tag { found.append((keys[number], aliases[number])) }
            }
        }
        return found
    }

    mutating func remove(_ key: KeyWords) {
        guard let number = find(key) else { return }
        byKey.remove(number, key.hash)
        byPerson.remove(number, people[number])
        vacant.append(number)
    }

    /// Puts an address in; it must not be there.
    mutating func insert(
        _ keys: LookupWords,
        of contact: ContactID,
        _ permissions: [IndexedPermission]
    ) {
        let number = vacant.popLast() ?? extend()
        self.keys[number] = keys.match
        people[number] = contact.tag
        aliases[number] = keys.widened?.hash ?? 0
        for scope in facts.indices {
            facts[scope][number] = FactBits.known.bits
            policies[scope][number] = 0
            if !ends[scope].isEmpty { ends[scope][number] = AddressTable.never }
        }
        for permission in permissions { set(permission, of: number) }
        let (allKeys, allPeople) = (self.keys, people)
        byKey.insert(number, keys.match.hash) { allKeys[$0].hash }
        byPerson.insert(number, contact.tag) { allPeople[$0] }
    }

    private mutating func set(_ permission: IndexedPermission, of number: Int) {
        let scope = permission.scope
        facts[scope][number] = permission.facts.bits
        policies[scope][number] = permission.policy
        if permission.expiresAt != AddressTable.never, ends[scope].isEmpty {
            ends[scope] = ContiguousArray(repeating: AddressTable.never, count: keys.count)
        }
        if !ends[scope].isEmpty { ends[scope][number] = permission.expiresAt }
    }

    private mutating func extend() -> Int {
        keys.add(KeyWords(high: 0, low: 0))
        people.add(0)
        aliases.add(0)
        for scope in facts.indices {
            facts[scope].add(0)
            policies[scope].add(0)
            if !ends[scope].isEmpty { ends[scope].add(AddressTable.never) }
        }
        return keys.count - 1
    }
}
