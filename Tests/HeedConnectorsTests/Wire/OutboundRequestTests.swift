// What is kept of an answer: little, and nothing that could name a person.

import HeedConnectors
import Testing

@Suite("Outbound requests and responses")
struct OutboundRequestTests {
    @Test(arguments: [
        ("abc", "HTTP 503, request abc"),
        ("A-b_c.9", "HTTP 503, request A-b_c.9"),
        (
            String(repeating: "a", count: 64),
            "HTTP 503, request " + String(repeating: "a", count: 64)
        ),
        (String(repeating: "a", count: 65), "HTTP 503"),
        ("", "HTTP 503"),
        ("ana@mail.example", "HTTP 503"),
        ("two words", "HTTP 503"),
        ("ü", "HTTP 503"),
        ("a\r\nb", "HTTP 503"),
    ])
    func onlyAHarmlessRequestIDIsKept(_ id: String, _ expected: String) {
        let response = OutboundResponse(status: 503, headers: [("X-Request-Id", id)])
        #expect(response.summary == expected)
        let other = OutboundResponse(status: 503, headers: [("request-id", id)])
        #expect(other.summary == expected)
    }

    @Test func headersAreFoundInAnyCaseAndTheFirstCounts() {
        let response = OutboundResponse(status: 200, headers: [("Date", "one"), ("date", "two")])
        #expect(response.header("DATE") == "one")
        #expect(response.header("server") == nil)
    }

    @Test(arguments: [(65_535, 65_535), (65_536, 65_536), (65_537, 65_536)])
    func bodiesAreCut(_ given: Int, _ kept: Int) {
        let body = [UInt8](repeating: 1, count: given)
        let response = OutboundResponse(status: 200, body: body)
        #expect(response.body.count == kept)
        #expect(response.isCut == (kept == OutboundResponse.bodyBytesMaximum))
        let page = OutboundResponse(status: 200, body: body, bytesMaximum: 100_000)
        #expect(page.body.count == given)
        #expect(!page.isCut)
    }
}
