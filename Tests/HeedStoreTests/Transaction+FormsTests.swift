// Tests that words and forms come back as they were stored.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@Suite("Transaction: forms")
struct TransactionFormsTests {
    @Test(arguments: Backend.allCases)
    func newWordsTakeThePlaceOfOldOnes(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            for title in ["News", "Rundbrief"] {
                for language in [nil, "de"] {
                    let text = try ScopeText(
                        language: language,
                        title: title,
                        description: "x"
                    )
                    try await installation.record([.scopeDescribed(Sample.newsletter, text)])
                }
            }
            let texts = try await installation.database.read { try $0.scopeTexts() }
            #expect(texts.keys.sorted() == [Sample.newsletter])
            #expect(texts[Sample.newsletter]?.map(\.language) == [nil, "de"])
            #expect(texts[Sample.newsletter]?.map(\.title) == ["Rundbrief", "Rundbrief"])
        }
    }

    @Test(arguments: Backend.allCases)
    func aFormIsReadAsItWasWritten(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let forms = try ["footer", "checkout"].map { name in
                try SignUpForm(
                    name: name,
                    boxes: [
                        .init(scope: Sample.promotions, wording: "Offers, \"yes\""),
                        .init(scope: Sample.newsletter, wording: "News"),
                    ],
                    policyVersion: Sample.version,
                    redirects: name == "footer"
                        ? [] : ["https://shop.example/a", "https://shop.example/b"],
                    circumstances: name == "footer" ? .none : .client,
                    confirmation: name == "footer" ? .mail : .none
                )
            }
            try await installation.record(forms.map(Event.formAdded))
            let read = try await installation.database.read { tx in
                (try tx.form("footer"), try tx.form("nobody"), try tx.form("\u{0}"), try tx.forms())
            }
            #expect(read.0 == forms[0])
            #expect(read.1 == nil && read.2 == nil)
            #expect(read.3 == [forms[1], forms[0]])
        }
    }
}
