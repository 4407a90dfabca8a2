// Notes, proofs, tiles and policies spoiled by chance: what is good is what was signed, to the
// byte.

import HeedLedger
import TestSupport
import Testing

@Suite("Notes and proofs by chance")
struct NoteFuzzTests {
    private static let note =
        "\(PublicVectors.text)\n— PeterNeumann \(PublicVectors.signature)\n"
    private static let request =
        "old 3\n\(PublicVectors.consistency.joined(separator: "\n"))\n\n"
        + PublicVectors.proof.split(separator: "\n\n", maxSplits: 1)[1]

    /// Nil where the bytes are refused; any other error goes on.
    private func read<Value>(_ make: () throws -> Value) throws -> Value? {
        do { return try make() } catch is LedgerError { return nil }
    }

    @Test func aNoteThatVerifiesIsTheOneThatWasSigned() throws {
        let log = try NoteVerifier(text: PublicVectors.verifier)
        let other =
            try SignedNote(bytes: TLogProof(bytes: PublicVectors.proof.utf8).checkpoint.bytes)
        let signed = [PublicVectors.text, other.text].map { Array($0.utf8) }
        let corpus = [Self.note, String(decoding: other.bytes, as: UTF8.self)]
        try Fuzz("note", cases: 6000, corpus: corpus).run { tried in
            guard let note = try read({ try SignedNote(bytes: tried.input) }) else { return nil }
            let again = try SignedNote(bytes: note.bytes)
            guard again.bytes == note.bytes, again.text.utf8.elementsEqual(note.text.utf8),
                again.signatures == note.signatures
            else { return "printed it is another note" }
            if try read({ try note.verified(by: [log]) }) != nil,
                !signed.contains(Array(note.text.utf8))
            {
                return "a text that nobody signed verifies"
            }
            guard let head = try read({ try Checkpoint(text: note.text) }) else { return nil }
            return try Checkpoint(text: head.text) == head ? nil : "printed it is another head"
        }
    }

    @Test func aProofThatHoldsIsTheOneThatWasMade() throws {
        let log = try NoteVerifier(text: PublicVectors.verifier)
        let leaf = Hash.leaf(PublicVectors.leaves[5])
        let good = try TLogProof(bytes: PublicVectors.proof.utf8)
        let extra = TLogProof(
            index: 5,
            path: good.path,
            checkpoint: good.checkpoint,
            extra: [1, 2]
        )
        let corpus = [good.bytes, extra.bytes]
        try Fuzz("proof", cases: 4000, corpus: corpus).run { tried in
            guard let proof = try read({ try TLogProof(bytes: tried.input) }) else { return nil }
            guard try TLogProof(bytes: proof.bytes).bytes == proof.bytes else {
                return "printed it is another proof"
            }
            let head = try read {
                try proof.verify(leaf: leaf, origin: "PeterNeumann", log: log)
            }
            guard let head else { return nil }
            return proof.index == 5 && proof.path == good.path && head.size == 7
                ? nil : "another proof holds"
        }
    }

    @Test func aWitnessIsAskedAndAnswersInForm() throws {
        let log = try NoteVerifier(text: PublicVectors.verifier)
        let good = try WitnessRequest(bytes: Self.request.utf8)
        let roots = try [3, 7].map { try PublicVectors.root(ofSize: $0) }
        try Fuzz("witness", cases: 4000, corpus: [Self.request, "7\n", Self.note]).run { tried in
            var chance = tried.chance
            let answer = WitnessReply.Response(
                status: Bool.random(using: &chance) ? 200 : 409,
                contentType: WitnessReply.sizeContentType,
                body: tried.input
            )
            _ = try read { try WitnessReply(answer, to: good, witnesses: [log]) }
            guard let request = try read({ try WitnessRequest(bytes: tried.input) }) else {
                return nil
            }
            guard try WitnessRequest(bytes: request.bytes).bytes == request.bytes else {
                return "printed it is another request"
            }
            guard let proof = try read({ try request.proof() }) else { return nil }
            let holds: Void? = try read {
                try proof.verifyGrowth(oldRoot: roots[0], newRoot: roots[1])
            }
            return holds == nil || proof.oldSize == 3 && proof.newSize == 7
                ? nil : "other sizes have grown"
        }
    }

    @Test func pathsKeysAndPoliciesPrintAsTheyRead() throws {
        let corpus = [
            "tile/0/x001/x234/067", "tile/entries/x001/000.p/17", "tile/63/000.p/255",
            PublicVectors.verifier, PublicVectors.witness,
            "log \(PublicVectors.verifier) https://log.example/\nwitness a \(PublicVectors.witness)"
                + " https://a.example\ngroup g 1 a\nquorum g\n",
        ]
        try Fuzz("path", cases: 6000, corpus: corpus).run { tried in
            let text = tried.text
            if let path = try read({ try TilePath(text) }) {
                guard path.text.utf8.elementsEqual(text.utf8) else { return "another path" }
            }
            if let key = try read({ try NoteVerifier(text: text) }) {
                guard try NoteVerifier(text: key.text) == key else { return "another key" }
            }
            _ = try read { try TLogPolicy(bytes: tried.input) }
            return nil
        }
    }

    @Test func aBundleOfEntriesPrintsAsItReads() throws {
        let corpus = try [
            EntryBundle.encode(PublicVectors.leaves),
            EntryBundle.encode([Array(repeating: 7, count: 300)]), EntryBundle.encode([]),
        ]
        try Fuzz("entries", cases: 6000, corpus: corpus).run { tried in
            guard let entries = try read({ try EntryBundle.decode(tried.input) }) else {
                return nil
            }
            return try EntryBundle.encode(entries) == tried.input ? nil : "another bundle"
        }
    }

    /// A tile may be anything; what is proved by it leads to the root of the head or nowhere.
    @Test func aProofFromASpoiledTileLeadsNowhere() throws {
        var writer = TileWriter()
        let leaves = (0..<300).map { Hash.leaf([UInt8($0 & 0xFF), UInt8($0 >> 8)]) }
        for leaf in leaves { writer.append(leaf) }
        var tiles: [Tile: [UInt8]] = [:]
        for content in writer.takeChanged() { tiles[content.tile] = content.data }
        let (stored, root) = (tiles, writer.tree.root)
        try Fuzz("tile", cases: 600, corpus: Array(stored.values)).run { tried in
            var reader = TileReader(size: 300) { tile throws(LedgerError) in
                let data = stored[tile] ?? []
                return data == tried.original ? tried.input : data
            }
            var chance = tried.chance
            let index = Int.random(in: 0..<300, using: &chance)
            guard let proof = try read({ try reader.inclusionProof(index: index) }) else {
                return nil
            }
            let lie = Hash.leaf([])
            if try read({ try proof.verify(leaf: lie, root: root) }) != nil {
                return "a leaf that is not there is proved"
            }
            _ = try read { try reader.consistencyProof(from: max(1, index)) }
            return nil
        }
    }
}

extension PublicVectors {
    /// The root of the tree of the first reference leaves.
    fileprivate static func root(ofSize size: Int) throws -> Hash {
        try Hash(bytes: Hex.decode(roots[size].utf8))
    }
}
