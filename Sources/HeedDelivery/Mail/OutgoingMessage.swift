// A message of Heed's own as it is composed: to whom, and the same words as text and as HTML.

package import HeedConsent
import HeedRights

/// A message before it has a sender, a date and an id.
package struct OutgoingMessage: Sendable {
    /// One part of what is said.
    package enum Part: Hashable, Sendable {
        /// A paragraph.
        case paragraph(String)
        /// A link with its name; text shows the address itself.
        case link(String, name: String)
    }

    /// Where it goes.
    package let to: String
    /// One line.
    package let subject: String
    /// What it says, in order.
    package let parts: [Part]
    /// The language it is in.
    package let language: PageLanguage

    /// Takes all four; a subject that is too long for a mail is cut.
    package init(to: String, subject: String, parts: [Part], language: PageLanguage) {
        self.to = to
        self.subject = OutgoingMessage.cut(subject)
        self.parts = parts
        self.language = language
    }

    /// The longest beginning that a mail's subject may have, with a sign that there was more.
    private static func cut(_ subject: String) -> String {
        let most = MailMessage.subjectBytesMaximum
        guard subject.utf8.count > most else { return subject }
        // What was opened to keep its own direction is closed, too.
        let end = subject.contains("\u{2068}") ? "…\u{2069}" : "…"
        var kept = ""
        for character in subject {
            guard kept.utf8.count + character.utf8.count + end.utf8.count <= most else { break }
            kept.append(character)
        }
        return kept + end
    }

    /// The words as plain text.
    var text: String {
        let paragraphs = parts.map { part in
            switch part {
            case .paragraph(let text): text
            case .link(let url, _): url
            }
        }
        return paragraphs.joined(separator: "\n\n") + "\n"
    }

    /// The words as HTML that loads nothing, so that nobody learns when it is read.
    ///
    /// Each paragraph finds its own direction: what a language leaves out is said in English.
    var html: String {
        let paragraphs = parts.map { part in
            switch part {
            case .paragraph(let text): "<p dir=\"auto\">\(Markup.entities(text))</p>"
            case .link(let url, let name):
                "<p dir=\"auto\"><a href=\"\(Markup.entities(url))\">"
                    + "\(Markup.entities(name))</a></p>"
            }
        }
        return """
            <!DOCTYPE html>
            <html lang="\(Markup.entities(language.tag))" dir="\(language.direction)">
            <head><meta charset="utf-8"><title>\(Markup.entities(subject))</title></head>
            <body>
            \(paragraphs.joined(separator: "\n"))
            </body>
            </html>

            """
    }

    /// The message from a sender.
    ///
    /// - Throws: `Refusal` for what no mail can hold.
    func mail(from sender: String) throws(Refusal) -> MailMessage {
        try MailMessage(
            from: sender,
            to: to,
            subject: subject,
            text: text,
            html: html,
            headers: [("Content-Language", language.tag)]
        )
    }
}

extension OutgoingMessage: CustomStringConvertible {
    /// Says only that there is a message: every part of one may name a person.
    package var description: String { "<outgoing message>" }
}
