// Erasure with the real program: asked for at the command line, done by a server, proved offline.

import Foundation
import Testing

@Suite("Erasure")
struct ErasureTests {
    private static let address = "zaphod.beeblebrox@mail.example"

    private func withPerson(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            try await place.register()
            let grant = "consent grant \(ErasureTests.address) --scope newsletter --policy 2026-01"
            let granted = try await place.heed(grant.split(separator: " ").map(String.init))
            #expect(granted.exitCode == 0)
            try await test(place)
        }
    }

    @Test func fromTheRequestToTheProof() async throws {
        try await withPerson { place in
            let asked = try await place.heed("erase", ErasureTests.address, "--json")
            #expect(asked.exitCode == 0, "\(asked.errors)")
            let id = try #require(try asked.json["id"].string)
            #expect(try asked.json["status"].string == "received")
            let allowed = try await place.heed(
                "check",
                ErasureTests.address,
                "--scope",
                "newsletter"
            )
            #expect(allowed.exitCode == 0)
            try await place.done("request", "verify", id, "--by", "account-login")
            let server = try await place.serve()
            try await eventually("the erasure is completed") {
                try await place.heed("request", "show", id, "--json").json["status"].string
                    == "completed"
            }
            let open = try await place.done("request", "list")
            #expect(!open.output.contains(id))
            let refused = try await place.heed(
                "check",
                ErasureTests.address,
                "--scope",
                "newsletter"
            )
            #expect(refused.output.contains("erased"))
            #expect(try await server.stop() == 0)
            try await place.done("request", "receipt", id, "-o", "proof")
            let key = try await place.done("log", "key").output
                .trimmingCharacters(in: .newlines)
            try await expectNothingLeft(in: place)
            let verify = try await place.heed("log", "verify")
            #expect(verify.exitCode == 0, "\(verify.output)")
            // There is nothing else to look at.
            try FileManager.default.removeItem(atPath: place.path("heed-data"))
            let check = ["log", "verify", "--bundle", "proof", "--key", key]
            let good = try await place.heed(check)
            #expect(good.exitCode == 0, "\(good.output)")
            let document = try #require(
                try FileManager.default.subpathsOfDirectory(atPath: place.path("proof"))
                    .first { $0.hasSuffix(".document") }
            )
            let receipt = place.read("proof/\(document)")
            #expect(receipt.contains(#""outcome":"completed""#))
            let changed = receipt.replacing("account-login", with: "account-logic")
            try place.write(changed, to: "proof/\(document)")
            let bad = try await place.heed(check)
            #expect(bad.exitCode == 1)
            #expect(bad.output.contains(document))
        }
    }

    /// Neither the database nor anything beside it says who it was.
    private func expectNothingLeft(in place: Workplace) async throws {
        let folder = place.path("heed-data")
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder)
        #expect(names.contains("heed.sqlite"))
        #expect(names.contains { $0.hasSuffix(".journal") })
        for name in names where name != "journal" {
            let data = try #require(FileManager.default.contents(atPath: "\(folder)/\(name)"))
            #expect(data.firstRange(of: Array("beeblebrox".utf8)) == nil, "\(name)")
        }
    }

    @Test func theInventoryIsPrinted() async throws {
        try await Workplace.open { place in
            let text = try await place.done("inventory").output
            #expect(text.contains("addresses: where people are reached"))
            #expect(text.contains("erasure: shred"))
            let json = try await place.done("inventory", "--json").output
            #expect(json.contains(#""table":"contact_keys""#))
        }
    }

    @Test func whatIsWrongIsNamed() async throws {
        try await withPerson { place in
            let unknown = "01900000-0000-7000-8000-00000000000f"
            let wrong: [([String], String)] = [
                (["erase", "nope"], "address:"),
                (["erase", "x@mail.example"], "address:"),
                (["erase", ErasureTests.address, "--verified-by", "A B"], "verifiedBy:"),
                (["erase", ErasureTests.address, "--requested-at", "today"], "requestedAt:"),
                (["request", "add", ErasureTests.address, "--kind", "x"], "kind:"),
                (["request", "show", "x"], "id:"), (["request", "show", unknown], "id:"),
                (["request", "verify", unknown, "--by", "form"], "id:"),
                (["request", "receipt", unknown], "id:"),
                (["request", "give-up", unknown, "--reason", "gone"], "id:"),
                (["request", "give-up", unknown, "--reason", "A b"], "reason:"),
            ]
            for (arguments, field) in wrong {
                let ending = try await place.heed(arguments)
                #expect(ending.exitCode == 2)
                #expect(ending.errors.hasPrefix("heed: \(field)"), "\(ending.errors)")
            }
            let asked = try await place.heed("erase", ErasureTests.address, "--json")
            let id = try #require(try asked.json["id"].string)
            let early = try await place.heed("request", "receipt", id)
            #expect(early.errors.contains("there is no receipt yet"))
        }
    }
}
