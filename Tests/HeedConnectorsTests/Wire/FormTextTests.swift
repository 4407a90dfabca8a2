// Percent-encoding and forms, both ways.

import HeedConnectors
import Testing

@Suite("Forms and escapes")
struct FormTextTests {
    @Test(arguments: [
        ("azAZ09-._~", "azAZ09-._~"), ("a@b.example", "a%40b.example"), ("a+b/c", "a%2Bb%2Fc"),
        ("ü ", "%C3%BC%20"), ("%2F", "%252F"), ("..", ".."), ("", ""),
    ])
    func escapes(_ text: String, _ escaped: String) {
        #expect(percentEncoded(text) == escaped)
    }

    @Test func aFormIsWrittenAndReadAgain() {
        let bytes = formEncoded([("address", "a+b@mail.example"), ("tag", "*"), ("é", "a&b=c")])
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text == "address=a%2Bb%40mail.example&tag=%2A&%C3%A9=a%26b%3Dc")
        let fields = formDecoded(bytes)
        #expect(fields == ["address": "a+b@mail.example", "tag": "*", "é": "a&b=c"])
    }

    @Test(
        arguments: [
            ("a=1&a=2", ["a": "1"]), ("a", ["a": ""]), ("a=", ["a": ""]), ("", [:]),
            ("a+b=c+d", ["a b": "c d"]), ("data[email]=x", ["data[email]": "x"]),
            ("data%5Bemail%5D=x", ["data[email]": "x"]), ("a=b=c", ["a": "b=c"]),
            ("&&a=1&", ["a": "1"]), ("a=%4", nil), ("a=%zz", nil), ("a=%FF", nil), ("%", nil),
        ] as [(String, [String: String]?)]
    )
    func forms(_ text: String, _ fields: [String: String]?) {
        #expect(formDecoded(text.utf8) == fields)
    }

    @Test func credentialsAreThoseOfTheSpecification() {
        // The example of RFC 7617 §2.
        let text = basicCredentials("Aladdin", "open sesame")
        #expect(text == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
    }
}
