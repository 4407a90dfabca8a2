// Where settings come from: flags, then the environment (`HEED_…`), then a YAML file.

import ArgumentParser
import Configuration
import Foundation
import HeedConnectors
import HeedConsent
import HeedDelivery
import HeedLedger
import HeedLists
import HeedServer
import Logging
import Synchronization

/// Flags that every command has.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The database: sqlite:PATH (default sqlite:./heed-data/heed.sqlite) or postgres://….",
            discussion: "A password is better kept in HEED_DATABASE, ~/.pgpass or a service file."
        )
    )
    var database: String?

    @Flag(help: "Run as a PostgreSQL superuser or as the owner of the tables, for a trial.")
    var allowOwner = false

    @Option(help: "A YAML file with settings.")
    var config: String?

    @Option(help: "The file with the master key (default: master.key beside the database).")
    var masterKeyFile: String?

    /// Reads all settings, with further flags of the command on top.
    ///
    /// - Parameters:
    ///   - flags: What the command was given, by the names of the settings.
    ///   - warn: Is told of variables that no setting has.
    /// - Returns: The settings.
    /// - Throws: a `Refusal` that names the wrong one.
    func settings(
        _ flags: [String: String?] = [:],
        warn: ([String]) -> Void = GlobalOptions.note
    ) async throws -> Settings {
        var flags = flags
        flags["database"] = database
        if allowOwner { flags["allowOwner"] = "true" }
        flags["masterKeyFile"] = masterKeyFile
        let settings = try await Settings.load(flags: flags, file: config)
        // Only the names: a value may be a secret.
        let unknown = SettingNames.unknownVariables(ProcessInfo.processInfo.environment)
        if !unknown.isEmpty { warn(unknown) }
        return settings
    }

    private static func note(_ variables: [String]) {
        Terminal.complain("no setting has these variables: \(variables.joined(separator: ", "))")
    }
}

/// All settings of an installation.
struct Settings: Sendable {
    /// Where the data is and how to reach it.
    private(set) var database: DatabaseSettings
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
    /// What a new log is called.
    let logOrigin: String
    /// The folder that checkpoints are copied to.
    let checkpointArchivePath: String?
    /// The file with the witnesses of the log.
    let witnessPolicyPath: String?
    /// Whether batches of the guard are answered from memory.
    let guardIndex: Bool
    /// How much of what the guard is asked is written down.
    let sendDecisions: SendRecording
    /// How far requests to other systems may go.
    let outboundNetworks: OutboundNetworks
    /// How much to log.
    let logLevel: Logger.Level
    /// Jobs done at the same time in the opt-out lane.
    let workers: Int
    /// Seconds a job is kept from other workers.
    let leaseSeconds: Int
    /// What delays between attempts are multiplied by.
    let retryScale: Double
    /// Seconds between two verifications in the background.
    let verifyIntervalSeconds: Int
    /// Where measurements and probes are served alone; nil for nowhere.
    let metricsPort: Int?
    /// Whom to tell what is wrong, and when.
    let alerts: AlertSettings
    /// Whether and how Heed writes to people itself.
    let mail: MailSettings
    /// Seconds between two comparisons with each connector's list; 0 for never.
    let reconcileIntervalSeconds: Int
    /// For how long evidence is kept.
    let retention: Retention
    /// The folder with the operator's own public pages.
    let pagesFolder: String?
    /// The folder of the journal of stops.
    let journalFolder: String
    /// For how many days its files are kept; 0 for ever.
    let journalDays: Int
    /// The folder that uploaded lists wait in for their import.
    let importFolder: String
    /// The largest list that is taken over HTTP, in bytes.
    let importBytesMaximum: Int
    /// Who is responsible, as consent receipts say it.
    let controller: Controller?
    /// The language of pages and messages for readers of none that there is; nil for English.
    let pagesLanguage: String?

