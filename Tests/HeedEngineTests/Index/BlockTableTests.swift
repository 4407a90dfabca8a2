// The table of blocks tells what applies at a key, in a form and in a scope, and whose it is.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

@Suite("Block table")
struct BlockTableTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func agreesWithAList(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = BlockTable()
        var model: [IndexedBlock] = []
        let keys = (0..<50).map { KeyWords(high: UInt64($0 % 10) << 60, low: UInt64($0)) }
        for _ in 0..<1500 {
            let key = keys.randomElement(using: &generator) ?? keys[0]
            if Int.random(in: 0..<4, using: &generator) == 0 {
                table.remove(key)
                model.removeAll { $0.key == key }
                continue
            }
            let reason = SuppressionReason.allCases.randomElement(using: &generator) ?? .legal
            let block = IndexedBlock(
                key: key,
                isWidened: Bool.random(using: &generator),
                scope: [0, 1, 2, BlockTable.elsewhere].randomElement(using: &generator) ?? 0,
                facts: FactBits(reason, isPending: Bool.random(using: &generator)),
                owner: [nil, 1, 2, 3].randomElement(using: &generator) ?? nil
            )
            table.insert(block)
            model.append(block)
        }
        #expect(table.count == model.count && !model.isEmpty)
        for key in keys {
            for isWidened in [false, true] {
                for scope in 0..<3 {
                    let expected = model.filter {
                        $0.key == key && $0.isWidened == isWidened
                            && ($0.scope == 0 || Int($0.scope) == scope + 1)
                    }.reduce(FactBits.none) { $0 | $1.facts }
                    #expect(table.facts(at: key, isWidened: isWidened, in: scope) == expected)
                }
            }
            let aliases = model.filter { $0.isWidened && $0.key.hash == key.hash }.map(\.key)
            #expect(Set(table.keys(ofAlias: key.hash)) == Set(aliases))
        }
        for owner in UInt32(1)...3 {
            let expected = Set(model.filter { $0.owner == owner }.map(\.key))
            #expect(Set(table.keys(ofOwner: owner)) == expected)
        }
    }
}
