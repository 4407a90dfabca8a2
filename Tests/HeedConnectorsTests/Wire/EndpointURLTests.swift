// Base URLs and the paths below them.

import HeedConnectors
import HeedConsent
import Testing

@Suite("Endpoint URLs")
struct EndpointURLTests {
    @Test(arguments: [
        ("https://api.mail.example", "https://api.mail.example", "api.mail.example", ""),
        ("https://api.mail.example/", "https://api.mail.example", "api.mail.example", ""),
        ("https://api.mail.example/v3//", "https://api.mail.example/v3", "api.mail.example", "/v3"),
        ("http://127.0.0.1:8080/a/b", "http://127.0.0.1:8080/a/b", "127.0.0.1:8080", "/a/b"),
    ])
    func bases(_ given: String, _ text: String, _ authority: String, _ path: String) throws {
        let base = try EndpointURL(given)
        #expect(base.text == text)
        #expect(base.authority == authority)
        #expect(base.path == path)
    }

    @Test func segmentsAreEscapedSoThatNoneLeavesItsPlace() throws {
        let base = try EndpointURL("https://api.mail.example/v3")
        #expect(
            base.url(["a b", "../x", "é@"]) == "https://api.mail.example/v3/a%20b/..%2Fx/%C3%A9%40"
        )
        #expect(base.url(["list", ""]) == "https://api.mail.example/v3/list/")
        #expect(
            base.url(["a"], query: [("b", "c&d"), ("e", "f")])
                == "https://api.mail.example/v3/a?b=c%26d&e=f"
        )
    }

    @Test(arguments: ["https://a.example/?", "https://a.example?b", "https://a.example/#", "a"])
    func aBaseHasNeitherQueryNorFragment(_ text: String) {
        let refusal = #expect(throws: Refusal.self) { try EndpointURL(text, field: "there") }
        #expect(refusal?.field == "there")
    }
}
