// Quorums as trees: who is enough, and how many are enough whoever they are.

import HeedLedger
import Testing

@Suite struct QuorumTests {
    private func witness(_ number: UInt8) -> Quorum { .witness(publicKey: [number]) }

    private func group(_ threshold: Int, _ members: Quorum...) -> Quorum {
        .group(threshold: threshold, members: members)
    }

    @Test func aSetIsEnoughOrNot() {
        let rule = group(
            2,
            group(2, witness(1), witness(2), witness(3)),
            group(1, witness(4), witness(5)),
            witness(6)
        )
        for (keys, isEnough) in [
            ([], false), ([1, 2, 4], true), ([1, 2, 3], false), ([1, 4, 5], false), ([4, 6], true),
            ([1, 2, 6], true), ([7, 8, 9], false),
        ] as [([UInt8], Bool)] {
            #expect(rule.isSatisfied(by: Set(keys.map { [$0] })) == isEnough, "\(keys)")
        }
        #expect(Quorum.none.isSatisfied(by: []))
    }

    /// The number against a search through all sets of witnesses.
    @Test func theNumberIsThatOfTheWorstSet() throws {
        let keys = try (1...5).map { number in
            try NoteSigner(
                name: "w\(number).example",
                algorithm: .cosignature,
                seed: [UInt8](repeating: UInt8(number), count: 32)
            ).verifier
        }
        let all = keys.map { Quorum.witness(publicKey: $0.publicKey) }
        let rules: [Quorum] = [
            .none, all[0], group(1, all[0], all[1]), group(2, all[0], all[1], all[2]),
            group(5, all[0], all[1], all[2], all[3], all[4]),
            group(2, group(2, all[0], all[1], all[2]), group(1, all[3], all[4])),
            group(1, group(2, all[0], all[1], all[2]), all[3]),
            group(2, group(1, all[0], all[1]), all[2], group(2, all[3], all[4])),
        ]
        for rule in rules {
            let policy = try WitnessPolicy(witnesses: keys, rule: rule)
            let sets = (0..<32).map { set in keys.indices.filter { set >> $0 & 1 == 1 } }
            let bad = sets.filter { set in
                !rule.isSatisfied(by: Set(set.map { keys[$0].publicKey }))
            }
            #expect(policy.quorum == bad.map { $0.count + 1 }.max() ?? 0, "\(rule)")
        }
    }

    @Test func nobodyIsCountedTwiceAndNobodyElse() throws {
        let key = try NoteVerifier(text: PublicVectors.witness)
        let known = Quorum.witness(publicKey: key.publicKey)
        for rule in [group(1, known, known), group(1, known, witness(9)), group(2, known)] {
            #expect(
                refusal { _ = try WitnessPolicy(witnesses: [key], rule: rule) } == .outOfRange
            )
        }
        #expect(try WitnessPolicy(witnesses: [key], rule: known).quorum == 1)
    }
}
