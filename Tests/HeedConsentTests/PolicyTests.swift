// What a registered policy version must have.

import Testing

@testable import HeedConsent

@Suite("Policy")
struct PolicyTests {
    private func policy(
        version: String = "2026-01",
        url: String? = nil,
        hash: [UInt8] = Array(repeating: 7, count: 32),
        reconsent: [ScopeName] = []
    ) throws -> Policy {
        try Policy(
            version: version,
            url: url,
            textHash: hash,
            effectiveAt: Fixture.now,
            reconsent: reconsent
        )
    }

    @Test(arguments: ["1", "2026-01", "v2.0~beta/ü".replacing("ü", with: "u"), "!~", "Terms#3"])
    func takesVersions(_ version: String) throws {
        #expect(try policy(version: version).version == version)
    }

    @Test(arguments: [
        (" ", "invalid-field"), ("2026 01", "invalid-field"), ("2026\n", "invalid-field"),
        ("ü", "invalid-field"), ("\u{7F}", "invalid-field"), ("", "missing-field"),
        (String(repeating: "1", count: 65), "invalid-field"),
    ])
    func refusesVersions(_ version: String, _ code: String) throws {
        let refusal = try #require(throws: Refusal.self) { try policy(version: version) }
        #expect(refusal.code.name == code)
        #expect(refusal.field == "policyVersion")
    }

    @Test func theLongestVersionHas64Characters() throws {
        let version = String(repeating: "1", count: 64)
        #expect(try policy(version: version).version == version)
    }

    @Test(arguments: [0, 31, 33, 64])
    func refusesOtherHashes(_ count: Int) throws {
        let hash = [UInt8](repeating: 0, count: count)
        let refusal = try #require(throws: Refusal.self) { try policy(hash: hash) }
        #expect(refusal.field == "textSha256")
        #expect(refusal.code == .invalid)
    }

    @Test(arguments: ["https://example.com/p", "http://localhost/p", "https://e/\u{E9}"])
    func takesURLs(_ url: String) throws {
        #expect(try policy(url: url).url == url)
    }

    @Test(arguments: [
        "", "example.com", "javascript:alert(1)", "ftp://example.com", " https://example.com",
        "https://" + String(repeating: "a", count: 2_041), "https://e/\u{0}", "https://e/\na",
    ])
    func refusesURLs(_ url: String) throws {
        let refusal = try #require(throws: Refusal.self) { try policy(url: url) }
        #expect(refusal.field == "url")
    }

    @Test func keepsTheTextItIsShownWith() throws {
        let longest = String(repeating: "a", count: Policy.textBytesMaximum)
        #expect(try policy().text == nil)
        #expect(try policy().showing(longest).text == longest)
        let empty = try #require(throws: Refusal.self) { try policy().showing(" \n") }
        #expect(empty.code == .missing && empty.field == "text")
        let long = try #require(throws: Refusal.self) { try policy().showing(longest + "a") }
        #expect(long.code == .tooLarge && long.field == "text")
    }

    @Test func scopesToAskAgainAreSortedAndNamedOnce() throws {
        let names = ["b", "a", "b"].map { ScopeName(stored: $0) }
        #expect(try policy(reconsent: names).reconsent.map(\.text) == ["a", "b"])
    }
}
