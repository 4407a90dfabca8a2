// What people and programs read on standard output.

import Testing

@testable import HeedCLI

@Suite("Terminal")
struct TerminalTests {
    @Test func columnsAreAsWideAsTheyNeedToBe() {
        let lines = Terminal.lines(
            table: [["newsletter", "email"], ["é", ""], ["x", "y"]],
            headings: ["SCOPE", "CHANNEL"]
        )
        #expect(
            lines == [
                "SCOPE       CHANNEL",
                "newsletter  email",
                "é",
                "x           y",
            ]
        )
    }

    @Test func anEmptyTableHasItsHeadings() {
        #expect(Terminal.lines(table: [], headings: ["ID", "ROLE"]) == ["ID  ROLE"])
    }

    @Test func jsonIsOneSortedLine() throws {
        let line = try Terminal.json(["b": "two\nlines", "a": "https://h.example/u"])
        #expect(line == #"{"a":"https://h.example/u","b":"two\nlines"}"#)
    }
}
