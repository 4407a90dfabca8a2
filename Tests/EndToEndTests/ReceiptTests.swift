// `heed consent receipt` prints what the server hands out.

import Testing

@Suite("Receipt")
struct ReceiptTests {
    @Test func theCommandPrintsTheReceipt() async throws {
        try await Workplace.open { place in
            try await place.register()
            let grant = try await place.done(
                "consent",
                "grant",
                "ada@mail.example",
                "--scope",
                "newsletter",
                "--policy",
                "2026-01",
                "--json"
            )
            let id = try #require(try grant.json["id"].string)
            let shop = [
                "HEED_CONTROLLER_NAME": "Shop", "HEED_CONTROLLER_ADDRESS": "1 Road, Town",
                "HEED_CONTROLLER_EMAIL": "privacy@shop.example",
                "HEED_CONTROLLER_PHONE": "+49 30 1", "HEED_CONTROLLER_JURISDICTION": "DE",
            ]
            let kantara = try await place.heed(["consent", "receipt", id], environment: shop)
            #expect(kantara.exitCode == 0)
            #expect(try kantara.json["version"].string == "KI-CR-v1.1.0")
            #expect(try kantara.json["consentReceiptID"].string == id)
            let dpv = try await place.heed(
                ["consent", "receipt", id, "--format", "dpv"],
                environment: shop
            )
            #expect(try dpv.json["@type"].string == "dpv:ConsentReceipt")
            let nobody = try await place.heed("consent", "receipt", id)
            #expect(nobody.exitCode == 2)
            #expect(nobody.errors.hasPrefix("heed: controllerName: "))
            let wrong = try await place.heed("consent", "receipt", "nope")
            #expect(wrong.errors.hasPrefix("heed: id: "))
        }
    }
}
