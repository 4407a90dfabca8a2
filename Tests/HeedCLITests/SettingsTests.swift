// Defaults, the order of sources, and every setting that can be wrong.

import Configuration
import Foundation
import HeedConnectors
import HeedConsent
import Logging
import Testing

@testable import HeedCLI

@Suite("Settings")
struct SettingsTests {
    /// Settings as the sources give them, the first before the second.
    private func settings(_ sources: [String: String]...) throws -> Settings {
        let providers = sources.map { source in
            var values: [AbsoluteConfigKey: ConfigValue] = [:]
            for (name, value) in source {
                values[AbsoluteConfigKey([name])] = ConfigValue(stringLiteral: value)
            }
            return InMemoryProvider(values: values)
        }
        return try Settings(ConfigReader(providers: providers))
    }

    @Test func defaults() throws {
        let settings = try settings([:])
        #expect(settings.database.place == .sqlite(path: "./heed-data/heed.sqlite"))
        #expect(settings.masterKeyPath == "./heed-data/master.key")
        #expect(settings.masterKey == nil)
        #expect(settings.host == "127.0.0.1")
        #expect(settings.port == 8080)
        #expect(settings.publicURL == "http://127.0.0.1:8080")
        #expect(settings.logLevel == .info)
        #expect(settings.workers == 16)
        #expect(settings.leaseSeconds == 30)
        #expect(settings.guardIndex)
        #expect(settings.retryScale == 1)
        #expect(settings.outboundNetworks == .insideToo)
        #expect(settings.reconcileIntervalSeconds == 86_400)
        #expect(settings.logOrigin == "127.0.0.1:8080/log")
        #expect(settings.checkpointArchivePath == nil)
        #expect(settings.witnessPolicyPath == nil)
    }

    @Test func theLogIsCalledLikeItsPlaceUnlessSaid() throws {
        let place = try settings(["publicUrl": "https://heed.example/"])
        #expect(place.logOrigin == "heed.example/log")
        let name = try settings(["publicUrl": "https://h.example", "logOrigin": "log.example/a"])
        #expect(name.logOrigin == "log.example/a")
    }

    /// Which port the system will choose is not known, and the name is for good.
    @Test func noLogIsCalledByAPortThatIsOpen() throws {
        #expect(try settings(["port": "0"]).logOrigin == "127.0.0.1/log")
        #expect(try settings(["port": "0", "host": "h.example"]).logOrigin == "h.example/log")
        let place = try settings(["port": "0", "publicUrl": "https://heed.example"])
        #expect(place.logOrigin == "heed.example/log")
        #expect(try settings(["port": "0", "logOrigin": "a.example"]).logOrigin == "a.example")
    }

    @Test func archiveAndWitnessesArePaths() throws {
        let given = try settings(["checkpointArchive": "/mnt/archive", "witnessPolicy": "w.txt"])
        #expect(given.checkpointArchivePath == "/mnt/archive")
        #expect(given.witnessPolicyPath == "w.txt")
    }

    @Test func theFirstSourceThatSaysSomethingCounts() throws {
        let settings = try settings(
            ["port": "1"],
            ["port": "2", "host": "a.example"],
            ["port": "3", "host": "b.example", "workers": "4"]
        )
        #expect(settings.port == 1)
        #expect(settings.host == "a.example")
        #expect(settings.workers == 4)
        #expect(settings.publicURL == "http://a.example:1")
    }

    @Test func theKeyIsBesideTheDatabaseUnlessSaid() throws {
        let there = try settings(["database": "sqlite:/srv/heed/x.sqlite"])
        #expect(there.database.place == .sqlite(path: "/srv/heed/x.sqlite"))
        #expect(there.masterKeyPath == "/srv/heed/master.key")
        let elsewhere = try settings(["masterKeyFile": "/run/key"])
        #expect(elsewhere.masterKeyPath == "/run/key")
        #expect(try settings(["masterKey": "00"]).masterKey == "00")
    }

