// Every answer of a witness, as a transcript.

import HeedLedger
import Testing

@Suite struct WitnessReplyTests {
    private let request: WitnessRequest
    private let witness: NoteSigner
    private let checkpoint: Checkpoint

    init() throws {
        let log = try NoteSigner(name: "log.example", seed: [UInt8](repeating: 1, count: 32))
        witness = try NoteSigner(
            name: "w.example",
            algorithm: .cosignature,
            seed: [UInt8](repeating: 2, count: 32)
        )
        checkpoint = try Checkpoint(origin: "log.example", size: 1, root: .leaf([]))
        var note = try SignedNote(text: checkpoint.text)
        try note.sign(with: log)
        request = try WitnessRequest(oldSize: 0, path: [], checkpoint: note)
    }

    @Test func aCosignatureIsVerifiedAndOthersIgnored() throws {
        let own = try witness.cosign(checkpoint, at: 5)
        let stranger = try NoteSigner(
            name: "x.example",
            algorithm: .cosignature,
            seed: [UInt8](repeating: 3, count: 32)
        )
        let lines = try "\(stranger.cosign(checkpoint, at: 5).line)\n\(own.line)\n"
        #expect(try reply(200, lines) == .cosigned([own]))
        let foreign = try "\(stranger.cosign(checkpoint, at: 5).line)\n"
        #expect(refusal { _ = try reply(200, foreign) } == .noKnownSignature)
    }

    @Test func aCosignatureOfSomethingElseIsRefused() throws {
        let other = try Checkpoint(origin: "log.example", size: 2, root: .leaf([]))
        let line = try "\(witness.cosign(other, at: 5).line)\n"
        #expect(refusal { _ = try reply(200, line) } == .badSignature)
        #expect(refusal { _ = try reply(200, "") } == .noKnownSignature)
        #expect(refusal { _ = try reply(200, "<html>\n") } == .malformed)
    }

    @Test func aConflictNamesTheSize() throws {
        #expect(try reply(409, "17\n", type: WitnessReply.sizeContentType) == .knows(size: 17))
        #expect(try reply(409, "17\n", type: "text/plain") == .refused(status: 409))
        for body in ["", "17", "017\n", "17\n\n", "x\n"] {
            #expect(
                refusal { _ = try reply(409, body, type: WitnessReply.sizeContentType) }
                    == .malformed
            )
        }
    }

    @Test func otherStatusesHaveTheirMeaning() throws {
        #expect(try reply(404, "") == .unknownLog)
        #expect(try reply(403, "") == .untrustedSignature)
        for status in [400, 422, 500, 302] {
            #expect(try reply(status, "whatever") == .refused(status: status))
        }
    }

    private func reply(_ status: Int, _ body: String, type: String? = nil) throws -> WitnessReply {
        try WitnessReply(
            .init(status: status, contentType: type, body: Array(body.utf8)),
            to: request,
            witnesses: [witness.verifier]
        )
    }
}
