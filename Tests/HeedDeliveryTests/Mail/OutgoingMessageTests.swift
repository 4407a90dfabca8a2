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
        ]
    )

    @Test func textIsPlain() {
        #expect(message.text == "1 < 2 & 'so' > on\n\nhttps://heed.example/c/x?a=1&b=2\n")
    }

    @Test func htmlIsEscaped() {
        #expect(
            message.html == """
                <!DOCTYPE html>
                <html lang="en">
                <head><meta charset="utf-8"><title>Tom &amp; &quot;Ada&quot;</title></head>
                <body>
                <p>1 &lt; 2 &amp; &#39;so&#39; &gt; on</p>
                <p><a href="https://heed.example/c/x?a=1&amp;b=2">Open &lt;it&gt;</a></p>
                </body>
                </html>

                """
        )
    }

    @Test func printsNobody() throws {
        #expect(!"\(message)".contains("ada"))
        #expect(try message.mail(from: "heed@shop.example").to == "ada@mail.example")
    }

    @Test func aReceiverThatIsNoneIsRefused() {
        let other = OutgoingMessage(to: "ada", subject: "x", parts: [])
        #expect(throws: Refusal.self) { try other.mail(from: "heed@shop.example") }
    }
}
