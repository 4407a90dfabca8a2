// Requests to witnesses both ways, with proofs that a witness accepts.

import HeedLedger
import Testing

@Suite struct WitnessRequestTests {
    @Test func aRequestReturns() throws {
        var reference = Reference(size: 130)
        for (old, new) in [(0, 0), (0, 130), (1, 130), (7, 64), (64, 130), (130, 130)] {
            let note = try checkpoint(new, reference.root(0..<new))
            let made = try ConsistencyProof.make(oldSize: old, newSize: new) {
                reference.hashes($0)
            }
            let request = try WitnessRequest(oldSize: old, path: made.path, checkpoint: note)
            let read = try WitnessRequest(bytes: request.bytes)
            #expect(read.bytes == request.bytes)
            #expect(try read.proof() == made)
            let (first, second) = (reference.root(0..<old), reference.root(0..<new))
            try read.proof().verifyGrowth(oldRoot: first, newRoot: second)
        }
    }

    @Test func theBodyHasTheFormOfTheSpecification() throws {
        let note = try checkpoint(7, Hash.leaf([]))
        let hashes = try PublicVectors.consistency.map { try Hash(base64: $0.utf8) }
        let request = try WitnessRequest(oldSize: 3, path: hashes, checkpoint: note)
        let head = "old 3\n" + PublicVectors.consistency.map { "\($0)\n" }.joined() + "\n"
        #expect(request.bytes == Array(head.utf8) + note.bytes)
    }

    @Test func requestsAWitnessWouldRefuseAreNotMade() throws {
        let note = try checkpoint(7, Hash.leaf([]))
        let hash = Hash.leaf([])
        #expect(make(8, [], note) == .outOfRange)
        #expect(make(-1, [], note) == .outOfRange)
        #expect(make(0, [hash], note) == .malformed)
        #expect(make(1, [Hash](repeating: hash, count: 64), note) == .malformed)
        #expect(make(1, [], try SignedNote(text: "no checkpoint\n")) == .malformed)
    }

    @Test func otherBodiesAreRefused() throws {
        let note = String(decoding: try checkpoint(7, Hash.leaf([])).bytes, as: UTF8.self)
        let hash = Hash.emptyTree.base64
        for head in [
            "", "old\n\n", "old 03\n\n", "old -1\n\n", "old 3\n", "Old 3\n\n", "old  3\n\n",
            "old 3\n\(hash)\n", "old 3\nAAAA\n\n", "old 3\n\n\n", "old 0\n\(hash)\n\n",
        ] {
            #expect(
                refusal { _ = try WitnessRequest(bytes: "\(head)\(note)".utf8) } == .malformed,
                "\(head)"
            )
        }
        let lines = String(repeating: "\(hash)\n", count: 64)
        #expect(
            refusal { _ = try WitnessRequest(bytes: "old 3\n\(lines)\n\(note)".utf8) } == .tooLarge
        )
    }

    private func make(_ old: Int, _ path: [Hash], _ note: SignedNote) -> LedgerError.Code? {
        refusal { _ = try WitnessRequest(oldSize: old, path: path, checkpoint: note) }
    }

    private func checkpoint(_ size: Int, _ root: Hash) throws -> SignedNote {
        let signer = try NoteSigner(name: "log.example", seed: [UInt8](repeating: 1, count: 32))
        let checkpoint = try Checkpoint(origin: "log.example", size: size, root: root)
        var note = try SignedNote(text: checkpoint.text)
        try note.sign(with: signer)
        return note
    }
}