    init(_ reader: ConfigReader) throws {
        database = try DatabaseSettings(reader)
        try Settings.refuseTwice("masterKey", reader)
        masterKey = reader.string(forKey: "masterKey", isSecret: true)
        masterKeyPath = reader.string(
            forKey: "masterKeyFile",
            default: database.folder + "/master.key"
        )
        host = reader.string(forKey: "host", default: "127.0.0.1")
        port = try Settings.integer("port", reader, default: 8080, in: 0...65_535)
        let base = reader.string(forKey: "publicUrl", default: "http://\(host):\(port)")
        publicURL = base.hasSuffix("/") ? String(base.dropLast()) : base
        guard base.hasPrefix("https://") || base.hasPrefix("http://") else {
            throw Refusal(.invalid, field: "publicUrl", "a base of links starts with https://")
        }
        // A name for good; which port the system chooses is not known yet, and another each time.
        let isOpen = port == 0 && reader.string(forKey: "publicUrl") == nil
        logOrigin = try Settings.logOrigin(reader, place: isOpen ? "http://\(host)" : publicURL)
        checkpointArchivePath = try Settings.path("checkpointArchive", reader)
        witnessPolicyPath = try Settings.path("witnessPolicy", reader)
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
        verifyIntervalSeconds = try Settings.integer(
            "verifyIntervalSeconds",
            reader,
            default: 86_400,
            in: 60...2_592_000
        )
        outboundNetworks = try .init(setting: reader.string(forKey: "outboundNetworks"))
        (guardIndex, sendDecisions) = try (Self.onOrOff("guardIndex", reader), Self.sends(reader))
        pagesFolder = try Settings.path("pagesFolder", reader)
        metricsPort = try Settings.optionalPort("metricsPort", reader)
        (alerts, mail) = (try AlertSettings(reader), try MailSettings(reader))
        reconcileIntervalSeconds = try Settings.integer(
            "reconcileIntervalSeconds",
            reader,
            default: Int(DriftChecker.intervalSeconds),
            in: 0...2_592_000
        )
        retention = try Settings.retention(reader)
        journalFolder = try Settings.path("journalFolder", reader) ?? database.folder + "/journal"
        journalDays = try Settings.integer("journalDays", reader, default: 400, in: 0...36_500)
        importFolder = try Settings.path("importFolder", reader) ?? database.folder + "/imports"
        importBytesMaximum =
            try Self.integer("importBytesMaximum", reader, default: 1 << 30, in: 1024...1 << 40)
        controller = try Controller(reader)
        pagesLanguage = reader.string(forKey: "pagesLanguage")
    }

    private static func onOrOff(
        _ key: ConfigKey,
        _ reader: ConfigReader
    ) throws(Refusal) -> Bool {
        // For YAML both words are truth values.
        let word = reader.string(forKey: key) ?? reader.bool(forKey: key).map { "\($0)" }
        switch word {
        case nil, "on", "true": return true
        case "off", "false": return false
        default:
            let name = key.components.joined(separator: ".")
            throw Refusal(.invalid, field: name, "this is on or off")
        }
    }

    private static func sends(
        _ reader: ConfigReader
    ) throws(Refusal) -> SendRecording {
        // For YAML `off` is a truth value.
        let key: ConfigKey = "sendDecisions"
        let word = reader.string(forKey: key) ?? (reader.bool(forKey: key) == false ? "off" : nil)
        guard let word else { return .calls }
        guard let recording = SendRecording(rawValue: word == "false" ? "off" : word) else {
            let words = SendRecording.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(.invalid, field: "sendDecisions", "this is one of: \(words)")
        }
        return recording
    }

