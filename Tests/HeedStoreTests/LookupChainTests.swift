// One hash an address at any moment, and the same bytes as any other program makes of it.

import Crypto
import HeedConsent
import TestSupport
import Testing

@testable import HeedStore

@Suite("Lookup keys, one over another")
struct LookupChainTests {
    /// Keys of 32 bytes that count up, as in the vectors below.
    private func chain(_ keys: Int, bound: KeyWords? = nil) -> LookupChain {
        let all = (0..<keys).map { number in
            SymmetricKey(data: (0..<32).map { UInt8(32 * number + $0) })
        }
        return LookupChain(
            first: all[0],
            later: Array(all.dropFirst()),
            epoch: Int64(keys),
            bound: bound
        )
    }

    /// Made with Python's `hmac`: HMAC-SHA-256 of `v1|email|erin@mail.example`, then of `v1|over|`
    /// and the hash before, each cut to 16 bytes with its number in the last four bits.
    @Test(arguments: [
        (1, "03232d674d6a6d1bf21ef04ff1fa0380"), (2, "fdbc506217442fcdaaa3e69a0dd4f671"),
        (3, "af61c34bd37bef8c8a60bd3ce3530022"),
    ])
    func hashesAreWhatAnotherProgramMakes(_ keys: Int, _ hex: String) throws {
        let hash = chain(keys).hash("erin@mail.example", channel: .email)
        #expect(hexadecimal(hash.bytes) == hex)
        #expect(LookupChain.generation(of: hash) == keys - 1)
    }

    @Test func whatIsBelowTheBoundIsUnderTheNewestKeyAndTheRestIsNot() throws {
        let before = chain(2)
        let after = chain(3)
        let texts = (0..<200).map { "person\($0)@mail.example" }
        let hashes = texts.map { before.hash($0, channel: .email) }
        for bound in hashes.sorted().enumerated().filter({ $0.offset.isMultiple(of: 17) }) {
            let between = chain(3, bound: bound.element)
            for (text, old) in zip(texts, hashes) {
                let now = between.hash(text, channel: .email)
                let new = after.hash(text, channel: .email)
                #expect(now == (old < bound.element ? new : old))
                // What was hashed at any time before leads to the same place.
                #expect(between.current(old) == now)
                #expect(between.current(chain(1).hash(text, channel: .email)) == now)
                #expect(after.next(old) == new)
            }
        }
        #expect(Set(texts.map { after.hash($0, channel: .email) }).count == 200)
    }

    @Test func aHashUnderAKeyThatIsMissingLeadsNowhere() {
        let hash = chain(3).hash("erin@mail.example", channel: .email)
        #expect(chain(2).current(hash) == nil)
        #expect(chain(3).current(hash) == hash)
    }
}