    /// From whatever sources they come: one of the two would not count.
    @Test func aKeyThatIsGivenTwiceIsRefusedByBothNames() {
        let refusal = #expect(throws: Refusal.self) {
            try settings(["masterKeyFile": "/run/key"], ["masterKey": "00"])
        }
        #expect(refusal?.field == "masterKey, masterKeyFile")
        #expect(refusal?.message.contains("HEED_MASTER_KEY, HEED_MASTER_KEY_FILE") == true)
    }

    @Test func theBaseOfLinksHasNoSlashAtItsEnd() throws {
        #expect(try settings(["publicUrl": "https://h.example/"]).publicURL == "https://h.example")
        #expect(try settings(["publicUrl": "https://h.example"]).publicURL == "https://h.example")
    }

    @Test(arguments: [
        ("database", "heed.sqlite"), ("database", "sqlite:"), ("database", "mysql://x"),
        ("port", "x"), ("port", "-1"), ("port", "65536"), ("port", "80.5"),
        ("publicUrl", "h.example"), ("publicUrl", "ftp://h.example"),
        ("logLevel", "loud"), ("logLevel", ""),
        ("logOrigin", ""), ("logOrigin", "two words"), ("logOrigin", "a+b"),
        ("logOrigin", "a\u{a0}b"), ("logOrigin", "a\nb"),
        ("checkpointArchive", ""), ("witnessPolicy", ""),
        ("workers", "0"), ("workers", "1001"), ("workers", "two"),
        ("outboundNetworks", "everywhere"), ("outboundNetworks", ""),
        ("guardIndex", "often"), ("guardIndex", ""), ("leaseSeconds", "19"),
        ("leaseSeconds", "3601"),
        ("reconcileIntervalSeconds", "-1"), ("reconcileIntervalSeconds", "2592001"),
        ("retryScale", "0"), ("retryScale", "11"), ("retryScale", "x"), ("retryScale", "nan"),
    ])
    func wrongValuesAreNamed(_ name: String, _ value: String) {
        let refusal = #expect(throws: Refusal.self) { try settings([name: value]) }
        #expect(refusal?.field == name)
        #expect(refusal?.code == .invalid)
    }

    @Test(arguments: [
        ("port", "0"), ("port", "65535"), ("workers", "1"), ("workers", "1000"),
        ("guardIndex", "on"), ("guardIndex", "off"), ("guardIndex", "true"), ("leaseSeconds", "20"),
        ("leaseSeconds", "3600"), ("retryScale", "0.001"),
        ("retryScale", "10"), ("logLevel", "trace"),
        ("reconcileIntervalSeconds", "0"), ("reconcileIntervalSeconds", "2592000"),
    ])
    func limitsAreWithin(_ name: String, _ value: String) throws {
        _ = try settings([name: value])
    }

    @Test func aFileIsReadUnderTheFlags() async throws {
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appending(path: "heed-settings-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        let lines = [
            "workers: 3", "leaseSeconds: 40", "retryScale: 0.5", "logOrigin: log.example",
            "checkpointArchive: /mnt/archive", "witnessPolicy: witnesses.txt", "",
        ]
        try Data(lines.joined(separator: "\n").utf8).write(to: file)
        let settings = try await Settings.load(flags: ["workers": "5"], file: file.path)
        #expect(settings.logOrigin == "log.example")
        #expect(settings.checkpointArchivePath == "/mnt/archive")
        #expect(settings.witnessPolicyPath == "witnesses.txt")
        #expect(settings.workers == 5)
        #expect(settings.leaseSeconds == 40)
        #expect(settings.retryScale == 0.5)
        // For YAML these are truth values.
        for (word, isOn) in [("on", true), ("off", false), ("\"off\"", false)] {
            try Data("guardIndex: \(word)\n".utf8).write(to: file)
            #expect(try await Settings.load(flags: [:], file: file.path).guardIndex == isOn)
        }
        for (line, field, hint) in [
            ("worker: 3", "worker", "; is 'workers' meant?"),
            ("public-url: https://h.example", "public-url", "; is 'publicUrl' meant?"),
            ("alert:\n  webhookUrl: https://h.example", "alert.webhookUrl", "'alertWebhookUrl'"),
            ("colour: blue", "colour", "there is no setting of this name"),
            ("workers: [3]", "workers", "this has to be one value, not a list"),
        ] {
            try Data("logLevel: debug\n\(line)\n".utf8).write(to: file)
            let refusal = await #expect(throws: Refusal.self) {
                try await Settings.load(flags: [:], file: file.path)
            }
            #expect(refusal?.field == field)
            #expect(refusal?.message.contains(hint) == true, "\(line)")
        }
        try Data("port: [1\n".utf8).write(to: file)
        for path in [file.path, file.path + ".missing"] {
            let error = await #expect(throws: CommandError.self) {
                try await Settings.load(flags: [:], file: path)
            }
            #expect(error?.message.hasPrefix("config: ") == true)
        }
    }
}
