// The log at the command line and over the wire: heads, proofs, bundles, and what is found wrong.

import Foundation
import Testing

@Suite("Log at the command line")
struct LogCommandTests {
    /// An installation where somebody agreed and left.
    private func withLog(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            try await place.register()
            let grant = "consent grant ada@mail.example --scope newsletter --policy 2026-01"
            let granted = try await place.heed(grant.split(separator: " ").map(String.init))
            #expect(granted.exitCode == 0)
            try await place.done("opt-out", "ada@mail.example", "--scope", "newsletter")
            try await test(place)
        }
    }

    private func key(_ place: Workplace) async throws -> String {
        try await place.done("log", "key").output.trimmingCharacters(in: .newlines)
    }

    @Test func aCheckpointIsPrintedAndExtended() async throws {
        try await withLog { place in
            let none = try await place.heed("log", "checkpoint", "--no-extend")
            #expect(none.exitCode == 2)
            #expect(none.errors == "heed: nothing has been written to the log yet\n")
            let person = ["--address", "ada@mail.example", "-o", "x", "--no-extend"]
            let early = try await place.heed(["log", "prove"] + person)
            #expect(early.exitCode == 2)
            #expect(early.errors.contains("not in the log yet"))
            let named = ["log", "checkpoint", "--log-origin", "shop.example/log", "--json"]
            let first = try await place.heed(named).json
            #expect(first["origin"].string == "shop.example/log")
            #expect(first["size"].number == Int(try await events(place)))
            #expect(first["verifier"].string == (try await key(place)))
            let note = try await place.done("log", "checkpoint", "--no-extend").output
            #expect(note == first["note"].string)
            #expect(note.hasPrefix("shop.example/log\n"))
            // The name stays, whatever is said later.
            try await place.done("opt-out", "ada@mail.example", "--global")
            let later = try await place.heed("log", "checkpoint", "--log-origin", "b", "--json")
                .json
            #expect(later["origin"].string == "shop.example/log")
            #expect(later["size"].number == Int(try await events(place)))
        }
    }

    private func events(_ place: Workplace) async throws -> String {
        try #require(await place.rows("SELECT count(*) FROM audit_events").first)
    }

    @Test func aPersonsBundleIsCheckedWithoutTheDatabase() async throws {
        try await withLog { place in
            let made = try await place.done(
                "log",
                "prove",
                "--address",
                "ada@mail.example",
                "-o",
                "proofs"
            )
            #expect(made.output.contains("events proved"))
            let key = try await key(place)
            let check = ["log", "verify", "--bundle", "proofs", "--key", key]
            // There is nothing else to look at.
            try FileManager.default.removeItem(atPath: place.path("heed-data"))
            let good = try await place.heed(check + ["--json"])
            #expect(good.exitCode == 0, "\(good.output)")
            #expect(try good.json["ok"].flag == true)
            #expect(try (good.json["entries"].number ?? 0) >= 4)
            let files = try FileManager.default
                .subpathsOfDirectory(atPath: place.path("proofs"))
                .filter { $0.contains(".") || $0 == "checkpoint" }
            #expect(files.count == 3 + 2 * (try good.json["entries"].number ?? 0))
            #expect(!files.contains { place.read("proofs/\($0)").contains("ada@") })
            for file in files { try await expectFinding(place, spoiling: file, by: check) }
            try place.write("x", to: "proofs/extra")
            let extra = try await place.heed(check)
            #expect(extra.exitCode == 1)
            #expect(extra.output.contains("unexpected: extra:"))
        }
    }

    private func expectFinding(
        _ place: Workplace,
        spoiling file: String,
        by check: [String]
    ) async throws {
        let path = URL(filePath: place.path("proofs/\(file)"))
        let good = try Data(contentsOf: path)
        var spoiled = good
        spoiled[spoiled.count / 2] ^= 1
        try spoiled.write(to: path)
        let bad = try await place.heed(check)
        #expect(bad.exitCode == 1)
        #expect(bad.output.contains("bad: \(file):"), "\(bad.output)")
        try FileManager.default.removeItem(at: path)
        try FileManager.default.createSymbolicLink(atPath: path.path, withDestinationPath: "/etc")
        #expect(try await place.heed(check).exitCode == 1)
        try FileManager.default.removeItem(at: path)
        let missing = try await place.heed(check)
        #expect(missing.exitCode == 1)
        #expect(missing.output.contains("missing: "))
        try good.write(to: path)
        #expect(try await place.heed(check).exitCode == 0)
    }

    @Test func oneEventIsProvedAtTheCommandLineAndOverTheWire() async throws {
        try await withLog { place in
            let server = try await place.serve("--role", "api")
            let size = try await place.done("log", "checkpoint", "--json").json["size"].number
            let row = try #require(
                await place.rows("SELECT hex(id) FROM audit_events ORDER BY position LIMIT 1").first
            )
            let digits = Array(row.lowercased())
            let id = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
                .map { String(digits[$0]) }.joined(separator: "-")
            let printed = try await place.done("log", "prove", id, "--no-extend").output
            let served = try await server.get("/v1/log/proof?event=\(id)")
            #expect(served.status == 200)
            #expect(printed == served.text)
            #expect(printed.hasPrefix("c2sp.org/tlog-proof@v1\nindex 0\n"))
            let json = try await place.done("log", "prove", id, "--json").json
            #expect(json["event"].string == id)
            #expect(json["size"].number == size)
            #expect(try await server.get("/log/checkpoint").text.contains("\n\(size ?? 0)\n"))
            try await place.done("log", "prove", id, "-o", "one")
            let key = try await key(place)
            try await place.done("log", "verify", "--bundle", "one", "--key", key)
        }
    }

    @Test func aKeptCheckpointIsHeldAgainstTheLog() async throws {
        try await withLog { place in
            try place.write(try await place.done("log", "checkpoint").output, to: "kept")
            let key = try await key(place)
            let server = try await place.serve("--role", "api")
            let url = "http://127.0.0.1:\(server.port)/log"
            let remote = ["log", "verify", "--checkpoint", "kept", "--url", url, "--key", key]
            try await place.done("opt-out", "ada@mail.example", "--global")
            try await place.done("log", "checkpoint")
            #expect(try await place.heed(remote).exitCode == 0)
            try await place.done("log", "verify", "--checkpoint", "kept")
            let whole = try await place.done("log", "verify", "--json").json
            #expect(whole["ok"].flag == true)
            #expect(whole["entries"].number == Int(try await events(place)))

            // Somebody with every right on the file changes the past.
            let change = """
                DROP TRIGGER ledger_leaves_no_update;
                UPDATE ledger_leaves SET hash = zeroblob(32) WHERE leaf_index = 1
                """
            #expect(try await place.sqlite(change).exitCode == 0)
            for arguments in [remote, ["log", "verify"]] {
                let bad = try await place.heed(arguments)
                #expect(bad.exitCode == 1, "\(arguments)")
                #expect(bad.output.contains("NOT GOOD"), "\(bad.output)")
            }
            let checkpoint = ["log", "verify", "--checkpoint", "kept"]
            #expect(try await place.heed(checkpoint).exitCode == 1)
            // A log that cannot be reached is neither good nor wrong.
            try await server.cut()
            let gone = try await place.heed(remote)
            #expect(gone.exitCode == 2)
            #expect(gone.errors.hasPrefix("heed: url: "))
        }
    }

    @Test func entriesAreOpenOnlyWhereTheOperatorSaysSo() async throws {
        try await withLog { place in
            let server = try await place.serve("--role", "api", "--public-log-entries")
            let size = try await place.done("log", "checkpoint", "--json").json["size"].number
            let path = "/log/tile/entries/000.p/\(size ?? 0)"
            let reply = try await server.get(path, key: "none")
            #expect(reply.status == 200)
            let closed = try await place.serve("--role", "api")
            #expect(try await closed.get(path, key: "none").status == 401)
            #expect(try await closed.get(path).status == 200)
        }
    }
}
