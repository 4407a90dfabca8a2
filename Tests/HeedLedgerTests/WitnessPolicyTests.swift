// Quorums: who counts, and what can never be met.

import HeedLedger
import Testing

@Suite struct WitnessPolicyTests {
    @Test func oneKeyIsOneWitnessUnderAnyName() throws {
        let seed = [UInt8](repeating: 1, count: 32)
        let names = ["one.example", "two.example"]
        let keys = try names.map {
            try NoteSigner(name: $0, algorithm: .cosignature, seed: seed).verifier
        }
        #expect(refusal { _ = try WitnessPolicy(witnesses: keys, quorum: 2) } == .outOfRange)
        #expect(try WitnessPolicy(witnesses: keys, quorum: 1).quorum == 1)
    }

    @Test func quorumsStayWithinTheWitnesses() throws {
        let witness = try NoteVerifier(text: PublicVectors.witness)
        for quorum in [-1, 2] {
            #expect(
                refusal { _ = try WitnessPolicy(witnesses: [witness], quorum: quorum) }
                    == .outOfRange
            )
        }
        #expect(WitnessPolicy.none.quorum == 0)
    }

    @Test func logKeysAreNoWitnesses() throws {
        let log = try NoteVerifier(text: PublicVectors.verifier)
        #expect(
            refusal { _ = try WitnessPolicy(witnesses: [log], quorum: 1) } == .unsupportedKey
        )
    }
}
