// Which addresses are one person, which are refused, and that no refusal repeats the address.

import Testing

@testable import HeedConsent

@Suite("Address: the form that identifies a person")
struct AddressTests {
    @Test(arguments: [
        ("user@mail.example", "user@mail.example"),
        ("USER@Mail.Example", "user@mail.example"),
        ("user@EXAMPLE.COM.", "user@example.com"),
        (" \t user@mail.example \r\n", "user@mail.example"),
        ("\u{A0}user@mail.example\u{3000}", "user@mail.example"),
        ("\u{FEFF}user@mail.example\u{200B}", "user@mail.example"),
        ("Großes@café.example", "großes@xn--caf-dma.example"),
        ("Gro\u{DF}es@cafe\u{301}.example", "gro\u{DF}es@xn--caf-dma.example"),
        ("e\u{301}mile@mail.example", "\u{E9}mile@mail.example"),
        ("\u{212B}sa@mail.example", "\u{E5}sa@mail.example"),
        ("J\u{30C}@mail.example", "\u{1F0}@mail.example"),
        ("ΟΔΟΣ@mail.example", "οδοσ@mail.example"),
        ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
        ("🙂@mail.example", "🙂@mail.example"),
        ("a\u{200D}b@mail.example", "a\u{200D}b@mail.example"),
        ("a+tag@mail.example", "a+tag@mail.example"),
        ("!#$%&'*+-/=?^_`{|}~@mail.example", "!#$%&'*+-/=?^_`{|}~@mail.example"),
        ("a@localhost", "a@localhost"),
        ("a@sub_domain.example", "a@sub_domain.example"),
        ("a@127.0.0.1", "a@127.0.0.1"),
    ])
    func match(_ given: String, _ expected: String) throws {
        let address = try Address(email: given)
        // Bytes, because a keyed hash sees them: `==` on strings takes é and e + ́ as equal.
        #expect(Array(address.match.utf8) == Array(expected.utf8), "\(scalars(address.match))")
        #expect(address.channel == .email)
    }

    @Test(arguments: [
        ("\"a b\"@x", "\"a b\"@x"),
        ("\"A B\"@X", "\"a b\"@x"),
        ("\"a\\ b\"@x", "\"a b\"@x"),
        ("\"ab\"@x", "ab@x"),
        ("\"a.b\"@x", "a.b@x"),
        ("\"a\\.b\"@x", "a.b@x"),
        ("\"a@b\"@x", "\"a@b\"@x"),
        ("\"a\\\"b\"@x", "\"a\\\"b\"@x"),
        ("\"a\\\\b\"@x", "\"a\\\\b\"@x"),
        ("\"a..b\"@x", "\"a..b\"@x"),
        ("\".a\"@x", "\".a\"@x"),
        ("\"é b\"@x", "\"é b\"@x"),
        ("\"é\"@x", "é@x"),
    ])
    func quotesOnlyWhereNeeded(_ given: String, _ expected: String) throws {
        #expect(try Address(email: given).match == expected)
    }

    @Test(arguments: [
        ("a@[192.0.2.1]", "a@[192.0.2.1]"),
        ("a@[0.0.0.0]", "a@[0.0.0.0]"),
        ("a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]"),
        ("a@[IPv6:::1]", "a@[ipv6:::1]"),
        ("a@[IPv6:::]", "a@[ipv6:::]"),
        ("a@[IPv6:1:2:3:4:5:6:7:8]", "a@[ipv6:1:2:3:4:5:6:7:8]"),
        ("a@[IPv6:1:2:3:4:5:6:7::]", "a@[ipv6:1:2:3:4:5:6:7::]"),
        ("a@[IPv6:::ffff:192.0.2.1]", "a@[ipv6:::ffff:192.0.2.1]"),
        ("a@[IPv6:1:2:3:4:5:6:192.0.2.1]", "a@[ipv6:1:2:3:4:5:6:192.0.2.1]"),
    ])
    func addressLiterals(_ given: String, _ expected: String) throws {
        #expect(try Address(email: given).match == expected)
    }

    @Test func theDeliveryFormIsAsGiven() throws {
        let given = "\"Großes\"@Cafe\u{301}.example."
        let address = try Address(email: "  \(given)\n")
        #expect(Array(address.delivery.utf8) == Array(given.utf8))
        #expect(try Address(email: Substring(given)).delivery == given)
    }

