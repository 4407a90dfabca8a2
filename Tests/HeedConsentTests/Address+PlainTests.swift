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

    /// Stands for a keyed hash: the bytes themselves.
    private static func bytes(of text: String) -> (forms: [String], words: LookupWords?) {
        var forms: [String] = []
        let words = LookupWords(plain: text) { span in
            var bytes: [UInt8] = []
            for index in span.indices { bytes.append(span[index]) }
            forms.append(String(decoding: bytes, as: UTF8.self))
            return KeyWords(high: UInt64(forms.count), low: 0)
        }
        return (forms, words)
    }

    @Test(arguments: [
        "a@b", "Ada.Bauer+list@Mail.Example", "A.d.a+news@GMail.com", "a.d.a@googlemail.com",
        "ada@gmail.com", "+ada@gmail.com", "+a.d+a@gmail.com", "ada+@gmail.com", "+@gmail.com",
        "ada-x+y@yahoo.com", "-ada-x@ymail.com", "ada+x-y@proton.me", "ada@gmail.community",
        "ada+x@pm.me", "ada+x@pm.me.example", "ada+x@outlook.example", "ada.b+x@Hotmail.COM",
        String(repeating: "a", count: 64) + "@gmail.com",
    ])
    func bytesAreThoseOfTheStrings(_ text: String) throws {
        let address = try Address(anyEmail: text, field: "address")
        let (forms, words) = AddressPlainTests.bytes(of: text)
        #expect(forms.first == address.match)
        #expect((words?.widened != nil) == address.hasAliases)
        // A form that is the other one is hashed once.
        #expect(forms.count == (address.widened == address.match ? 1 : 2))
        #expect(forms.last == address.widened)
    }

    @Test func bytesAreThoseOfTheStringsAtRandom() throws {
        var generator = SeededGenerator(seed: 0xB17E5)
        let alphabet = Array("aZ09.+-_'")
        let domains = ["gmail.com", "GoogleMail.com", "yahoo.com", "pm.me", "x.example"]
        var different: [String] = []
        var taken = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 1...8, using: &generator)
            let local = (0..<length).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }
            let domain = domains[Int.random(in: 0..<domains.count, using: &generator)]
            let text = "\(String(local))@\(domain)"
            let (forms, words) = AddressPlainTests.bytes(of: text)
            guard words != nil else { continue }
            taken += 1
            let address = try Address(anyEmail: text, field: "address")
            if forms.first != address.match || forms.last != address.widened
                || (words?.widened != nil) != address.hasAliases
            {
                different.append(text)
            }
        }
        #expect(different.isEmpty, "\(different.prefix(5))")
        #expect(taken > 5000)
    }

    @Test(arguments: ["", "a@", "a@b@c", "ä@b", "a@b+c", "a@-b"])
    func theBytesOfOthersAreNotRead(_ text: String) {
        let (forms, words) = AddressPlainTests.bytes(of: text)
        #expect(forms.isEmpty && words == nil)
    }
}
