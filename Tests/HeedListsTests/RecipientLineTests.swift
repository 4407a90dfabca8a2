// Lines of a campaign's list, put together from pieces of any size.

import Foundation
import HeedLists
import Testing

@Suite("Recipient line")
struct RecipientLineTests {
    @Test(arguments: 1...20)
    func piecesOfAnySizeMakeTheSameLines(_ size: Int) {
        let bytes = Array("ada@mail.example\r\n\n  béa@mail.example\nlast".utf8)
        var buffer = LineBuffer()
        for start in stride(from: 0, to: bytes.count, by: size) {
            buffer.add(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(buffer.takeAll().map(\.text) == ["ada@mail.example", "béa@mail.example"])
        buffer.end()
        let last = buffer.takeAll()
        #expect(last.map(\.text) == ["last"])
        // Blank lines are counted, so that a number leads to its line.
        #expect(last.map(\.number) == [4])
        #expect(buffer.next() == nil)
    }

    /// All of Unicode's white space, as CharacterSet has it, and none of a line's inside.
    @Test(arguments: [
        ("a b", "a b"), (" \t\u{B}\u{C}a\r", "a"), ("\u{A0}a\u{2003}", "a"), ("a\u{85}", "a"),
        (" \u{2028} a \u{3000} ", "a"), ("\u{1C}a\u{1F}", "\u{1C}a\u{1F}"),
        ("ä", "ä"), (" \t ", ""), ("\u{A0}", ""),
    ])
    func whiteSpaceAroundALineIsNoPartOfIt(_ line: String, _ text: String) {
        #expect(line.trimmingCharacters(in: .whitespacesAndNewlines) == text)
        var buffer = LineBuffer()
        buffer.add(Array(line.utf8) + [0x0A])
        #expect(buffer.takeAll().map(\.text) == (text.isEmpty ? [] : [text]))
    }

    @Test func anEndlessLineIsCutOff() {
        var buffer = LineBuffer()
        for _ in 0..<3 { buffer.add(repeatElement(UInt8(ascii: "a"), count: 50_000)) }
        buffer.add([0x0A])
        #expect(buffer.next()?.text.utf8.count == LineBuffer.bytesMaximum)
    }

    @Test(arguments: [
        ("a@b.example", "a@b.example"), ("\"a@b.example\"", "a@b.example"),
        (#"{"email":"a@b.example"}"#, "a@b.example"), ("{}", ""), ("{", ""), ("\"", "\""),
    ])
    func theAddressOfALine(_ line: String, _ address: String) {
        #expect(RecipientLine.read(line).address == address)
    }
}

extension LineBuffer {
    /// Takes all lines that are complete.
    fileprivate mutating func takeAll() -> [Line] {
        var lines: [Line] = []
        while let line = next() { lines.append(line) }
        return lines
    }
}
