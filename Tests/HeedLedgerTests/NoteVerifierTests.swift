// Public note keys: published ones, and spoiled ones.

import HeedLedger
import Testing

@Suite struct NoteVerifierTests {
    @Test(arguments: [
        (PublicVectors.verifier, "PeterNeumann", 0xc74f_20a3, NoteAlgorithm.ed25519),
        (PublicVectors.witness, "witness.example/w1", 0xcc9a_7044, .cosignature),
        (
            "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
            "example.com/foo", 0x530d_903a, .ed25519
        ),
    ])
    func publishedKeys(text: String, name: String, id: UInt32, kind: NoteAlgorithm) throws {
        let key = try NoteVerifier(text: text)
        #expect(key.name == name)
        #expect(key.id == id)
        #expect(key.algorithm == kind)
        #expect(key.text == text)
    }

    @Test(arguments: [
        "", "+", "++", "PeterNeumann", "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeuman+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n",
    ])
    func spoiledTextsAreRefused(text: String) {
        #expect(refusal { _ = try NoteVerifier(text: text) } == .malformed)
    }

    @Test func otherKindsOfKeyAreNamed() {
        let key = Base64.encode([0x06] + [UInt8](repeating: 0, count: 1312))
        #expect(refusal { _ = try NoteVerifier(text: "w+00000000+\(key)") } == .unsupportedKey)
    }

    @Test func otherPartsAreRefused() {
        let key = [UInt8](repeating: 1, count: 32)
        #expect(refusal { _ = try NoteVerifier(name: "a b", publicKey: key) } == .malformed)
        #expect(refusal { _ = try NoteVerifier(name: "a", publicKey: key + [1]) } == .malformed)
    }
}
