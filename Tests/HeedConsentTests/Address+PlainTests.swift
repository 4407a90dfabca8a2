// The short way gives what the full rules give, for every address it takes at all.

import Testing

@testable import HeedConsent

@Suite("Plain addresses")
struct AddressPlainTests {
    @Test(arguments: [
        "a@b", "Ada@Mail.Example", "a.b+c@x-y.example", "o'neil_1@mail.example", "1@2.3", "a-@b.c",
        "A.B.C@GMAIL.com", "x@y_z.example",
    ])
    func takenTheShortWay(_ text: String) throws {
        #expect(PlainAddress(text) != nil)
        #expect(try Address(email: text) == Address(anyEmail: text, field: "address"))
    }

    @Test(arguments: [
        "", "@", "a@", "@b", "a@@b", "a@b@c", ".a@b", "a.@b", "a..b@c", "a@.b", "a@b.", "a@b..c",
        "a@-b", "a@b-", "a@b-.c", "a b@c", " a@b", "a@b ", "\"a\"@b", "ä@b", "a@ä", "a@[1.2.3.4]",
        "a@b+c", "a@b'c", "a/b@c", String(repeating: "a", count: 65) + "@b",
        "a@" + String(repeating: "b", count: 64),
    ])
    func leftToTheFullRules(_ text: String) { #expect(PlainAddress(text) == nil) }

    @Test func agreesWithTheFullRulesOnRandomText() throws {
        var generator = SeededGenerator(seed: 0xADD7E55)
        let alphabet = Array("aZ09.@+-_' \"é")
        var taken = 0
        for _ in 0..<50_000 {
            let length = Int.random(in: 3...14, using: &generator)
            let text = String(
                (0..<length).map { _ in
                    alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                }
            )
            guard PlainAddress(text) != nil else { continue }
            taken += 1
            #expect(try Address(email: text) == Address(anyEmail: text, field: "address"))
        }
        #expect(taken > 100)
    }
}
