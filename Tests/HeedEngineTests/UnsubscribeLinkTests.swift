// Tokens: ours to the last bit, without an address, and for nothing but unsubscribing.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedEngine

@Suite("UnsubscribeLink")
struct UnsubscribeLinkTests {
    static let extents: [OptOut.Extent] = [
        .global, .scope(Sample.newsletter), .scope(ScopeName(stored: "x")),
        .scope(ScopeName(stored: String(repeating: "s", count: 64))),
    ]

    private func token(_ installation: Installation, _ link: UnsubscribeLink) async throws -> String
    {
        try await installation.database.read { link.token(with: $0.vault) }
    }

    private func read(
        _ installation: Installation,
        _ token: String
    ) async throws -> UnsubscribeLink? {
        try await installation.engine.ask(ReadUnsubscribeLink(token: token))
    }

    @Test(arguments: Backend.allCases, extents)
    func aTokenReadsBack(_ backend: Backend, _ extent: OptOut.Extent) async throws {
        try await backend.withDatabase { installation in
            let link = UnsubscribeLink(contact: Sample.contact().id, extent: extent)
            let token = try await token(installation, link)
            #expect(token.utf8.count <= UnsubscribeLink.kind.characterMaximum)
            #expect(token.utf8.allSatisfy { Array("-_.".utf8).contains($0) || isWord($0) })
            #expect(try await read(installation, token) == link)
        }
    }

    private func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }

    /// Every bit of the text, so also those that base64 ignores at its end.
    @Test(arguments: Backend.allCases)
    func noBitMayDiffer(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            for extent in UnsubscribeLinkTests.extents.prefix(3) {
                let link = UnsubscribeLink(contact: Sample.contact().id, extent: extent)
                let token = Array(try await token(installation, link).utf8)
                let opened = try await installation.database.read { transaction in
                    (0..<token.count * 8).filter { bit in
                        var flipped = token
                        flipped[bit / 8] ^= 1 << UInt8(bit % 8)
                        let text = String(decoding: flipped, as: UTF8.self)
                        return UnsubscribeLink(token: text, vault: transaction.vault) != nil
                    }
                }
                #expect(opened == [])
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func noOtherTextOpens(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let link = UnsubscribeLink(contact: Sample.contact().id, extent: .global)
            let token = try await token(installation, link)
            let body = String(token.dropFirst(6))
            var texts = [
                "", "v1.k1.", "v1.k1", "\(body)", "v2.k1.\(body)", "v1.k2.\(body)", "V1.k1.\(body)",
                " \(token)", "\(token) ", "\(token)=", "\(token)==", "\(token)A", "v1.k1. \(body)",
                token + token, token.uppercased(), String(token.dropLast()), "v1.k1.\u{301}\(body)",
                "v1.k1." + String(repeating: "A", count: 128),
                "v1.k1." + String(repeating: "A", count: 100_000),
            ]
            texts += (0..<token.count).map { String(token.prefix($0)) }
            for text in texts { #expect(try await read(installation, text) == nil) }
            #expect(try await read(installation, token) == link)
        }
    }

    @Test(arguments: Backend.allCases)
    func anotherInstallationsTokenIsNotOurs(_ backend: Backend) async throws {
        let link = UnsubscribeLink(contact: Sample.contact().id, extent: .global)
        let foreign = try await backend.withDatabase(seed: 1) { try await token($0, link) }
        let found = try await backend.withDatabase(seed: 2) { try await read($0, foreign) }
        #expect(found == nil)
    }

    /// The same key signs other links; what they are for is part of what is signed.
    @Test(arguments: Backend.allCases)
    func aTagForAnotherPurposeIsRefused(_ backend: Backend) async throws {
        try await backend.withDatabase { installation in
            let payload = Sample.contact().id.bytes + Array("newsletter".utf8)
            let forged = try await installation.database.read { transaction in
                ["", "preferences|", "unsubscribe", "Unsubscribe|"].map { purpose in
                    let tag = transaction.vault.linkTag(over: Array(purpose.utf8) + payload)
                    return "v1.k1." + base64URL(payload + tag)
                }
            }
            for token in forged { #expect(try await read(installation, token) == nil) }
        }
    }

    /// The guard hands out links for people it lets be written to, and they opt out that person.
    @Test(arguments: Backend.allCases)
    func theGuardsLinkNamesNoAddress(_ backend: Backend) async throws {
        try await backend.withEngine { installation in
            let address = try Sample.address()
            let id = try await installation.decide(address)
            let question = MaySend(
                subject: .address(address),
                scope: Sample.newsletter,
                withLinks: true
            )
            let answer = try await installation.engine.ask(question)
            let token = try #require(answer.links?.unsubscribe)
            #expect(
                try await read(installation, token)
                    == UnsubscribeLink(contact: id, extent: .scope(Sample.newsletter))
            )
            let raw = try #require(bytes(base64URL: token.dropFirst(6)))
            let text = String(decoding: raw, as: UTF8.self)
            #expect(!text.contains("person1") && !text.contains("mail.example"))
            #expect(!token.contains("person1"))
            try await installation.optOut(address)
            #expect(try await installation.engine.ask(question).links == nil)
        }
    }

    @Test(arguments: 0...70)
    func base64ReadsBack(_ count: Int) {
        let input = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ 250) }
        let text = base64URL(input)
        #expect(bytes(base64URL: text[...]) == input)
        #expect(!text.contains("=") && text.utf8.count == (count * 8 + 5) / 6)
    }

    /// RFC 4648 §10, without padding, and the two letters that the URL form changes.
    @Test func base64IsTheStandards() {
        let vectors = ["": "", "f": "Zg", "fo": "Zm8", "foo": "Zm9v", "foobar": "Zm9vYmFy"]
        for (plain, coded) in vectors { #expect(base64URL(Array(plain.utf8)) == coded) }
        #expect(base64URL([0xFB, 0xEF, 0xFF]) == "--__")
        #expect(bytes(base64URL: "a+b/") == nil)
    }
}
