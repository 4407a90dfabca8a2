// Ranges of leaves and the perfect subtrees that make them up.

import HeedLedger
import Testing

@Suite struct SubtreeTests {
    @Test func aTreeIsOneSubtreeForEachBitOfItsSize() {
        for size in 0...130 {
            let subtrees = Subtree.covering(0..<size)
            #expect(subtrees.count == size.nonzeroBitCount)
            var next = 0
            for subtree in subtrees {
                #expect(subtree.index << subtree.level == next)
                next += 1 << subtree.level
            }
            #expect(next == size)
            #expect(zip(subtrees, subtrees.dropFirst()).allSatisfy { $0.level > $1.level })
        }
    }

    @Test func aRangeInsideATreeIsCoveredFromItsStart() {
        #expect(
            Subtree.covering(8..<15) == [
                Subtree(level: 2, index: 2), Subtree(level: 1, index: 6),
                Subtree(level: 0, index: 14),
            ]
        )
    }

    @Test func theLargestTreeHasItsSubtrees() {
        let subtrees = Subtree.covering(0..<Int.max)
        #expect(subtrees.count == 63)
        #expect(subtrees.first == Subtree(level: 62, index: 0))
    }
}
