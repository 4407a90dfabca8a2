// What Heed's own messages say: in the reader's language, and whole whatever the direction.

import HeedConsent
import HeedEngine
import HeedServer
import TestSupport
import Testing

@testable import HeedDelivery

@Suite("Own messages")
struct OwnMessagesTests {
    /// The message that a request for two scopes makes.
    private func confirmation(in language: PageLanguage) async throws -> OutgoingMessage {
        try await Backend.sqlite.withEngine { installation in
            for (tag, title) in [("de", "Rundbrief"), ("he", "עלון"), ("en", "News & <more>")] {
                let text = try ScopeText(language: tag, title: title, description: "")
                let describe = DescribeScope(Sample.newsletter, as: text)
                _ = try await installation.engine.perform(describe, as: Sample.actor)
            }
            let form = try SignUpForm(
                name: "footer",
                boxes: [
                    .init(scope: Sample.newsletter, wording: "a"),
                    .init(scope: Sample.promotions, wording: "b"),
                ],
                policyVersion: Sample.version,
                redirects: [],
                circumstances: .none,
                confirmation: .mail
            )
            _ = try await installation.engine.perform(AddForm(form), as: Sample.actor)
            let submit = try SubmitForm(
                form: "footer",
                address: Sample.address(),
                ticked: [Sample.newsletter, Sample.promotions],
                mail: .init(terms: DoubleOptInTerms(), language: language.tag)
            )
            _ = try await installation.engine.perform(submit, as: .person)
            let claim = ClaimJobs(lane: .mail, limit: 9, leaseSeconds: 30)
            let jobs = try await installation.engine.perform(claim, as: .system("mail")).receipt
            guard case .mail(.confirmation(let requests))? = jobs.first?.kind else {
                throw StrayJob(kind: "none")
            }
            let details = try await installation.engine.ask(ConfirmationDetails(requests))
            return .confirmation(
                try #require(details),
                in: language,
                base: "https://heed.shop.example"
            )
        }
    }

    @Test(arguments: ["de", "en", "es", "fr", "pl"])
    func everyLanguageSaysAllOfIt(_ tag: String) async throws {
        let language = try PageLanguages(folder: nil, fallback: nil).best(of: [tag])
        let message = try await confirmation(in: language)
        #expect(message.parts.count == 5 && message.subject.hasSuffix("promotions"))
        #expect(message.text.contains("heed.shop.example"))
        #expect(message.text.contains(" UTC"))
        #expect(!message.text.contains("{") && !message.subject.contains("{"))
        #expect(message.html.contains("<html lang=\"\(tag)\" dir=\"ltr\">"))
        let title = ["de": "Rundbrief", "en": "News & <more>"][tag]
        if let title { #expect(message.text.contains("\(title), promotions")) }
        #expect(!message.html.contains("<more>"))
    }

    /// An operator's language from right to left; what is not in it keeps its own direction.
    @Test func fromRightToLeft() async throws {
        let english = try PageLanguages(folder: nil, fallback: nil).best(of: [])
        let hebrew = PageLanguage(
            tag: "he",
            texts: english.texts.merging(["mailConfirmText": "{place} :{scope}"]) { $1 }
        )
        let message = try await confirmation(in: hebrew)
        let first = "\u{2068}heed.shop.example\u{2069} :\u{2068}עלון, promotions\u{2069}"
        #expect(message.parts.first == .paragraph(first))
        #expect(message.html.contains("<html lang=\"he\" dir=\"rtl\">"))
        let mail = try message.mail(from: "heed@shop.example")
        let lines = String(decoding: mail.bytes(at: Timestamp(seconds: 0), id: "x"), as: UTF8.self)
        #expect(lines.contains("Subject: =?utf-8?B?") && lines.contains("Content-Language: he"))
    }

    @Test func theLinkToTheChoices() throws {
        let language = try PageLanguages(folder: nil, fallback: nil).best(of: ["pl"])
        let details = PreferenceLinkDetails.Details(
            address: try Sample.address(),
            token: "p1.k1.abc"
        )
        let message = OutgoingMessage.preferenceLink(
            details,
            in: language,
            base: "https://a.example"
        )
        #expect(
            message.parts.contains(
                .link("https://a.example/p/p1.k1.abc?lang=pl", name: "Otwórz moje wybory")
            )
        )
        #expect(message.text.contains("a.example") && !message.text.contains("person1"))
    }

    @Test func aLinkToSomebodysDataLeadsToAPageWithAButton() throws {
        let languages = try PageLanguages(folder: nil, fallback: nil)
        let details = PreferenceLinkDetails.Details(
            address: try Sample.address(),
            token: "d1.k1.abc"
        )
        for language in languages.all {
            let message = OutgoingMessage.dataLink(
                details,
                in: language,
                base: "https://a.example"
            )
            let link = "https://a.example/d/d1.k1.abc?lang=\(language.tag)"
            #expect(message.parts.contains(.link(link, name: language["mailDataLink"])))
            #expect(!message.subject.isEmpty && !message.text.contains("{place}"))
            #expect(message.text.contains("a.example") && !message.text.contains("person1"))
        }
    }
}
