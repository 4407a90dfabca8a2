// The cursor over lines: numbers, hashes and bytes that Unicode would join.

import HeedLedger
import Testing

@Suite struct LinesTests {
    @Test func linesEndInNewlinesOnly() throws {
        var lines = Lines("a\r\nb\n\nc".utf8)
        #expect(try Array(lines.next()) == Array("a\r".utf8))
        #expect(try Array(lines.next()) == Array("b".utf8))
        #expect(try lines.next().isEmpty)
        #expect(!lines.isAtEnd)
        #expect(refusal { _ = try lines.next() } == .malformed)
    }

    @Test(arguments: [
        ("0", 0), ("1", 1), ("10", 10), ("9223372036854775807", Int.max),
    ])
    func numbers(text: String, value: Int) throws {
        #expect(try ArraySlice(text.utf8).decimal() == value)
    }

    @Test(arguments: ["", "00", "01", "-1", "+1", " 1", "1 ", "1a", "٣"])
    func otherNumbersAreRefused(text: String) {
        #expect(refusal { _ = try ArraySlice(text.utf8).decimal() } == .malformed)
    }

    @Test(arguments: ["9223372036854775808", "18446744073709551616", "99999999999999999999"])
    func largeNumbersAreRefused(text: String) {
        #expect(refusal { _ = try ArraySlice(text.utf8).decimal() } == .outOfRange)
    }

    @Test func hashesEndAtTheBlankLine() throws {
        let hash = Hash.leaf([])
        var lines = Lines("\(hash)\n\(hash)\n\nrest".utf8)
        #expect(try lines.hashesToBlankLine(limit: 2) == [hash, hash])
        #expect(Array(lines.rest) == Array("rest".utf8))
        var long = Lines("\(hash)\n\(hash)\n\n".utf8)
        #expect(refusal { _ = try long.hashesToBlankLine(limit: 1) } == .tooLarge)
        var open = Lines("\(hash)\n".utf8)
        #expect(refusal { _ = try open.hashesToBlankLine(limit: 9) } == .malformed)
    }

    @Test func textIsStrictUTF8() throws {
        #expect(try ArraySlice("é".utf8).text() == "é")
        for bytes: [UInt8] in [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80]] {
            #expect(refusal { _ = try ArraySlice(bytes).text() } == .malformed)
        }
    }

    @Test func spellingsOfOneLetterAreDifferentBytes() {
        #expect("\u{e9}" == "e\u{301}")
        #expect(!"\u{e9}".hasSameBytes(as: "e\u{301}"))
    }
}
