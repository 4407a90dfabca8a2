// Addresses made by chance: whatever is taken is one person for good, and nothing is a trap.

import TestSupport
import Testing

@testable import HeedConsent

@Suite("Addresses by chance")
struct AddressFuzzTests {
    private static let corpus = [
        "ada@mail.example", "Ada.Lovelace+news@GMail.com", "\"a b\"@mail.example",
        "\"a\\\"b\"@mail.example", "e\u{301}mile@cafe\u{301}.example", "用户@例え.jp",
        "a@[127.0.0.1]", "a@[IPv6:2001:db8::1]", "großes@straße.example", "x@xn--caf-dma.example",
        " \t user@mail.example \r\n", "user@EXAMPLE.COM.", "a.b.c@googlemail.com",
        "J\u{30C}@mail.example", "\u{130}@mail.example", "o'brien@mail.example",
        "a_b-c=d@outlook.com", "१२@डाटा.भारत", "\u{AC00}\u{11A8}@mail.example",
    ]

    @Test func whatIsTakenIsOnePersonForGood() throws {
        try Fuzz("address", cases: 8000, corpus: Self.corpus).run { tried in
            let text = tried.text
            let address: Address
            do {
                address = try Address(email: text)
            } catch let refusal as Refusal {
                return refusal.description.utf8.count > 300 ? "a long refusal" : nil
            }
            guard address.match.utf8.count <= 254 else { return "too long a match" }
            let again = try Address(email: address.match)
            guard again.match.utf8.elementsEqual(address.match.utf8) else {
                return "\(address.match) is matched as \(again.match)"
            }
            guard again.widened == address.widened else {
                return "\(address.widened) is widened as \(again.widened)"
            }
            let wide = try Address(email: address.widened)
            guard wide.widened.utf8.elementsEqual(address.widened.utf8) else {
                return "\(address.widened) is widened again to \(wide.widened)"
            }
            guard try Address(email: address.delivery) == address else {
                return "the form it is written to is another address"
            }
            // The fast way and the full rules agree.
            let full = try Address(anyEmail: text, field: "address")
            return full == address ? nil : "the full rules say \(full.match)"
        }
    }
}
