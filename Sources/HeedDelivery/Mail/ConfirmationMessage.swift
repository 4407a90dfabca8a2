// The words by which a person is asked to confirm.

import HeedConsent
import HeedEngine

extension OutgoingMessage {
    /// Asks to confirm; the link leads to a page with a button, since programs open links too.
    ///
    /// - Parameters:
    ///   - details: What is to be confirmed.
    ///   - base: The base of public links, without a trailing slash.
    /// - Returns: The message.
    static func confirmation(
        _ details: ConfirmationDetails.Details,
        base: String
    ) -> OutgoingMessage {
        let place = base.firstRange(of: "://").map { String(base[$0.upperBound...]) } ?? base
        let scope = details.doubleOptIn.scope.text
        // Minutes are enough: 2026-01-31T09:30:00Z.
        let end = details.doubleOptIn.expiresAt.text
        return OutgoingMessage(
            to: details.address.delivery,
            subject: "Please confirm: \(scope)",
            parts: [
                .paragraph(
                    "Somebody, we hope you, asked at \(place) to receive \"\(scope)\" at this "
                        + "address."
                ),
                .paragraph("To confirm, open this page and press the button:"),
                .link("\(base)/c/\(details.token)", name: "Open the page to confirm"),
                .paragraph(
                    "The link works until \(end.prefix(10)), \(end.dropFirst(11).prefix(5)) UTC."
                ),
                .paragraph(
                    "If it was not you, there is nothing to do: without your confirmation you are "
                        + "not on the list."
                ),
            ]
        )
    }
}