    /// The range is checked where the law is, so that the same words refuse it everywhere.
    private static func retention(_ reader: ConfigReader) throws(Refusal) -> Retention {
        try Retention(
            auditLogDays: Int64(
                integer(
                    "auditLogRetentionDays",
                    reader,
                    default: Int(auditLogRetentionDays),
                    in: 0...Int(Int32.max)
                )
            ),
            consentRecordDays: Int64(
                integer(
                    "consentRecordRetentionDays",
                    reader,
                    default: Int(consentRecordRetentionDays),
                    in: 0...Int(Int32.max)
                )
            ),
            eventDays: Int64(
                integer(
                    "eventRetentionDays",
                    reader,
                    default: Int(eventRetentionDays),
                    in: 0...Int(Int32.max)
                )
            )
        )
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
            providers.append(try await provider(file: file))
        }
        return try Settings(ConfigReader(providers: providers))
    }

    /// A file's settings; refuses names that no setting has, and values that are not one value.
    private static func provider(file: String) async throws -> any ConfigProvider {
        let names = Mutex<[String]>([])
        let provider: FileProvider<YAMLSnapshot>
        do {
            let path = InMemoryProvider(values: ["filePath": ConfigValue(stringLiteral: file)])
            provider = try await FileProvider<YAMLSnapshot>(
                // Asked once for each name in the file, as the reader of YAML understands it.
                parsingOptions: .init(
                    secretsSpecifier: .dynamic { name, _ in
                        names.withLock { $0.append(name) }
                        return true
                    }
                ),
                config: ConfigReader(provider: path)
            )
        } catch {
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw CommandError("config: there is no file \(file), or you may not read it")
            }
            throw CommandError("config: the file \(file) is not valid YAML")
        }
        let found = names.withLock(\.self)
        try SettingNames.check(found)
        let reader = ConfigReader(provider: provider)
        for name in found.sorted() where reader.string(forKey: ConfigKey(name)) == nil {
            throw Refusal(.invalid, field: name, "this has to be one value, not a list")
        }
        return provider
    }

    /// Refuses a secret that is given both by itself and by a file: one of the two would not count.
    static func refuseTwice(_ name: String, _ reader: ConfigReader) throws(Refusal) {
        guard reader.string(forKey: ConfigKey(name), isSecret: true) != nil,
            reader.string(forKey: ConfigKey("\(name)File")) != nil
        else { return }
        let variables = [name, "\(name)File"].map(SettingNames.variable).joined(separator: ", ")
        throw Refusal(
            .conflict,
            field: "\(name), \(name)File",
            "a secret is given by itself or by a file, not both (\(variables))"
        )
    }

    /// By recommendation the URL under which the log is served, without scheme (tlog-tiles).
    private static func logOrigin(
        _ reader: ConfigReader,
        place url: String
    ) throws(Refusal) -> String {
        let place = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? ""
        let origin = reader.string(forKey: "logOrigin", default: "\(place)/log")
        guard NoteKey.isValidName(origin) else {
            throw Refusal(
                .invalid,
                field: "logOrigin",
                "a log's name is not empty and holds neither spaces nor +"
            )
        }
        return origin
    }

    private static func path(
        _ key: ConfigKey,
        _ reader: ConfigReader
    ) throws(Refusal) -> String? {
        let path = reader.string(forKey: key)
        guard path != "" else {
            let name = key.components.joined(separator: ".")
            throw Refusal(.invalid, field: name, "a path is not empty")
        }
        return path
    }

    private static func optionalPort(
        _ key: ConfigKey,
        _ reader: ConfigReader
    ) throws(Refusal) -> Int? {
        let isGiven = reader.string(forKey: key) != nil || reader.int(forKey: key) != nil
        return isGiven ? try integer(key, reader, default: 0, in: 0...65_535) : nil
    }

    static func integer(
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

    /// Says that mail programs will not use such links: one click needs HTTPS (RFC 8058 §3.1).
    func noteLinksWithoutHTTPS() {
        guard !publicURL.hasPrefix("https://") else { return }
        Terminal.complain("publicUrl: one-click links need https, and \(publicURL) is not")
    }

    /// The same for another file.
    func with(database path: String) -> Settings {
        var settings = self
        settings.database.place = .sqlite(path: path)
        return settings
    }

    /// The server's part of the settings.
    var serverOptions: ServerOptions {
        var options = ServerOptions(
            host: host,
            port: port,
            publicURL: publicURL,
            version: Heed.version
        )
        options.nearDeadlineSeconds = alerts.rules.deadlineSeconds
        options.doubleOptIn = mail.server == nil ? nil : mail.terms
        options.trustedProxies = mail.trustedProxies
        options.pagesFolder = pagesFolder
        options.controller = controller
        options.sendDecisions = sendDecisions
        options.imports = ImportSpool(path: importFolder, bytesMaximum: importBytesMaximum)
        options.recordRetentionDays = retention.consentRecordDays
        options.logRetentionDays = retention.auditLogDays
        options.pagesLanguage = pagesLanguage
        return options
    }
}
