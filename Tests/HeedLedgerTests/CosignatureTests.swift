// Timestamped cosignatures: the published one, and other bytes.

import HeedLedger
import Testing

@Suite struct CosignatureTests {
    @Test func thePublishedCosignatureHasItsTime() throws {
        let proof = try TLogProof(bytes: PublicVectors.proof.utf8)
        let witness = try NoteVerifier(text: PublicVectors.witness)
        let line = try #require(proof.checkpoint.signatures.last)
        #expect(try Cosignature(line).time == 1_679_315_147)
        #expect(witness.isValid(line, for: proof.checkpoint.text))
        let log = try #require(proof.checkpoint.signatures.first)
        #expect(!witness.isValid(log, for: proof.checkpoint.text))
    }

    @Test func thePublishedKeyMakesThePublishedCosignature() throws {
        let proof = try TLogProof(bytes: PublicVectors.proof.utf8)
        // Behind the fourth plus sign stand the type byte and the seed.
        let key = try #require(PublicVectors.signer.split(separator: "+", maxSplits: 4).last)
        let seed = try Base64.decode(key.utf8).dropFirst()
        let witness = try NoteSigner(
            name: "witness.example/w1",
            algorithm: .cosignature,
            seed: Array(seed)
        )
        #expect(witness.verifier.text == PublicVectors.witness)
        let checkpoint = try Checkpoint(text: proof.checkpoint.text)
        let signature = try witness.cosign(checkpoint, at: 1_679_315_147)
        #if os(Linux)
        // BoringSSL signs deterministically (RFC 8032 §5.1.6); CryptoKit adds randomness.
        #expect(signature == proof.checkpoint.signatures.last)
        #endif
        #expect(witness.verifier.isValid(signature, for: checkpoint.text))
    }

    @Test func anotherTimeIsAnotherSignature() throws {
        let proof = try TLogProof(bytes: PublicVectors.proof.utf8)
        let witness = try NoteVerifier(text: PublicVectors.witness)
        let line = try #require(proof.checkpoint.signatures.last)
        for bit in 0..<576 {
            var bytes = line.bytes
            bytes[bit / 8] ^= 1 << (bit % 8)
            let spoiled = try signature(bytes)
            #expect(!witness.isValid(spoiled, for: proof.checkpoint.text))
        }
    }

    @Test(arguments: [8, 64, 71, 73]) func otherLengthsAreRefused(length: Int) throws {
        let signature = try signature([UInt8](repeating: 0, count: length))
        #expect(refusal { _ = try Cosignature(signature) } == .malformed)
    }

    @Test func timesAreSigned64BitNumbers() throws {
        let zeros = [UInt8](repeating: 0, count: 71)
        let late = try signature([0x80] + zeros)
        #expect(refusal { _ = try Cosignature(late) } == .malformed)
        let last = try signature([0x7f] + [UInt8](repeating: 0xff, count: 7) + zeros.prefix(64))
        #expect(try Cosignature(last).time == Int.max)
    }

    private func signature(_ bytes: [UInt8]) throws -> NoteSignature {
        let id: [UInt8] = [0xcc, 0x9a, 0x70, 0x44]
        let line = "— witness.example/w1 \(Base64.encode(id + bytes))\n"
        return try #require(try NoteSignature.lines(line.utf8).first)
    }
}
