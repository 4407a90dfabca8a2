// What Heed's own messages say, in the words of the pages' languages.

import HeedConsent
import HeedEngine

extension OutgoingMessage {
    /// Asks to confirm; the link leads to a page with a button, since programs open links too.
    ///
    /// - Parameters:
    ///   - details: What is to be confirmed.
    ///   - language: The words.
    ///   - base: The base of public links, without a trailing slash.
    /// - Returns: The message.
    static func confirmation(
        _ details: ConfirmationDetails.Details,
        in language: PageLanguage,
        base: String
    ) -> OutgoingMessage {
        let titles = details.doubleOptIns.map { request in
            let texts = details.texts[request.scope] ?? []
            return ScopeText.best(of: texts, for: language.tag, otherwise: request.scope).title
        }
        // Minutes are enough: 2026-01-31T09:30:00Z.
        let end = details.doubleOptIns.first?.expiresAt.text ?? ""
        let values = [
            "place": place(base), "scope": titles.joined(separator: ", "),
            "time": "\(end.prefix(10)), \(end.dropFirst(11).prefix(5)) UTC",
        ]
        return OutgoingMessage(
            to: details.address.delivery,
            subject: language.text("mailConfirmSubject", values),
            parts: [
                .paragraph(language.text("mailConfirmText", values)),
                .paragraph(language["mailConfirmAction"]),
                .link("\(base)/c/\(details.token)", name: language["mailConfirmLink"]),
                .paragraph(language.text("mailConfirmEnd", values)),
                .paragraph(language["mailConfirmOther"]),
            ],
            language: language
        )
    }

    /// Leads to the preference centre, for whoever asked for that by their address.
    ///
    /// - Parameters:
    ///   - details: Where it goes and leads to.
    ///   - language: The words.
    ///   - base: The base of public links, without a trailing slash.
    /// - Returns: The message.
    static func preferenceLink(
        _ details: PreferenceLinkDetails.Details,
        in language: PageLanguage,
        base: String
    ) -> OutgoingMessage {
        let values = ["place": place(base)]
        // The page is read in the language it was asked for in.
        let link = "\(base)/p/\(details.token)?lang=\(language.tag)"
        return OutgoingMessage(
            to: details.address.delivery,
            subject: language.text("mailChoicesSubject", values),
            parts: [
                .paragraph(language.text("mailChoicesText", values)),
                .paragraph(language["mailChoicesAction"]),
                .link(link, name: language["mailChoicesLink"]),
                .paragraph(language["mailChoicesEnd"]),
                .paragraph(language["mailChoicesOther"]),
            ],
            language: language
        )
    }

    /// Leads to a person's own data; the link opens a page with a button.
    ///
    /// - Parameters:
    ///   - details: Where it goes and leads to.
    ///   - language: The words.
    ///   - base: The base of public links, without a trailing slash.
    /// - Returns: The message.
    static func dataLink(
        _ details: PreferenceLinkDetails.Details,
        in language: PageLanguage,
        base: String
    ) -> OutgoingMessage {
        let link = "\(base)/d/\(details.token)?lang=\(language.tag)"
        return OutgoingMessage(
            to: details.address.delivery,
            subject: language["mailDataSubject"],
            parts: [
                .paragraph(language.text("mailDataText", ["place": place(base)])),
                .paragraph(language["mailDataAction"]),
                .link(link, name: language["mailDataLink"]),
                .paragraph(language["mailDataEnd"]),
                .paragraph(language["mailDataOther"]),
            ],
            language: language
        )
    }

    /// The site, as people know it.
    private static func place(_ base: String) -> String {
        base.firstRange(of: "://").map { String(base[$0.upperBound...]) } ?? base
    }
}
