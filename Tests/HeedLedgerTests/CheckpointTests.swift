// The text of checkpoints both ways, and the opening of signed ones.

import HeedLedger
import Testing

@Suite struct CheckpointTests {
    private let root = Hash.leaf([])

    /// The example of tlog-checkpoint.
    @Test func theSpecificationsExample() throws {
        let text =
            "example.com/behind-the-sofa\n20852163\n"
            + "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        let checkpoint = try Checkpoint(text: text)
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == 20_852_163)
        #expect(checkpoint.root.base64 == "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
        #expect(checkpoint.extensions.isEmpty)
        #expect(checkpoint.text == text)
    }

    @Test func extensionsAndTheEmptyTree() throws {
        let checkpoint = try Checkpoint(
            origin: "log.example with space+plus",
            size: 0,
            root: .emptyTree,
            extensions: ["one", "two"]
        )
        #expect(checkpoint.text.hasSuffix("\n0\n\(Hash.emptyTree)\none\ntwo\n"))
        #expect(try Checkpoint(text: checkpoint.text) == checkpoint)
    }

    @Test func otherTextsAreRefused() {
        let hash = root.base64
        for text in [
            "", "\n", "o\n", "o\n1\n", "o\n1\n\(hash)", "\n1\n\(hash)\n", "o\n01\n\(hash)\n",
            "o\n-1\n\(hash)\n", "o\n\n\(hash)\n", "o\n1 \n\(hash)\n", "o\n1\n \(hash)\n",
            "o\n1\n\(hash.dropLast())\n", "o\n1\nAAAA\n", "o\n1\n\(hash)\n\n",
            "o\n1\n\(hash)\n\next\n", "o\r\n1\n\(hash)\n", "o\n1\n\(hash)\nx\ty\n",
        ] {
            #expect(refusal { _ = try Checkpoint(text: text) } == .malformed, "\(text)")
        }
        let large = "o\n9223372036854775808\n\(hash)\n"
        #expect(refusal { _ = try Checkpoint(text: large) } == .outOfRange)
    }

    @Test func otherPartsAreRefused() {
        for (origin, extensions) in [("", []), ("a\nb", []), ("o", [""]), ("o", ["a\nb"])] {
            #expect(
                refusal {
                    _ = try Checkpoint(
                        origin: origin,
                        size: 1,
                        root: root,
                        extensions: extensions
                    )
                } == .malformed
            )
        }
        #expect(
            refusal { _ = try Checkpoint(origin: "o", size: -1, root: root) } == .outOfRange
        )
    }

    @Test func aSignedCheckpointOpensForItsOwnLogOnly() throws {
        let signer = try NoteSigner(name: "log.example", seed: [UInt8](repeating: 1, count: 32))
        let other = try NoteSigner(name: "log.example", seed: [UInt8](repeating: 2, count: 32))
        let checkpoint = try Checkpoint(origin: "log.example", size: 1, root: root)
        var note = try SignedNote(text: checkpoint.text)
        try note.sign(with: signer)
        let opened = try Checkpoint(opening: note, origin: "log.example", log: signer.verifier)
        #expect(opened == checkpoint)
        #expect(
            refusal {
                _ = try Checkpoint(opening: note, origin: "log2.example", log: signer.verifier)
            } == .wrongOrigin
        )
        #expect(
            refusal {
                _ = try Checkpoint(opening: note, origin: "log.example", log: other.verifier)
            } == .noKnownSignature
        )
    }
}
