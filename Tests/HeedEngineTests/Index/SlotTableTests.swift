// What is put into a table is found, under however few hashes, and what was taken out is not.

import TestSupport
import Testing

@testable import HeedEngine

@Suite("Slot table")
struct SlotTableTests {
    /// Few hashes make long runs, many make short ones.
    @Test(arguments: [1, 7, 500, 1_000_000] as [UInt32], [1, 2] as [UInt64])
    func agreesWithADictionary(_ hashes: UInt32, _ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var table = SlotTable()
        // The numbers in use, each with its hash.
        var model: [Int: UInt32] = [:]
        for number in 0..<1200 {
            let hash = UInt32.random(in: 0..<hashes, using: &generator) &* 2_654_435_761
            model[number] = hash
            let known = model
            table.insert(number, hash) { known[$0] ?? 0 }
            if Int.random(in: 0..<3, using: &generator) == 0,
                let gone = model.keys.randomElement(using: &generator), let hash = model[gone]
            {
                table.remove(gone, hash)
                model[gone] = nil
            }
        }
        #expect(table.count == model.count)
        for (number, hash) in model {
            #expect(table.first(hash) { $0 == number } == number)
        }
        for number in 0..<1200 where model[number] == nil {
            #expect(table.first(model[number] ?? 0) { $0 == number } == nil)
        }
        var seen: Set<Int> = []
        for hash in Set(model.values) { table.forEach(hash) { seen.insert($0) } }
        #expect(seen == Set(model.keys))
    }

    /// An index is read in the order of keys.
    @Test func hashesInOrderMakeNoLongRuns() {
        let count: UInt32 = 20_000
        var table = SlotTable(capacity: Int(count))
        for number in 0..<count {
            let hash = number * (UInt32.max / count)
            var steps = 0
            table.forEach(hash) { _ in steps += 1 }
            #expect(steps < 20)
            table.insert(Int(number), hash) { _ in
                Issue.record("it had room, and was made anew")
                return 0
            }
        }
        #expect(table.count == Int(count))
    }

    @Test func anEmptyOneFindsNothing() {
        #expect(SlotTable().first(.max) { _ in true } == nil)
    }

    /// Doubling would take up to twice that.
    @Test func growsByAnEighth() {
        var array: ContiguousArray<UInt64> = []
        for number in 0..<100_000 { array.add(UInt64(number)) }
        #expect(array.count == 100_000 && array[99_999] == 99_999)
        #expect(array.byteCount < 100_000 * 8 * 5 / 4)
    }
}
