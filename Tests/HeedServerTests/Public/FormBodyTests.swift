// Tests that both encodings of a one-click body are read, exactly, and that nothing else opens it.

import NIOCore
import Testing

@testable import HeedServer

private let type = "multipart/form-data; boundary=-FormBoundaryjWmhtjORrn"

/// The body of RFC 8058 §8.2 with the corrections of its errata.
private let multipart = """
    ---FormBoundaryjWmhtjORrn
    Content-Disposition: form-data; name="List-Unsubscribe"

    One-Click
    ---FormBoundaryjWmhtjORrn--

    """

private let field = "Content-Disposition: form-data; name=\"List-Unsubscribe\"\n\nOne-Click"

@Suite("Form bodies")
struct FormBodyTests {
    private func value(
        _ body: String,
        _ type: String?,
        of name: String = "List-Unsubscribe"
    )
        -> String?
    {
        FormBody(ByteBuffer(string: body), contentType: type)[name]
    }

    private func crlf(_ text: String) -> String { text.replacing("\n", with: "\r\n") }

    @Test(arguments: [
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded; charset=UTF-8"),
        ("List-Unsubscribe=One-Click", "APPLICATION/X-WWW-FORM-URLENCODED"),
        ("List-Unsubscribe=One-Click", nil), ("List-Unsubscribe=One-Click\r\n", nil),
        ("List%2DUnsubscribe=One%2dClick", nil), ("a=b&List-Unsubscribe=One-Click&c=d", nil),
        ("&&List-Unsubscribe=One-Click", nil),
    ])
    func urlEncoded(_ body: String, _ type: String?) {
        #expect(value(body, type) == "One-Click")
    }

    @Test(arguments: [
        type, "multipart/form-data; boundary=\"-FormBoundaryjWmhtjORrn\"",
        "Multipart/Form-Data; charset=utf-8; Boundary=-FormBoundaryjWmhtjORrn",
        "multipart/form-data;boundary=-FormBoundaryjWmhtjORrn;charset=utf-8",
        "multipart/form-data ; boundary = \"-FormBoundaryjWmhtjORrn\" ; charset=utf-8",
    ])
    func multipartTypes(_ type: String) {
        #expect(value(crlf(multipart), type) == "One-Click")
        #expect(value(multipart, type) == "One-Click")
    }

    @Test func theExampleIsByteForByteTheOneOfTheErrata() {
        #expect(crlf(multipart).utf8.count == 126)
        #expect(value(String(crlf(multipart).dropLast()), type) == "One-Click")
    }

    @Test(arguments: [
        "preamble\n" + multipart, "\n" + multipart, multipart + "epilogue\n",
        multipart.replacing("\n\nOne", with: "\nContent-Type: text/plain; charset=utf-8\n\nOne"),
        multipart.replacing("Content-Disposition", with: "content-disposition"),
        multipart.replacing(
            "Content-Disposition",
            with: "Content-Type: text/plain\nContent-Disposition"
        ),
        multipart.replacing("\"", with: ""),
        multipart.replacing("---FormBoundaryjWmhtjORrn\n", with: "---FormBoundaryjWmhtjORrn \t\n"),
        String(multipart.dropLast("\n---FormBoundaryjWmhtjORrn--\n".count)),
        "---FormBoundaryjWmhtjORrn\nContent-Disposition: form-data; name=\"a\"\n\nb\n" + multipart,
    ])
    func multipartVariants(_ body: String) {
        #expect(value(body, type) == "One-Click")
        #expect(value(crlf(body), type) == "One-Click")
    }

    @Test func severalPartsAreToldApart() {
        let boundary = "x"
        let body = crlf(
            "--x\nContent-Disposition: form-data; name=\"a\"\n\n1\n\n2\n--x\n"
                + "Content-Disposition: form-data; name=\"b\"; filename=\"f\"\n\n\n--x--\n"
        )
        let form = FormBody(
            ByteBuffer(string: body),
            contentType: "multipart/form-data; boundary=\(boundary)"
        )
        #expect(form["a"] == "1\n\n2")
        #expect(form["b"] == "")
        #expect(form["c"] == nil)
    }

    @Test(arguments: [
        "", "=", "&", "%", "List-Unsubscribe", "List-Unsubscribe=", "list-unsubscribe=One-Click",
        "List-Unsubscribe=one-click", "List-Unsubscribe=One-ClickX", "List-Unsubscribe=One Click",
        "List-Unsubscribe%=One-Click", "List-Unsubscribe:One-Click", "One-Click",
        "List-Unsubscribe=One%-2Click", "xList-Unsubscribe=One-Click",
        "{\"List-Unsubscribe\":\"One-Click\"}",
        "List-Unsubscribe=no&List-Unsubscribe=One-Click",
        String(repeating: "a=b&", count: FormBody.partsMaximum) + "List-Unsubscribe=One-Click",
    ])
    func nothingElseIsOneClick(_ body: String) {
        #expect(value(body, nil) != "One-Click")
        #expect(value(body, type) != "One-Click")
    }

    @Test(arguments: [
        multipart.replacing("One-Click", with: "one-click"),
        multipart.replacing("One-Click", with: "One-Click "),
        multipart.replacing("One-Click", with: "One-Click\n\n"),
        multipart.replacing("List-Unsubscribe", with: "list-unsubscribe"),
        multipart.replacing("Content-Disposition", with: "X-Disposition"),
        multipart.replacing("\n\n", with: "\n"), multipart.replacing("jWmhtjORrn", with: "other"),
        // What stands before the first boundary or after the last is not part of the form.
        field + "\n---FormBoundaryjWmhtjORrn--", "---FormBoundaryjWmhtjORrn--\n" + field,
    ])
    func nothingElseIsOneClickInMultipart(_ body: String) {
        #expect(value(body, type) != "One-Click")
        #expect(value(crlf(body), type) != "One-Click")
    }

    @Test(arguments: [
        "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\(String(repeating: "b", count: 71))",
        "multipart/mixed; boundary=-FormBoundaryjWmhtjORrn",
    ])
    func withoutABoundaryThereAreNoParts(_ type: String) {
        #expect(value(crlf(multipart), type) == nil)
    }

    @Test func onlySoManyPartsAreLookedAt() {
        let part = "---FormBoundaryjWmhtjORrn\nContent-Disposition: form-data; name=\"a\"\n\nb\n"
        let most = String(repeating: part, count: FormBody.partsMaximum - 1)
        #expect(value(most + multipart, type) == "One-Click")
        #expect(value(most + part + multipart, type) == nil)
    }

    @Test(arguments: [
        ("a=%41", "A"), ("a=1+2", "1 2"), ("a=%C3%A9", "é"), ("a=%4", "%4"), ("a=%", "%"),
        ("a=%zz", "%zz"), ("a=%+1", "% 1"), ("a=b=c", "b=c"), ("a", ""),
    ])
    func percentsAreDecodedStrictly(_ body: String, _ expected: String) {
        #expect(value(body, nil, of: "a") == expected)
    }

    @Test func bytesThatAreNotTextAreNoError() {
        let body = ByteBuffer(bytes: [0xFF, 0xFE, 0x3D, 0x80])
        #expect(FormBody(body, contentType: nil)["List-Unsubscribe"] == nil)
        #expect(FormBody(body, contentType: type)["List-Unsubscribe"] == nil)
    }
}
