// The derived proof verifies, each spoiled part of it does not, and other texts are refused.

import HeedLedger
import Testing

@Suite struct TLogProofTests {
    private let log: NoteVerifier
    private let policy: WitnessPolicy
    private let leaf = Hash.leaf(PublicVectors.leaves[5])

    init() throws {
        log = try NoteVerifier(text: PublicVectors.verifier)
        let witness = try NoteVerifier(text: PublicVectors.witness)
        policy = try WitnessPolicy(witnesses: [witness], quorum: 1)
    }

    @Test func thePublishedProofVerifies() throws {
        let proof = try TLogProof(bytes: PublicVectors.proof.utf8)
        #expect(proof.bytes == Array(PublicVectors.proof.utf8))
        #expect(proof.index == 5)
        #expect(proof.extra == nil)
        let head = try proof.verify(
            leaf: leaf,
            origin: "PeterNeumann",
            log: log,
            policy: policy
        )
        #expect(head.size == 7)
        #expect(head.root.hex == PublicVectors.roots[7])
    }

    @Test func ourOwnTreeMakesThePublishedProof() throws {
        let leaves = PublicVectors.leaves.prefix(7).map(Hash.leaf)
        let proof = try InclusionProof.make(index: 5, size: 7) { subtrees in
            subtrees.map { subtree in
                let range = subtree.index << subtree.level..<(subtree.index + 1) << subtree.level
                return Tree.root(of: leaves[range])
            }
        }
        let published = try TLogProof(bytes: PublicVectors.proof.utf8)
        #expect(published.path == proof.path)
        let own = TLogProof(index: 5, path: proof.path, checkpoint: published.checkpoint)
        #expect(own.bytes == Array(PublicVectors.proof.utf8))
    }

    @Test func extraDataIsCarriedAndNotTrusted() throws {
        let proof = try TLogProof(bytes: PublicVectors.proof.utf8)
        for extra in [[], [1, 2, 3]] as [[UInt8]] {
            let with = TLogProof(
                index: proof.index,
                path: proof.path,
                checkpoint: proof.checkpoint,
                extra: extra
            )
            let read = try TLogProof(bytes: with.bytes)
            #expect(read.extra == extra)
            #expect(read.bytes == with.bytes)
        }
    }

    @Test func everySpoiledPartIsRefused() throws {
        let proof = try TLogProof(bytes: PublicVectors.proof.utf8)
        #expect(code(proof, leaf: .leaf([1])) == .proofMismatch)
        #expect(code(proof, origin: "other") == .wrongOrigin)
        let other = try NoteSigner(name: "o", seed: [UInt8](repeating: 1, count: 32)).verifier
        #expect(code(proof, log: other) == .noKnownSignature)
        let moved = TLogProof(index: 4, path: proof.path, checkpoint: proof.checkpoint)
        #expect(code(moved) == .proofMismatch)
        let outside = TLogProof(index: 7, path: proof.path, checkpoint: proof.checkpoint)
        #expect(code(outside) == .outOfRange)
        let short = TLogProof(index: 5, path: [], checkpoint: proof.checkpoint)
        #expect(code(short) == .proofMismatch)
    }

    @Test func witnessesAreCountedAndTheLogIsAskedFirst() throws {
        let proof = try TLogProof(bytes: PublicVectors.proof.utf8)
        var alone = try SignedNote(text: proof.checkpoint.text)
        let first = try #require(proof.checkpoint.signatures.first)
        let last = try #require(proof.checkpoint.signatures.last)
        try alone.add(first)
        let unseen = TLogProof(index: 5, path: proof.path, checkpoint: alone)
        #expect(code(unseen) == .quorumMissing)
        var unsigned = try SignedNote(text: proof.checkpoint.text)
        try unsigned.add(last)
        let forged = TLogProof(index: 5, path: proof.path, checkpoint: unsigned)
        #expect(code(forged) == .noKnownSignature)
    }

    @Test func otherTextsAreRefused() {
        let text = PublicVectors.proof
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for dropped in 0..<8 where ![2, 3, 4].contains(dropped) {
            var rest = lines
            rest.remove(at: dropped)
            #expect(throws: LedgerError.self, "line \(dropped)") {
                try TLogProof(bytes: rest.joined(separator: "\n").utf8)
            }
        }
        for (old, new) in [
            ("@v1", "@v2"), ("index 5", "index 05"), ("index 5", "index -5"), ("index 5", "index"),
            ("index 5", "Index 5"), ("index 5", "index 5\nextra AAAA"),
            ("index 5", "extra\nindex 5"),
            ("index 5", "extra A\nindex 5"), ("index 5", "extra AAAA\nextra AAAA\nindex 5"),
            ("index 5", "index 5\n"), ("index 5", "index 5\nAAAA"), ("index 5", "index 5 "),
            ("\n7\n", "\n07\n"), ("PeterNeumann\n7", "PeterNeumann\nx\n7"),
        ] {
            guard let range = text.firstRange(of: old) else {
                Issue.record("\(old) is not in the proof")
                continue
            }
            let spoiled = text.replacingCharacters(in: range, with: new)
            #expect(refusal { _ = try TLogProof(bytes: spoiled.utf8) } == .malformed, "\(new)")
        }
    }

    @Test func noOtherBytesVerify() {
        let bytes = Array(PublicVectors.proof.utf8)
        func verifies(_ bytes: [UInt8]) -> Bool {
            guard let proof = try? TLogProof(bytes: bytes) else { return false }
            #expect(proof.bytes == bytes)
            return code(proof) == nil
        }
        #expect(verifies(bytes))
        for position in bytes.indices {
            var spoiled = [[UInt8]](repeating: bytes, count: 5)
            spoiled[0][position] ^= 0x01
            spoiled[1][position] ^= 0x20
            spoiled[2][position] ^= 0x80
            spoiled[3].remove(at: position)
            spoiled[4].insert(UInt8(ascii: "\n"), at: position)
            #expect(!spoiled.contains(where: verifies), "byte \(position)")
        }
        for length in bytes.indices {
            #expect(!verifies(Array(bytes.prefix(length))), "the first \(length) bytes")
        }
    }

    @Test func limits() {
        let hash = Hash.emptyTree.base64
        let lines = String(repeating: "\(hash)\n", count: 64)
        let long = "\(TLogProof.header)\nindex 0\n\(lines)\n"
        #expect(refusal { _ = try TLogProof(bytes: long.utf8) } == .tooLarge)
        let bytes = [UInt8](repeating: 0x61, count: TLogProof.maximumByteCount + 1)
        #expect(refusal { _ = try TLogProof(bytes: bytes) } == .tooLarge)
    }

    private func code(
        _ proof: TLogProof,
        leaf: Hash? = nil,
        origin: String = "PeterNeumann",
        log: NoteVerifier? = nil
    ) -> LedgerError.Code? {
        refusal {
            _ = try proof.verify(
                leaf: leaf ?? self.leaf,
                origin: origin,
                log: log ?? self.log,
                policy: policy
            )
        }
    }
}

extension String {
    fileprivate func replacingCharacters(in range: Range<Index>, with new: String) -> String {
        self[..<range.lowerBound] + new + self[range.upperBound...]
    }
}
