// What every form of a receipt says: places, and where the text is when nobody published it.

import HeedConsent
import HeedEngine
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Consent receipt")
struct ConsentReceiptTests {
    @Test func aTextWithoutAURLIsNamedByItsHash() async throws {
        try await Backend.sqlite.withEngine { installation in
            let receipt = try await installation.receipt()
            // RFC 6920: SHA-256, base64url without padding; 43 digits for 32 bytes.
            let name = try #require(receipt.policyURL)
            #expect(name.hasPrefix("ni:///sha-256;") || name.hasPrefix("https://"))
            if name.hasPrefix("ni:") { #expect(name.utf8.count == 14 + 43) }
            #expect(receipt.jurisdiction == "AT")
            #expect(try receipt.bytes(as: .dpv) == receipt.bytes(as: .dpv))
        }
    }
}

extension Installation {
    /// The receipt of a sample consent, from a controller in Austria.
    fileprivate func receipt() async throws -> ConsentReceipt {
        let command = try RecordConsent(
            subject: .address(Address(email: "ada@mail.example")),
            scope: ScopeName("newsletter"),
            decision: .granted,
            basis: .consent,
            source: .form,
            policyVersion: "2026-01"
        )
        let done = try await engine.perform(command, as: Sample.actor)
        let id = try #require(ConsentID(text: done.receipt.id))
        var options = ServerOptions.sample
        options.controller = Controller(
            name: "Shop",
            contact: "Shop",
            address: "1 Road",
            email: "p@shop.example",
            phone: "+43 1",
            url: nil,
            jurisdiction: "AT"
        )
        return try ConsentReceipt(await engine.ask(ConsentFacts(id)), options: options)
    }
}
