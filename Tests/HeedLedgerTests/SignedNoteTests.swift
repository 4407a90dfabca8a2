// Notes: published ones, and the rules for malformed, unknown, bad and repeated signatures.

import HeedLedger
import Testing

@Suite struct SignedNoteTests {
    private let peter = "\(PublicVectors.text)\n— PeterNeumann \(PublicVectors.signature)\n"
    /// The example of C2SP signed-note.
    private let fooKey =
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    private let foo =
        "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tn"
        + "agv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"

    @Test func publishedNotesVerify() throws {
        for (text, key) in [(peter, PublicVectors.verifier), (foo, fooKey)] {
            let note = try SignedNote(bytes: text.utf8)
            #expect(try note.verified(by: [NoteVerifier(text: key)]) == note.signatures)
            #expect(note.bytes == Array(text.utf8))
        }
    }

    @Test func unknownKeysAreIgnoredAndAloneAreNotEnough() throws {
        let note = try SignedNote(bytes: peter.utf8)
        let foo = try NoteVerifier(text: fooKey)
        #expect(refusal { _ = try note.verified(by: [foo]) } == .noKnownSignature)
        #expect(refusal { _ = try note.verified(by: []) } == .noKnownSignature)
        let both = try [foo, NoteVerifier(text: PublicVectors.verifier)]
        #expect(try note.verified(by: both).count == 1)
    }

    @Test func everyBitOfTextAndSignatureCounts() throws {
        let key = try NoteVerifier(text: PublicVectors.verifier)
        let note = try SignedNote(bytes: peter.utf8)
        let signature = try #require(note.signatures.first)
        for bit in 0..<512 {
            var bytes = signature.bytes
            bytes[bit / 8] ^= 1 << (bit % 8)
            let spoiled = Base64.encode([0xc7, 0x4f, 0x20, 0xa3] + bytes)
            let text = "\(PublicVectors.text)\n— PeterNeumann \(spoiled)\n"
            let other = try SignedNote(bytes: text.utf8)
            #expect(refusal { _ = try other.verified(by: [key]) } == .badSignature)
        }
        let words = Array(PublicVectors.text.utf8)
        for position in words.indices.dropLast() {
            var text = words
            text[position] = text[position] == 0x41 ? 0x42 : 0x41
            let bytes = text + Array("\n— PeterNeumann \(PublicVectors.signature)\n".utf8)
            let other = try SignedNote(bytes: bytes)
            #expect(refusal { _ = try other.verified(by: [key]) } == .badSignature)
        }
    }

    @Test func oneBadSignatureOfAKnownKeyCondemnsTheNote() throws {
        let (log, other) = try (signer(1), signer(2))
        let elsewhere = try other.sign("something else\n")
        var note = try SignedNote(text: "text\n")
        try note.sign(with: log)
        try note.add(elsewhere)
        #expect(
            refusal { _ = try note.verified(by: [log.verifier, other.verifier]) } == .badSignature
        )
        #expect(try note.verified(by: [log.verifier]).count == 1)
        try note.add(log.sign("something else\n"))
        #expect(refusal { _ = try note.verified(by: [log.verifier]) } == .badSignature)
    }

    @Test func repeatedSignaturesCountOnce() throws {
        let log = try signer(1)
        var note = try SignedNote(text: "text\n")
        try note.sign(with: log)
        try note.add(log.sign("text\n"))
        let bytes = note.bytes + Array("\(note.signatures[0].line)\n".utf8)
        let read = try SignedNote(bytes: bytes)
        #expect(try read.verified(by: [log.verifier, log.verifier]).count == 1)
        #expect(read.signatures.filter { $0.keyID == log.verifier.id }.count <= 2)
    }

    @Test func nameAndIDMustBothMatch() throws {
        let log = try signer(1)
        let good = try log.sign("text\n")
        let encoded = Base64.encode([0, 0, 0, 1] + good.bytes)
        let otherID = try SignedNote(bytes: "text\n\n— signer1 \(encoded)\n".utf8)
        #expect(refusal { _ = try otherID.verified(by: [log.verifier]) } == .noKnownSignature)
        let line = good.line.split(separator: " ")[2]
        let otherName = try SignedNote(bytes: "text\n\n— signer2 \(line)\n".utf8)
        #expect(refusal { _ = try otherName.verified(by: [log.verifier]) } == .noKnownSignature)
    }

    @Test func theLastBlankLineSeparates() throws {
        let log = try signer(1)
        let text = "one\n\ntwo\n\n— signer1 AAAAAAE=\n"
        var note = try SignedNote(text: text)
        try note.sign(with: log)
        let read = try SignedNote(bytes: note.bytes)
        #expect(read.text == text)
        #expect(try read.verified(by: [log.verifier]).count == 1)
    }

    @Test func otherNotesAreRefused() {
        let line = "— a AAAAAAE=\n"
        for text in [
            "", "\n", "\n\n", "text\n", "text\n\n", "text\n\(line)", "text\n\n\(line)\n",
            "text\n\n\(line)x\n", "text\n\n\(line.dropLast())", "\n\(line)", "te\rxt\n\n\(line)",
            "te\u{0}xt\n\n\(line)", "text\n\n\(line)\n\n", "\(line)",
        ] {
            #expect(refusal { _ = try SignedNote(bytes: text.utf8) } == .malformed, "\(text)")
        }
        let bytes = [0xff] + Array("text\n\n\(line)".utf8)
        #expect(refusal { _ = try SignedNote(bytes: bytes) } == .malformed)
        #expect(refusal { _ = try SignedNote(text: "no newline") } == .malformed)
        #expect(refusal { _ = try SignedNote(text: "a\tb\n") } == .malformed)
    }

    @Test func limits() throws {
        func note(_ count: Int) -> String {
            "text\n\n" + (1...count).map { "— a\($0) AAAAAAE=\n" }.joined()
        }
        #expect(try SignedNote(bytes: note(100).utf8).signatures.count == 100)
        #expect(refusal { _ = try SignedNote(bytes: note(101).utf8) } == .tooLarge)
        var full = try SignedNote(bytes: note(100).utf8)
        let log = try signer(1)
        #expect(refusal { try full.sign(with: log) } == .tooLarge)
        let long = [UInt8](repeating: 0x61, count: SignedNote.maximumByteCount + 1)
        #expect(refusal { _ = try SignedNote(bytes: long) } == .tooLarge)
    }

    private func signer(_ number: UInt8) throws -> NoteSigner {
        try NoteSigner(name: "signer\(number)", seed: [UInt8](repeating: number, count: 32))
    }
}