    @Test(arguments: [
        ("ı@mail.example", "i@mail.example"),
        ("İ@mail.example", "i@mail.example"),
        ("a@straße.example", "a@strasse.example"),
        ("ß@mail.example", "ss@mail.example"),
        ("\u{FB01}@mail.example", "fi@mail.example"),
        ("a.b@mail.example", "ab@mail.example"),
        ("\"a b\"@mail.example", "\"ab\"@mail.example"),
        ("а@mail.example", "a@mail.example"),
    ])
    func lookalikesAreOtherPeople(_ one: String, _ other: String) throws {
        let pair = (try Address(email: one), try Address(email: other))
        #expect(pair.0.match != pair.1.match)
        #expect(pair.0.widened != pair.1.widened)
    }

    @Test func readingTheMatchFormAgainChangesNothing() throws {
        var generator = SeededGenerator(seed: 0xA11CE)
        let alphabet =
            Array("abAB.+\"\\ @-_ıİßẞςΣJéｅ。🙂".unicodeScalars)
            + ["\u{30C}", "\u{301}", "\u{307}", "\u{345}", "\u{200D}", "\u{FEFF}", "\u{1F88}"]
        var read = 0
        for _ in 0..<20_000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                text.append(try #require(alphabet.randomElement(using: &generator)))
            }
            text.append(contentsOf: "@".unicodeScalars)
            for _ in 0..<Int.random(in: 0...3, using: &generator) {
                text.append(try #require(alphabet.randomElement(using: &generator)))
            }
            text.append(contentsOf: "x.example".unicodeScalars)
            guard let address = try? Address(email: String(text)) else { continue }
            read += 1
            let again = try Address(email: address.match)
            try #require(
                again.match.utf8.elementsEqual(address.match.utf8)
                    && again.widened.utf8.elementsEqual(address.widened.utf8),
                "\(scalars(String(text)))"
            )
        }
        #expect(read > 1_000)
    }
}

@Suite("Address: the form for suppression only")
struct MailboxAliasTests {
    @Test(arguments: [
        ("First.Last+list@Gmail.com", "firstlast@gmail.com"),
        ("firstlast@googlemail.com", "firstlast@gmail.com"),
        ("f.i.r.s.t@googlemail.com.", "first@gmail.com"),
        ("\"first.last\"@gmail.com", "firstlast@gmail.com"),
        ("a.b+x@outlook.com", "a.b@outlook.com"),
        ("a+x@hotmail.com", "a@hotmail.com"),
        ("a+x@live.com", "a@live.com"),
        ("a+x@msn.com", "a@msn.com"),
        ("a+x+y@fastmail.com", "a@fastmail.com"),
        ("a+x@icloud.com", "a@icloud.com"),
        ("a+x@me.com", "a@me.com"),
        ("a+x@proton.me", "a@proton.me"),
        ("a+x@protonmail.com", "a@protonmail.com"),
        ("a+x@pm.me", "a@pm.me"),
        ("base-key@yahoo.com", "base@yahoo.com"),
        ("base-key@ymail.com", "base@ymail.com"),
    ])
    func widens(_ given: String, _ expected: String) throws {
        let address = try Address(email: given)
        #expect(address.widened == expected)
        #expect(try Address(email: expected).widened == expected)
    }

    @Test(arguments: [
        "a.b+x@mail.example", "a+x@gmail.example", "a+x@mail.gmail.com", "a+x@gmail.com.example",
        "a-x@outlook.com", "a+x@yahoo.com", "a-x@gmail.com", "a.b@outlook.com", "+x@outlook.com",
        "-x@yahoo.com", "\"a b+x\"@gmail.com", "a+x@[192.0.2.1]", "a+x@xn--gmil-6na.com",
    ])
    func leavesOthersAlone(_ given: String) throws {
        let address = try Address(email: given)
        #expect(address.widened == address.match)
    }

    /// True also for the mailbox itself, since a block may have been put on one of its aliases.
    @Test(arguments: [
        ("a@gmail.com", true), ("a@outlook.com", true), ("a+x@pm.me", true), ("a@yahoo.com", true),
        ("a+x@mail.example", false), ("a@gmail.example", false), ("a@[192.0.2.1]", false),
    ])
    func knowsWhoHasAliases(_ given: String, _ expected: Bool) throws {
        #expect(try Address(email: given).hasAliases == expected)
    }

    @Test func consentIsNeverWidened() throws {
        #expect(try Address(email: "a.b+x@gmail.com").match == "a.b+x@gmail.com")
        #expect(try Address(email: "a-x@yahoo.com").match == "a-x@yahoo.com")
    }
}

