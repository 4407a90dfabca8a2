// A message's header is taken apart as it stands, and lists of URIs as RFC 2369 says.

import Testing

@testable import HeedDelivery

@Suite("Message header")
struct MessageHeaderTests {
    @Test(arguments: ["\r\n", "\n"])
    func foldedFieldsAreJoinedAndTheBodyIsLeft(_ end: String) throws {
        let lines = ["From mbox", "A: 1", "b:2", "\t3", " 4", "A: 5", "", "C: 6"]
        let lines2 = lines.joined(separator: end)
        let header = try #require(MessageHeader(Array(lines2.utf8)))
        #expect(header.fields.map(\.name) == ["A", "b", "A"])
        #expect(header.fields(named: "a").map(\.value) == [" 1", " 5"])
        #expect(header.fields(named: "B").first?.value == "2\t3 4")
        #expect(header.fields.map(\.isFolded) == [false, true, false])
        #expect(header.fields.map(\.longestLine) == [4, 3, 4])
    }

    @Test(arguments: ["", "\n\nA: 1", " folded\nA: 1", "no colon", "a b: c", ": empty", "é: 1"])
    func whatIsNoHeaderIsNone(_ text: String) { #expect(MessageHeader(Array(text.utf8)) == nil) }

    @Test(arguments: [
        ("<https://a.example/1>", ["https://a.example/1"]),
        (
            " <mailto:a@b.example> , <https://a.example/1>",
            ["mailto:a@b.example", "https://a.example/1"]
        ),
        (
            "(use this) <https://a.example/ 1> (or) , (that) <mailto:x>",
            ["https://a.example/1", "mailto:x"]
        ),
        ("<a:1> and <b:2>", ["a:1"]), ("<a:1>, b:2, <c:3>", ["a:1"]), ("a:1", []), ("", []),
        ("<open", []), ("(open <a:1>", []),
    ])
    func listsAreReadAsMailProgramsDo(_ value: String, _ uris: [String]) {
        #expect(listURIs(value) == uris)
    }

    @Test func tagsOfASignatureAreReadWithoutSpace() {
        let tags = signatureTags(" v=1; a = rsa-sha256;h=From : \t To; bh=a=b==; x")
        #expect(tags == ["v": "1", "a": "rsa-sha256", "h": "From:To", "bh": "a=b=="])
    }
}
