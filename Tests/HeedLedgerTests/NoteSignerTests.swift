// Private note keys: the published one signs the published note, and none shows its seed.

import HeedLedger
import Testing

@Suite struct NoteSignerTests {
    @Test func thePublishedKeySignsThePublishedNote() throws {
        let signer = try NoteSigner(secretText: PublicVectors.signer)
        #expect(signer.verifier.text == PublicVectors.verifier)
        #expect(signer.secretText == PublicVectors.signer)
        let signature = try signer.sign(PublicVectors.text)
        #expect(signer.verifier.isValid(signature, for: PublicVectors.text))
        #if os(Linux)
        // BoringSSL signs deterministically (RFC 8032 §5.1.6); CryptoKit adds randomness.
        #expect(signature.line == "— PeterNeumann \(PublicVectors.signature)")
        #endif
    }

    @Test func aCosignerSignsCheckpointsOnly() throws {
        let seed = [UInt8](repeating: 5, count: 32)
        let log = try NoteSigner(name: "log.example", seed: seed)
        let witness = try NoteSigner(name: "w.example", algorithm: .cosignature, seed: seed)
        #expect(try NoteSigner(secretText: witness.secretText).verifier == witness.verifier)
        let checkpoint = try Checkpoint(origin: "log.example", size: 0, root: .emptyTree)
        #expect(refusal { _ = try witness.sign(checkpoint.text) } == .unsupportedKey)
        #expect(refusal { _ = try log.cosign(checkpoint, at: 1) } == .unsupportedKey)
        #expect(refusal { _ = try witness.cosign(checkpoint, at: -1) } == .outOfRange)
        let signature = try witness.cosign(checkpoint, at: 1_679_315_147)
        #expect(witness.verifier.isValid(signature, for: checkpoint.text))
        #expect(!witness.verifier.isValid(signature, for: checkpoint.text + "more\n"))
    }

    @Test func nothingPrintsTheSeed() throws {
        let signer = try NoteSigner(secretText: PublicVectors.signer)
        #expect("\(signer)" == PublicVectors.verifier)
        #expect(String(reflecting: signer) == PublicVectors.verifier)
    }

    @Test(arguments: [
        "", "PRIVATE+KEY+", PublicVectors.verifier, "private+key+" + PublicVectors.verifier,
        "PRIVATE+KEY+" + PublicVectors.verifier,
        "PRIVATE+KEY+PeterNeumann+c74f20a4+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz",
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDF=",
    ])
    func spoiledTextsAreRefused(text: String) {
        #expect(refusal { _ = try NoteSigner(secretText: text) } == .malformed)
    }

    @Test func seedsHaveThirtyTwoBytes() {
        #expect(refusal { _ = try NoteSigner(name: "a", seed: [1]) } == .malformed)
        let seed = [UInt8](repeating: 1, count: 32)
        #expect(refusal { _ = try NoteSigner(name: "a b", seed: seed) } == .malformed)
    }
}
