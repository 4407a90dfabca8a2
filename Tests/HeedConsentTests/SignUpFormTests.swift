// Tests which forms can be set up.

import Testing

@testable import HeedConsent

@Suite("Sign-up form")
struct SignUpFormTests {
    private func form(
        _ name: String = "footer",
        scopes: [String] = ["newsletter"],
        redirects: [String] = [],
        confirmation: SignUpForm.Confirmation = .none
    ) throws(Refusal) -> SignUpForm {
        var boxes: [SignUpForm.Box] = []
        for scope in scopes { boxes.append(try .init(scope: ScopeName(scope), wording: "Yes")) }
        return try SignUpForm(
            name: name,
            boxes: boxes,
            policyVersion: "2026-01",
            redirects: redirects,
            circumstances: .none,
            confirmation: confirmation
        )
    }

    @Test func aFormIsTaken() throws {
        let form = try form(redirects: ["https://shop.example/thanks"])
        #expect(form.facts["scopes"] == "newsletter")
    }

    /// The canonical bytes of forms without it stay what they were.
    @Test func theLogTellsHowItIsConfirmed() throws {
        #expect(try form().facts["confirmation"] == nil)
        #expect(try form(confirmation: .mail).facts["confirmation"] == "mail")
    }

    @Test(arguments: ["", "Footer", "a b", "a/b", String(repeating: "a", count: 65)])
    func names(_ name: String) {
        #expect { try form(name) } throws: { ($0 as? Refusal)?.field == "name" }
    }

    @Test(arguments: [[], ["newsletter", "newsletter"], (0..<21).map { "s\($0)" }])
    func scopes(_ scopes: [String]) {
        #expect { try form(scopes: scopes) } throws: { ($0 as? Refusal)?.field == "scope" }
    }

    @Test(arguments: ["/thanks", "javascript:alert(1)", "https://a b", "https://a\r\nX: y", ""])
    func places(_ place: String) {
        #expect { try form(redirects: [place]) } throws: { ($0 as? Refusal)?.field == "redirect" }
    }

    @Test(arguments: ["", "two\nlines", String(repeating: "x", count: 2001)])
    func wordings(_ wording: String) {
        #expect {
            try SignUpForm.Box(scope: Fixture.newsletter, wording: wording)
        } throws: {
            ($0 as? Refusal)?.field == "wording"
        }
    }
}
