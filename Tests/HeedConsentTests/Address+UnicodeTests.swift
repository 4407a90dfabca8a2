// Domains in Unicode against values of the Python package idna 3.13 (`encode(…, uts46=True)`).

import Testing

@testable import HeedConsent

@Suite("Address: Unicode")
struct AddressUnicodeTests {
    static let domains = [
        ("café.example", "xn--caf-dma.example"),
        ("CAFÉ.example", "xn--caf-dma.example"),
        ("cafe\u{301}.example", "xn--caf-dma.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("faß.de", "xn--fa-hia.de"),
        ("βόλος.com", "xn--nxasmm1c.com"),
        ("ΒΌΛΟΣ.com", "xn--nxasmq6b.com"),
        ("例え.jp", "xn--r8jz45g.jp"),
        ("نامه\u{200C}ای.com", "xn--mgba3gch31f060k.com"),
        ("ｅｘａｍｐｌｅ.com", "example.com"),
        ("ex\u{3002}ample.com", "ex.ample.com"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp"),
        ("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f"),
        ("उदाहरण.परीक्षा", "xn--p1b6ci4b4b3a.xn--11b5bs3a9aj6g"),
        ("예.한국", "xn--2j5b.xn--3e0b707e"),
        ("ä.ö.ü.example", "xn--4ca.xn--nda.xn--tda.example"),
        ("ǆ.example", "xn--d-toa.example"),
        ("öbb.at", "xn--bb-eka.at"),
        ("łódź.pl", "xn--d-uga0v4h.pl"),
        ("İstanbul.example", "xn--istanbul-o0e.example"),
        ("ıstanbul.example", "xn--stanbul-qfb.example"),
        ("ﬁsh.example", "fish.example"),
        ("x\u{AD}.example", "x.example"),
    ]

    @Test(arguments: domains)
    func aLabels(_ domain: String, _ expected: String) throws {
        #expect(asciiDomain(domain) == expected)
        #expect(try Address(email: "a@\(domain)").match == "a@\(expected)")
    }

    @Test(arguments: domains)
    func aLabelsStayAsTheyAre(_ domain: String, _ encoded: String) throws {
        #expect(asciiDomain(encoded) == encoded)
        #expect(asciiDomain(encoded.uppercased()) == encoded)
        #expect(
            try Address(email: "a@\(encoded.uppercased())").match
                == Address(email: "A@\(domain)").match
        )
    }

    @Test(arguments: ["ü/x", "ü:80", "ü@x", "ü%41", "ü?x", "ü#x", "ü\u{0}"])
    func whatIsNoHostHasNoALabel(_ domain: String) {
        let encoded = asciiDomain(domain)
        #expect(encoded?.contains("@") != true)
        #expect(throws: Refusal.self) { try Address(email: "a@\(domain).example") }
    }

    @Test(arguments: [
        ("plain", "plain"), ("e\u{301}", "\u{E9}"), ("\u{212B}", "\u{C5}"),
        ("\u{1100}\u{1161}", "\u{AC00}"), ("q\u{307}\u{323}", "q\u{323}\u{307}"),
        ("ﬁ", "ﬁ"), ("ｅ", "ｅ"),
    ])
    func composes(_ text: String, _ expected: String) {
        #expect(scalars(normalisationFormC(text)) == scalars(expected))
    }
}
