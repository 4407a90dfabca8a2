// Where settings come from: flags, then the environment (`HEED_…`), then a YAML file.

import ArgumentParser
import Configuration
import Foundation
import HeedConsent
import HeedLedger
import HeedServer
import Logging

/// Flags that every command has.
struct GlobalOptions: ParsableArguments {
    @Option(help: "The database: sqlite:PATH (default sqlite:./heed-data/heed.sqlite).")
    var database: String?

    @Option(help: "A YAML file with settings.")
    var config: String?

    @Option(help: "The file with the master key (default: master.key beside the database).")
    var masterKeyFile: String?

    /// Reads all settings, with further flags of the command on top.
    func settings(_ flags: [String: String?] = [:]) async throws -> Settings {
        var flags = flags
        flags["database"] = database
        flags["masterKeyFile"] = masterKeyFile
        return try await Settings.load(flags: flags, file: config)
    }
}

/// All settings of an installation.
struct Settings: Sendable {
    /// The SQLite file.
    let databasePath: String
    /// The master key in hexadecimal, when the environment holds it.
    let masterKey: String?
    /// The file the master key is in.
    let masterKeyPath: String
    /// Where to listen.
    let host: String
    /// Where to listen.
    let port: Int
    /// The base of public links.
    let publicURL: String
    /// The name of the log, for one that has none yet.
    let logOrigin: String
    /// How much to log.
    let logLevel: Logger.Level
    /// Jobs done at the same time in the opt-out lane.
    let workers: Int
    /// Seconds a job is kept from other workers.
    let leaseSeconds: Int
    /// What delays between attempts are multiplied by.
    let retryScale: Double

    init(_ reader: ConfigReader) throws {
        let database = reader.string(forKey: "database", default: "sqlite:./heed-data/heed.sqlite")
        guard database.hasPrefix("sqlite:"), database.utf8.count > 7 else {
            throw Refusal(
                .invalid,
                field: "database",
                "this version opens sqlite:PATH, for example sqlite:./heed-data/heed.sqlite"
            )
        }
        databasePath = String(database.dropFirst(7))
        let folder = URL(filePath: databasePath).deletingLastPathComponent().relativePath
        masterKey = reader.string(forKey: "masterKey", isSecret: true)
        masterKeyPath = reader.string(forKey: "masterKeyFile", default: folder + "/master.key")
        host = reader.string(forKey: "host", default: "127.0.0.1")
        port = try Settings.integer("port", reader, default: 8080, in: 0...65_535)
        let base = reader.string(forKey: "publicUrl", default: "http://\(host):\(port)")
        publicURL = base.hasSuffix("/") ? String(base.dropLast()) : base
        guard base.hasPrefix("https://") || base.hasPrefix("http://") else {
            throw Refusal(.invalid, field: "publicUrl", "a base of links starts with https://")
        }
        // C2SP tlog-checkpoint: the origin should be the log's URL without scheme and slash.
        let place = base.hasPrefix("https://") ? publicURL.dropFirst(8) : publicURL.dropFirst(7)
        logOrigin = reader.string(forKey: "logOrigin", default: "\(place)/log")
        guard NoteKey.isValidName(logOrigin) else {
            throw Refusal(
                .invalid,
                field: "logOrigin",
                "a log's name is like heed.example/log, without spaces and '+'"
            )
        }
        let level = reader.string(forKey: "logLevel", default: "info")
        guard let logLevel = Logger.Level(rawValue: level) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, field: "logLevel", "a log level is one of: \(levels)")
        }
        self.logLevel = logLevel
        workers = try Settings.integer("workers", reader, default: 16, in: 1...1000)
        // Longer than a request may take, so that a slow answer is not told twice.
        leaseSeconds = try Settings.integer("leaseSeconds", reader, default: 30, in: 20...3600)
        let scale = reader.string(forKey: "retryScale", default: "1")
        guard let retryScale = Double(scale), (0.001...10).contains(retryScale) else {
            throw Refusal(.invalid, field: "retryScale", "a scale is a number from 0.001 to 10")
        }
        self.retryScale = retryScale
    }

    /// Reads flags, then the environment, then the file that one of both names.
    static func load(flags: [String: String?], file: String?) async throws -> Settings {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (name, value) in flags {
            values[AbsoluteConfigKey([name])] = value.map { ConfigValue(stringLiteral: $0) }
        }
        let environment = EnvironmentVariablesProvider().prefixKeys(with: "heed")
        var providers: [any ConfigProvider] = [InMemoryProvider(values: values), environment]
        let file = file ?? ConfigReader(provider: environment).string(forKey: "config")
        if let file {
            do {
                let path = InMemoryProvider(values: ["filePath": ConfigValue(stringLiteral: file)])
                providers.append(
                    try await FileProvider<YAMLSnapshot>(config: ConfigReader(provider: path))
                )
            } catch {
                throw CommandError("config: the file \(file) is missing or is not valid YAML")
            }
        }
        return try Settings(ConfigReader(providers: providers))
    }

    private static func integer(
        _ key: ConfigKey,
        _ reader: ConfigReader,
        default value: Int,
        in range: ClosedRange<Int>
    ) throws(Refusal) -> Int {
        let name = key.components.joined(separator: ".")
        // A file may hold a number, the environment and flags hold text.
        let text = reader.string(forKey: key)
        let found = reader.int(forKey: key) ?? text.flatMap { Int($0) }
        if found == nil, text != nil {
            throw Refusal(.invalid, field: name, "this has to be a whole number")
        }
        guard range.contains(found ?? value) else {
            throw Refusal(
                .invalid,
                field: name,
                "this has to be from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return found ?? value
    }

    /// The server's part of the settings.
    var serverOptions: ServerOptions { ServerOptions(host: host, port: port, publicURL: publicURL) }
}
