// Where settings come from, seen from outside.

import Foundation
import Testing

@Suite("Settings")
struct SettingsTests {
    /// Three databases; the scope in each is called like it.
    private func withDatabases(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            for name in ["flag", "environment", "file"] {
                try await place.done(
                    "scope",
                    "add",
                    name,
                    "--kind",
                    "campaign",
                    "--database",
                    database(name)
                )
            }
            try place.write("database: \(database("file"))\n", to: "heed.yaml")
            try await test(place)
        }
    }

    private func database(_ name: String) -> String { "sqlite:./\(name)/heed.sqlite" }

    private func scope(_ ending: Ending) throws -> [String?] {
        try ending.json.list.map { $0["name"].string }
    }

    @Test func flagsGoBeforeTheEnvironmentAndThatBeforeTheFile() async throws {
        try await withDatabases { place in
            let environment = [
                "HEED_DATABASE": database("environment"), "HEED_CONFIG": "heed.yaml",
            ]
            let all = try await place.heed(
                "scope",
                "list",
                "--json",
                "--database",
                database("flag"),
                environment: environment
            )
            #expect(try scope(all) == ["flag"])
            let two = try await place.heed("scope", "list", "--json", environment: environment)
            #expect(try scope(two) == ["environment"])
            let one = try await place.heed("scope", "list", "--json", "--config", "heed.yaml")
            #expect(try scope(one) == ["file"])
            let named = try await place.heed(
                "scope",
                "list",
                "--json",
                environment: ["HEED_CONFIG": "heed.yaml"]
            )
            #expect(try scope(named) == ["file"])
        }
    }

    @Test func theMasterKeyMayComeFromElsewhere() async throws {
        try await withDatabases { place in
            let key = place.read("flag/master.key").trimmingCharacters(in: .whitespacesAndNewlines)
            try place.write(key, to: "moved.key")
            try FileManager.default.removeItem(atPath: place.path("flag/master.key"))
            let arguments = ["scope", "list", "--json", "--database", database("flag")]
            let missing = try await place.heed(arguments)
            #expect(missing.exitCode == 2)
            for environment in [["HEED_MASTER_KEY_FILE": "moved.key"], ["HEED_MASTER_KEY": key]] {
                let found = try await place.heed(arguments, environment: environment)
                #expect(try scope(found) == ["flag"])
            }
            let flag = try await place.heed(arguments + ["--master-key-file", "moved.key"])
            #expect(try scope(flag) == ["flag"])
        }
    }

    @Test func aNewDatabaseTakesTheKeyItIsGiven() async throws {
        try await Workplace.open { place in
            let key = String(repeating: "a1", count: 32)
            let made = try await place.heed("migrate", environment: ["HEED_MASTER_KEY": key])
            #expect(made.exitCode == 0)
            #expect(!FileManager.default.fileExists(atPath: place.path("heed-data/master.key")))
            let without = try await place.heed("scope", "list")
            #expect(without.exitCode == 2)
            let with = try await place.heed("scope", "list", environment: ["HEED_MASTER_KEY": key])
            #expect(with.exitCode == 0)
        }
    }

    /// Names only: the value may be a secret.
    @Test func aVariableThatNoSettingHasIsToldWithoutItsValue() async throws {
        try await Workplace.open { place in
            let environment = ["HEED_ALERT_WEBHOK_SECRET": "whsec_hidden", "HEED_WORKERS": "4"]
            let server = try await place.serve(environment: environment)
            let lines = server.program.errors.split(separator: "\n")
            let told = lines.filter { $0.contains("HEED_ALERT_WEBHOK_SECRET") }
            #expect(told.count == 1)
            #expect(told.first?.contains("warning") == true)
            #expect(!server.program.errors.contains("hidden"))
            #expect(!server.program.errors.contains("HEED_WORKERS"))
            let listed = try await place.heed("scope", "list", environment: environment)
            #expect(listed.exitCode == 0)
            #expect(
                listed.errors == "heed: no setting has these variables: HEED_ALERT_WEBHOK_SECRET\n"
            )
        }
    }

    @Test func theAPIServesMeasurementsOnAPortOfTheirOwnToo() async throws {
        try await Workplace.open { place in
            let server = try await place.serve("--role", "api", "--metrics-port", "0")
            let start = "Measurements: http://127.0.0.1:"
            try await eventually("it says where") {
                server.program.errors.split(separator: "\n", omittingEmptySubsequences: false)
                    .dropLast().contains { $0.hasPrefix(start) }
            }
            let line = server.program.errors.split(separator: "\n").first { $0.hasPrefix(start) }
            let port = try #require(
                line.flatMap { Int($0.dropFirst(start.count).prefix { $0.isNumber }) }
            )
            #expect(port != server.port)
            let reply = try await blocking {
                let socket = try Socket()
                try socket.connect(to: port)
                try socket.write(
                    Array("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)
                )
                return try Message(from: socket)
            }
            #expect(reply.start.hasPrefix("HTTP/1.1 200"))
            #expect(reply.text.contains("heed_build_info"))
            #expect(try await server.get("/metrics").status == 200)
        }
    }

    /// The system chooses another port each time, and the log keeps its first name for good; a link
    /// leads to the port that was chosen.
    @Test func nothingIsCalledByThePortThatWasLeftOpen() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            #expect(server.program.errors.contains("Log origin:    127.0.0.1/log\n"))
            try await place.register()
            try await server.grant("ada@mail.example", "newsletter")
            let url = try await server.check("ada@mail.example", "newsletter")["unsubscribe"]["url"]
            #expect(url.string?.hasPrefix("http://127.0.0.1:\(server.port)/u/v1.") == true)
        }
    }

    @Test func linksLeadToTheServerThatMadeThem() async throws {
        try await Workplace.open { place in
            let server = try await place.serve("--public-url", "https://heed.example/")
            try await place.register()
            try await server.grant("ada@mail.example", "newsletter")
            let answer = try await server.check("ada@mail.example", "newsletter")
            let url = answer["unsubscribe"]["url"].string ?? ""
            #expect(url.hasPrefix("https://heed.example/u/v1."))
            let token = try await server.token("ada@mail.example", "newsletter")
            #expect(try await server.pressOneClick(token).status == 200)
            let after = try await server.check("ada@mail.example", "newsletter")
            #expect(after["reason"].string == "optOut")
        }
    }
}
