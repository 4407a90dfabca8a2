// Signature lines both ways.

import HeedLedger
import Testing

@Suite struct NoteSignatureTests {
    @Test func aLineReturns() throws {
        let line = "— PeterNeumann \(PublicVectors.signature)"
        let signatures = try NoteSignature.lines("\(line)\n".utf8)
        #expect(signatures.map(\.line) == [line])
        #expect(signatures.first?.keyID == 0xc74f_20a3)
        #expect(signatures.first?.bytes.count == 64)
    }

    @Test func equalLinesAreOne() throws {
        let lines = "— a AAAAAAE=\n— b AAAAAAE=\n— a AAAAAAE=\n— a AAAAAAI=\n"
        #expect(try NoteSignature.lines(lines.utf8).count == 3)
        #expect(try NoteSignature.lines([]).isEmpty)
    }

    @Test(arguments: [
        "a AAAAAAE=", "- a AAAAAAE=", "—a AAAAAAE=", "—  AAAAAAE=", "— a", "— a ", "— aAAAAAAE=",
        "— a  AAAAAAE=", "— a AAAAAAE= ", "— a AAAAAAE", "— a AAAAAA==", "— a+b AAAAAAE=",
        "— a AAAA", "", "— a\u{a0}b AAAAAAE=", "—\u{a0}a AAAAAAE=",
    ])
    func otherLinesAreRefused(line: String) {
        #expect(refusal { _ = try NoteSignature.lines("\(line)\n".utf8) } == .malformed)
    }

    @Test func theLastLineEndsToo() {
        #expect(refusal { _ = try NoteSignature.lines("— a AAAAAAE=".utf8) } == .malformed)
    }
}
