// The table of addresses holds what was put in last, finds people's addresses, and stays small.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

@Suite("Address table")
struct AddressTableTests {
    private func permission(_ scope: Int, _ number: Int) -> IndexedPermission {
        var permission = Permission()
        permission.state = Permission.State.allCases[number % 6]
        return IndexedPermission(
            scope: scope,
            facts: FactBits(permission),
            policy: UInt16(number % 9),
            expiresAt: number.isMultiple(of: 5) ? Int64(number) : AddressTable.never
        )
    }

    private struct Entry {
        let person: ContactID
        let permission: IndexedPermission
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func agreesWithADictionary(_ seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var table = AddressTable(scopes: 2)
        var model: [KeyWords: Entry] = [:]
        for number in 0..<3000 {
            // Many keys differ in their last bytes only.
            let key = KeyWords(
                high: UInt64.random(in: 0..<40, using: &generator) << 57,
                low: UInt64.random(in: 0..<20, using: &generator)
            )
            let person = ContactID(high: 1, low: UInt64.random(in: 0..<60, using: &generator))
            let isNew = Int.random(in: 0..<3, using: &generator) > 0
            table.remove(key)
            model[key] = nil
            guard isNew else { continue }
            let entry = Entry(person: person, permission: permission(1, number))
            let keys = LookupWords(match: key, widened: KeyWords(high: key.low << 40, low: 0))
            table.insert(keys, of: person, [entry.permission])
            model[key] = entry
        }
        #expect(table.count == model.count)
        for (key, entry) in model {
            let number = try #require(table.find(key))
            #expect(table.facts(of: number, in: 1) == entry.permission.facts)
            #expect(table.facts(of: number, in: 0) == .known)
            #expect(table.policy(of: number, in: 1) == entry.permission.policy)
            #expect(table.end(of: number, in: 1) == entry.permission.expiresAt)
            #expect(table.end(of: number, in: 0) == AddressTable.never)
        }
        #expect(table.find(KeyWords(high: 1 << 63, low: 99)) == nil)
        for low in 0..<UInt64(60) {
            let person = ContactID(high: 1, low: low)
            let found = table.addresses(of: [person.tag])
            #expect(Set(found.map(\.key)) == Set(model.filter { $1.person == person }.keys))
            #expect(found.allSatisfy { $0.alias == UInt32($0.key.low << 8) })
        }
    }

    /// The promise of docs/operations: 64 bytes for a person with one scope.
    @Test(arguments: [100_000, 230_000])
    func staysSmall(_ count: Int) {
        var generator = SeededGenerator(seed: 1)
        var table = AddressTable(scopes: 1)
        for _ in 0..<count {
            let key = KeyWords(high: generator.next(), low: generator.next())
            let person = ContactID(high: 1, low: generator.next())
            table.insert(LookupWords(match: key, widened: nil), of: person, [permission(0, 1)])
        }
        #expect(table.byteCount < count * 50, "\(table.byteCount / count) bytes each")
    }
}
