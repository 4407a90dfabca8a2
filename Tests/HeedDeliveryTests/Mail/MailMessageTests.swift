// A message's bytes, and what may not get into a header or an envelope.

import Foundation
import HeedConsent
import HeedDelivery
import Testing

@Suite("MailMessage")
struct MailMessageTests {
    private static let time = Timestamp(seconds: 1_769_851_800)

    private func message(
        subject: String = "Confirm",
        text: String = "Hello\n",
        headers: [(name: String, value: String)] = []
    ) throws -> MailMessage {
        try MailMessage(
            from: "heed@shop.example",
            to: "ada@mail.example",
            subject: subject,
            text: text,
            headers: headers
        )
    }

    @Test func wholeMessage() throws {
        let headers = [(name: "List-Unsubscribe", value: "<https://heed.example/u/x>")]
        let bytes = try message(headers: headers).bytes(at: MailMessageTests.time, id: "m1")
        let expected = """
            Date: Sat, 31 Jan 2026 09:30:00 +0000
            From: <heed@shop.example>
            To: <ada@mail.example>
            Subject: Confirm
            Message-ID: <m1@shop.example>
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: base64
            Auto-Submitted: auto-generated
            List-Unsubscribe: <https://heed.example/u/x>

            SGVsbG8NCg==

            """
        #expect(bytes == Array(expected.replacing("\n", with: "\r\n").utf8))
    }

    @Test func textAndHTML() throws {
        let message = try MailMessage(
            from: "heed@shop.example",
            to: "ada@mail.example",
            subject: "Confirm",
            text: "Hello\n",
            html: "<p>Hello</p>\n"
        )
        let expected = """
            Date: Sat, 31 Jan 2026 09:30:00 +0000
            From: <heed@shop.example>
            To: <ada@mail.example>
            Subject: Confirm
            Message-ID: <m1@shop.example>
            MIME-Version: 1.0
            Content-Type: multipart/alternative; boundary="heed-m1"
            Auto-Submitted: auto-generated

            --heed-m1
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: base64

            SGVsbG8NCg==
            --heed-m1
            Content-Type: text/html; charset=utf-8
            Content-Transfer-Encoding: base64

            PHA+SGVsbG88L3A+DQo=
            --heed-m1--

            """
        let bytes = message.bytes(at: MailMessageTests.time, id: "m1")
        #expect(bytes == Array(expected.replacing("\n", with: "\r\n").utf8))
    }

    @Test func hugeHTMLIsRefused() throws {
        let refusal = #expect(throws: Refusal.self) {
            try MailMessage(
                from: "heed@shop.example",
                to: "ada@mail.example",
                subject: "Confirm",
                text: "",
                html: String(repeating: "a", count: MailMessage.textBytesMaximum + 1)
            )
        }
        #expect(refusal?.field == "text")
    }

    /// Another reader gives the text back, line by line of at most 76 characters.
    @Test(arguments: ["", "a", "ab", "abc", String(repeating: "Grüße an alle.\n", count: 400)])
    func textSurvives(_ text: String) throws {
        let bytes = try message(text: text).bytes(at: MailMessageTests.time, id: "m1")
        let whole = String(decoding: bytes, as: UTF8.self)
        let parts = whole.components(separatedBy: "\r\n\r\n")
        let lines = parts.dropFirst().joined().components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        let decoded = try #require(Data(base64Encoded: lines.joined()))
        #expect(String(decoding: decoded, as: UTF8.self) == text.replacing("\n", with: "\r\n"))
    }

    @Test func aSubjectInAnotherScriptIsEncoded() throws {
        let subject = String(repeating: "Bestätigen Sie ✉️ ", count: 5) + "!"
        let bytes = try message(subject: subject).bytes(at: MailMessageTests.time, id: "m1")
        let header = String(decoding: bytes, as: UTF8.self)
            .components(separatedBy: "\r\n\r\n")[0]
        #expect(header.utf8.allSatisfy { $0 < 0x80 })
        let words = header.components(separatedBy: "=?utf-8?B?").dropFirst()
            .compactMap { $0.components(separatedBy: "?=").first }
        #expect(words.allSatisfy { $0.utf8.count + 12 <= 75 } && words.count > 1)
        let decoded = words.compactMap { Data(base64Encoded: $0) }.reduce(Data(), +)
        #expect(String(decoding: decoded, as: UTF8.self) == subject)
    }

    @Test(
        arguments: [
            "a@mail.example\r\nBcc: b@mail.example", "<a@mail.example>", "a b@mail.example",
            "a@mail.example,b@mail.example", "a", "@mail.example", "a@", "a@b@c", "",
            "a@mail.example\u{0}", String(repeating: "a", count: 251) + "@b.c",
        ]
    )
    func noAddressBreaksOut(_ address: String) {
        #expect(throws: Refusal.self) {
            try MailMessage(from: "a@shop.example", to: address, subject: "s", text: "")
        }
        #expect(throws: Refusal.self) {
            try MailMessage(from: address, to: "a@shop.example", subject: "s", text: "")
        }
    }

    @Test(arguments: ["", "a\r\nBcc: b@mail.example", "a\nb", "\u{7F}"])
    func noSubjectBreaksOut(_ subject: String) {
        #expect(throws: Refusal.self) { try message(subject: subject) }
    }

    @Test(
        arguments: [("X", "a\r\nBcc: b"), ("X:", "a"), ("", "a"), ("X Y", "a"), ("X", "ü")]
    )
    func noHeaderBreaksOut(_ name: String, _ value: String) {
        #expect(throws: Refusal.self) { try message(headers: [(name, value)]) }
    }

    @Test func nothingOfItIsPrinted() throws {
        #expect("\(try message())" == "<mail message>")
    }
}
