// Another master key with the real program: a server goes on, and every interruption is mended.

import Foundation
import Testing

@Suite("Master key")
struct VaultTests {
    private static let address = "ada@mail.example"

    private func expectWhole(_ place: Workplace) async throws {
        let check = ["check", VaultTests.address, "--scope", "newsletter"]
        #expect(try await place.heed(check).exitCode == 0)
        let explain = try await place.done("explain", VaultTests.address)
        #expect(explain.output.contains("may be written to"))
        #expect(try await place.heed("verify").exitCode == 0)
    }

    private func id(_ place: Workplace) async throws -> String {
        let output = try await place.done("vault", "show").output
        return String(output.prefix { $0 != "\n" })
    }

    @Test func aServerGoesOnWhileTheKeyIsChanged() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            try await server.grant(VaultTests.address, "newsletter")
            let before = try await id(place)
            let old = place.read("heed-data/master.key")
            async let rotated = place.heed("vault", "rotate-master")
            for number in 0..<20 {
                #expect(try await server.optOut("p\(number)@mail.example", "global").status == 202)
            }
            let ending = try await rotated
            #expect(ending.exitCode == 0, "\(ending.errors)")
            #expect(place.read("heed-data/master.key.previous") == old)
            let after = try await id(place)
            #expect(after != before && ending.output.contains(after))
            try await server.grant("bob@mail.example", "newsletter")
            #expect(try await server.stop() == 0)
            // Nothing needs the old key.
            try FileManager.default.removeItem(atPath: place.path("heed-data/master.key.previous"))
            try await expectWhole(place)
            let again = try await place.serve()
            for number in 0..<20 {
                let answer = try await again.check("p\(number)@mail.example", "newsletter")
                #expect(answer["reason"].string == "globalOptOut")
            }
            #expect(try await again.stop() == 0)
            // The old one alone is a clear error that names both.
            try place.write(old, to: "old.key")
            let wrong = try await place.heed("scope", "list", "--master-key-file", "old.key")
            #expect(wrong.exitCode == 2)
            #expect(wrong.errors.contains(before) && wrong.errors.contains(after))
        }
    }

    /// Backups made under each key can still be opened.
    @Test func noFormerKeyIsLost() async throws {
        try await Workplace.open { place in
            try await place.register()
            let first = place.read("heed-data/master.key")
            try await place.done("vault", "rotate-master")
            let second = place.read("heed-data/master.key")
            try await place.done("vault", "rotate-master")
            #expect(place.read("heed-data/master.key.previous") == second)
            #expect(place.read("heed-data/master.key.previous.1") == first)
        }
    }

    /// What a kill -9 leaves behind at each step, put there by hand: it opens, and is finished.
    @Test func everyInterruptionIsMended() async throws {
        try await Workplace.open { place in
            try await place.register()
            let policy = ["--scope", "newsletter", "--policy", "2026-01"]
            let granted = try await place.heed(["consent", "grant", VaultTests.address] + policy)
            #expect(granted.exitCode == 0)
            let first = place.read("heed-data/master.key")
            // After the next key was made, before anything was wrapped by it.
            try place.write(
                String(repeating: "5a", count: 32) + "\n",
                to: "heed-data/master.key.next"
            )
            let before = try await id(place)
            try await expectWhole(place)
            try await place.done("vault", "rotate-master")
            let second = place.read("heed-data/master.key")
            #expect(second == String(repeating: "5a", count: 32) + "\n")
            #expect(try await id(place) != before)
            try await expectWhole(place)
            // After the keys were wrapped, before the next key had its name.
            try place.write(second, to: "heed-data/master.key.next")
            try place.write(first, to: "heed-data/master.key")
            let wrapped = try await id(place)
            try await expectWhole(place)
            let server = try await place.serve()
            #expect(try await server.stop() == 0)
            try await place.done("vault", "rotate-master")
            #expect(try await id(place) == wrapped)
            #expect(place.read("heed-data/master.key") == second)
            #expect(
                !FileManager.default.fileExists(atPath: place.path("heed-data/master.key.next"))
            )
            let events = try await place.rows(
                "SELECT count(*) FROM audit_events WHERE kind = 'vault.master-key-replaced'"
            )
            #expect(events == ["1"])
            try await expectWhole(place)
        }
    }

    @Test func aKeyFromTheEnvironmentIsNotChanged() async throws {
        try await Workplace.open { place in
            try await place.register()
            let key = place.read("heed-data/master.key").trimmingCharacters(in: .newlines)
            let ending = try await place.heed(
                "vault",
                "rotate-master",
                environment: ["HEED_MASTER_KEY": key]
            )
            #expect(ending.exitCode == 2)
            #expect(ending.errors.contains("masterKey:"))
            #expect(place.read("heed-data/master.key").contains(key))
        }
    }

    /// Nobody is asked to stop for it, and no opt-out of meanwhile is lost.
    @Test func aServerGoesOnWhileAddressesAreHashedAgain() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            try await server.grant(VaultTests.address, "newsletter")
            for number in 0..<30 { try await server.grant("p\(number)@mail.example", "newsletter") }
            for round in 0..<2 {
                async let rotated = place.heed("vault", "rotate-lookup")
                for number in 0..<10 {
                    let address = "p\(10 * round + number)@mail.example"
                    #expect(try await server.optOut(address, "global").status == 202)
                    let answer = try await server.check(address, "newsletter")
                    #expect(answer["reason"].string == "globalOptOut")
                }
                let ending = try await rotated
                #expect(ending.exitCode == 0, "\(ending.errors)")
                #expect(ending.output.contains("under lookup key \(round + 2) now"))
            }
            #expect(try await place.done("vault", "show").output.contains("lookup keys: 3\n"))
            for number in 0..<30 {
                let answer = try await server.check("p\(number)@mail.example", "newsletter")
                #expect(answer["reason"].string == (number < 20 ? "globalOptOut" : "allowed"))
            }
            #expect(try await server.stop() == 0)
            try await expectWhole(place)
        }
    }
}
