// The same words as text and as HTML, safe whatever they are.

import HeedConsent
import Testing

@testable import HeedDelivery

@Suite("OutgoingMessage")
struct OutgoingMessageTests {
    private let message = OutgoingMessage(
        to: "ada@mail.example",
        subject: "Tom & \"Ada\"",
        parts: [
            .paragraph("1 < 2 & 'so' > on"),
            .link("https://heed.example/c/x?a=1&b=2", name: "Open <it>"),
        ],
        language: PageLanguage(tag: "he", texts: [:])
    )

    @Test func textIsPlain() {
        #expect(message.text == "1 < 2 & 'so' > on\n\nhttps://heed.example/c/x?a=1&b=2\n")
    }

    @Test func htmlIsEscaped() {
        #expect(
            message.html == """
                <!DOCTYPE html>
                <html lang="he" dir="rtl">
                <head><meta charset="utf-8"><title>Tom &amp; &quot;Ada&quot;</title></head>
                <body>
                <p dir="auto">1 &lt; 2 &amp; &#39;so&#39; &gt; on</p>
                <p dir="auto"><a href="https://heed.example/c/x?a=1&amp;b=2">Open &lt;it&gt;</a></p>
                </body>
                </html>

                """
        )
    }

    /// A mark that joins a sign does not hide it.
    @Test func noMarkHidesASign() {
        let message = OutgoingMessage(
            to: "ada@mail.example",
            subject: "x",
            parts: [.paragraph("a\"\u{301}<\u{20DD}'\u{FE0F}&\u{308}")],
            language: PageLanguage(tag: "en", texts: [:])
        )
        let expected = Array("a&quot;\u{301}&lt;\u{20DD}&#39;\u{FE0F}&amp;\u{308}<".utf8)
        let bytes = Array(message.html.utf8)
        let starts = bytes.indices.filter { bytes[$0...].starts(with: expected) }
        #expect(starts.count == 1)
    }

    @Test func printsNobody() throws {
        #expect(!"\(message)".contains("ada"))
        #expect(try message.mail(from: "heed@shop.example").to == "ada@mail.example")
    }

    @Test func aReceiverThatIsNoneIsRefused() {
        let other = OutgoingMessage(to: "ada", subject: "x", parts: [], language: message.language)
        #expect(throws: Refusal.self) { try other.mail(from: "heed@shop.example") }
    }

    /// A mail with a longer one would be refused, and the message with it.
    @Test(arguments: [200, 201, 1000])
    func aLongSubjectIsCut(_ length: Int) throws {
        for letter in ["x", "ż", "🦉"] {
            let subject = String(repeating: letter, count: length / letter.utf8.count)
            for text in [subject, "\u{2068}\(subject)\u{2069}"] {
                let long = OutgoingMessage(
                    to: "ada@mail.example",
                    subject: text,
                    parts: [],
                    language: message.language
                )
                _ = try long.mail(from: "heed@shop.example")
                #expect((long.subject == text) == (text.utf8.count <= 200))
                let (open, shut) = (long.subject.contains("\u{2068}"), "\u{2069}")
                #expect(open == long.subject.contains(shut))
            }
        }
    }
}