@Suite("Address: refusals")
struct AddressRefusalTests {
    @Test(arguments: [
        "secret", "secret＠mail.example", "@mail.example", "secret@", "secret@.", "secret@..",
        "secret@x..", "secret@x..example", "secret@-x.example", "secret@x-.example",
        ".secret@mail.example", "secret.@mail.example", "se..cret@mail.example",
        "sec ret@mail.example", "secret@mail example", "secret@b@mail.example",
        "\"secret@mail.example", "secret\"@mail.example", "\"\"@mail.example", "\"@mail.example",
        "\"sec\"ret\"@mail.example", "\"secret\\\"@mail.example", "\"se\".cret@mail.example",
        "<secret@mail.example>", "Secret <secret@mail.example>", "secret,b@mail.example",
        "secret;b@mail.example", "secret(c)@mail.example", "mailto:secret@mail.example",
        "sec\u{0}ret@mail.example", "sec\tret@mail.example", "sec\u{7F}ret@mail.example",
        "sec\u{85}ret@mail.example", "sec\r\nret@mail.example", "\"sec\r\nret\"@mail.example",
        "\"sec\u{85}ret\"@mail.example", "\"sec\u{2028}ret\"@mail.example",
        "sec\u{A0}ret@mail.example", "sec\u{200B}ret@mail.example", "sec\u{AD}ret@mail.example",
        "sec\u{202E}ret@mail.example", "\"sec\u{200B} ret\"@mail.example",
        "secret@mail\u{0}.example", "secret@mail\r\n.example", "secret@mail%2eexample",
        "secret@mail.example:25", "secret@mail.example/x", "secret@ü/x.example",
        "secret@ü:25", "secret@ü%41.example", "secret@ü?x", "secret@ü#x", "secret@xn--.example",
        "secret@\u{301}mail.example", "secret@[192.0.2]", "secret@[192.0.2.256]",
        "secret@[+1.2.3.4]", "secret@[1.2.3.4", "secret@[]", "secret@[IPv6:]",
        "secret@[IPv6:zz::]", "secret@[IPv6:::::]", "secret@[IPv6:1:2:3:4:5:6:7]",
        "secret@[IPv6:1::2::3]", "secret@[IPv6:12345::]", "secret@[IPv6:1:2:3:4:5:6:7:8:9]",
        "secret@[IPv6:1:2:3:4:5:192.0.2.1:6]", "secret@[IPv6:1:]", "secret@[ü]",
    ])
    func namesTheFieldAndNothingElse(_ given: String) throws {
        let refusal = try #require(throws: Refusal.self) {
            try Address(email: given, field: "recipients[7]")
        }
        #expect(refusal.code == .invalid)
        #expect(refusal.field == "recipients[7]")
        for text in ["\(refusal)", refusal.message, "\(refusal.code)"] {
            #expect(!text.lowercased().contains("secret"))
            #expect(!text.contains("mail.example"))
        }
    }

    @Test(arguments: ["", " ", "\r\n\t", "\u{FEFF}", "\u{200B}\u{A0}"])
    func nothingIsMissing(_ given: String) throws {
        let refusal = try #require(throws: Refusal.self) { try Address(email: given) }
        #expect(refusal.code == .missing)
        #expect(refusal.field == "address")
    }

    @Test func theLocalPartHasAtMost64Bytes() throws {
        let longest = String(repeating: "a", count: 64)
        #expect(try Address(email: "\(longest)@x").match == "\(longest)@x")
        #expect(throws: Refusal.self) { try Address(email: "\(longest)a@x") }
        let wide = String(repeating: "é", count: 32)
        #expect(try Address(email: "\(wide)@x").match == "\(wide)@x")
        #expect(throws: Refusal.self) { try Address(email: "\(wide)a@x") }
    }

    @Test func anAddressHasAtMost254Bytes() throws {
        let label = String(repeating: "b", count: 63)
        let tail = "\(label).\(label).\(label)"
        // 64 of the local part, the sign, and 189 of the domain.
        let local = String(repeating: "a", count: 64)
        let domain = "\(tail.dropLast(2))"
        let longest = "\(local)@\(domain)"
        #expect(longest.utf8.count == 254)
        #expect(try Address(email: longest).match == longest)
        #expect(try Address(email: longest + ".").match == longest)
        #expect(throws: Refusal.self) { try Address(email: longest + "b") }
        #expect(throws: Refusal.self) { try Address(email: "a@\(label)b.example") }
        #expect(throws: Refusal.self) {
            try Address(email: "a@" + String(repeating: "b", count: 100_000))
        }
    }

    @Test func theLimitIsOfTheWireFormNotOfTheOneGiven() throws {
        // Ninety characters of three bytes each are shorter in their A-label form.
        let label = String(repeating: "例", count: 15)
        let domain = Array(repeating: label, count: 6).joined(separator: ".")
        let address = try Address(email: "a@\(domain)")
        #expect(address.delivery.utf8.count > 254)
        #expect(address.match.utf8.count <= 254)
    }
}
