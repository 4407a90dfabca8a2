// Leaf, node and plain hashes against published values, and the forms of a hash.

import Crypto
import HeedLedger
import Testing

@Suite struct HashTests {
    @Test func emptyTreeIsHashOfNothing() {
        #expect(Hash.emptyTree.hex == PublicVectors.roots[0])
    }

    @Test func leafHasItsPrefix() {
        #expect(Hash.leaf([]).hex == PublicVectors.roots[1])
        let helloWorld = Hash.leaf(Array("hello world".utf8))
        #expect(helloWorld.base64 == "TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=")
    }

    @Test(arguments: [0, 1, 55, 56, 63, 64, 65, 1000, 65_535])
    func leafMatchesPlainHashing(length: Int) {
        let data = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 7) }
        #expect(Hash.leaf(data).bytes == Array(SHA256.hash(data: [0x00] + data)))
        #expect(Hash.sha256(data).bytes == Array(SHA256.hash(data: data)))
    }

    @Test func nodeHasItsPrefixAndOrder() {
        let (left, right) = (Hash.leaf([1]), Hash.leaf([2]))
        let expected = SHA256.hash(data: [0x01] + left.bytes + right.bytes)
        #expect(Hash.node(left, right).bytes == Array(expected))
        #expect(Hash.node(left, right) != Hash.node(right, left))
    }

    @Test func bytesAndTextReturnTheSameHash() throws {
        let hash = Hash.sha256([1, 2, 3])
        #expect(try Hash(bytes: hash.bytes) == hash)
        #expect(try Hash(base64: hash.base64.utf8) == hash)
        #expect(hash.hex.utf8.count == 64)
        #expect("\(hash)" == hash.base64)
        var bytes: [UInt8] = [9]
        hash.append(to: &bytes)
        #expect(bytes == [9] + hash.bytes)
    }

    @Test(arguments: [0, 31, 33]) func otherLengthsAreRefused(length: Int) {
        let bytes = [UInt8](repeating: 0, count: length)
        #expect(refusal { _ = try Hash(bytes: bytes) } == .malformed)
        #expect(refusal { _ = try Hash(base64: Base64.encode(bytes).utf8) } == .malformed)
    }

    @Test func orderIsThatOfTheBytes() throws {
        for bit in [0, 7, 8, 63, 64, 127, 128, 200, 255] {
            let hash = Hash.sha256([UInt8(bit)])
            let other = try hash.flipping(bit: bit)
            #expect(hash != other)
            #expect((hash < other) == hash.bytes.lexicographicallyPrecedes(other.bytes))
            #expect((hash < other) != (other < hash))
        }
    }
}
