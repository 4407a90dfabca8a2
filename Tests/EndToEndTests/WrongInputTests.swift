// Wrong input to every command: one line that names the field, exit code 2, and nothing changed.

import Foundation
import Testing

/// A command line that is wrong, and what the complaint must name.
struct WrongCommand: CustomTestStringConvertible, Sendable {
    let arguments: [String]
    let names: String
    var environment: [String: String] = [:]

    init(_ line: String, names: String, _ environment: [String: String] = [:]) {
        arguments = line.split(separator: " ").map { String($0).replacing("_", with: " ") }
        self.names = names
        self.environment = environment
    }

    var testDescription: String { "\(environment) heed \(arguments.joined(separator: " "))" }
}

@Suite("Wrong input")
struct WrongInputTests {
    /// A log's public key, of signed-note's own example.
    private static let key =
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

    private static let commands: [WrongCommand] = [
        .init("check", names: "address"),
        .init("check a@b.example", names: "--scope"),
        .init("check nope --scope newsletter", names: "address:"),
        .init("check a@b.example --scope Nope", names: "scope:"),
        .init("check a@b.example --scope nosuch", names: "scope:"),
        .init("doctor", names: "url, message:"),
        .init("doctor --url https://a.example/u --message m.eml", names: "url, message:"),
        .init("doctor --url ftp://a.example/u", names: "url:"),
        .init("doctor --url https://ada:pw@a.example/u", names: "url:"),
        .init("doctor --message nosuch", names: "message:"),
        .init("doctor --message policy.txt", names: "message:"),
        .init("scope add x", names: "--kind"),
        .init("scope add x --kind y", names: "kind:"),
        .init("scope add x --kind campaign --channel fax", names: "channel:"),
        .init("scope add A_B --kind campaign", names: "name:"),
        .init("scope add global --kind campaign", names: "name:"),
        .init("scope add newsletter --kind transactional", names: "name:"),
        .init("scope add sale-sharing --kind campaign", names: "name:"),
        .init("scope add x --kind campaign --description y", names: "title:"),
        .init("scope describe nosuch --title y", names: "scope:"),
        .init("scope describe newsletter --title y --language german_words", names: "language:"),
        .init("form add f --policy 2026-01", names: "scope:"),
        .init("form add F --policy 2026-01 --scope newsletter --wording y", names: "name:"),
        .init("form add f --policy 2026-01 --scope newsletter", names: "wording:"),
        .init("form add f --policy nosuch --scope newsletter --wording y", names: "policyVersion:"),
        .init(
            "form add f --policy 2026-01 --scope newsletter --wording y --redirect /x",
            names: "redirect:"
        ),
        .init("form html nosuch", names: "name:"),
        .init("consent ask a@b.example --scope newsletter --policy 2026-01", names: "mailHost"),
        .init("queue drop nope", names: "id:"),
        .init("preferences nope", names: "address:"),
        .init("preferences nobody@mail.example", names: "address:"),
        .init("preferences a@b.example --days 0", names: "days:"),
        .init("policy publish 2026-02", names: "--text-file"),
        .init("policy publish 2026-02 --text-file nosuch", names: "text-file:"),
        .init("policy publish 2026-02 --text-file heed-data", names: "text-file:"),
        .init("policy publish 2026-01 --text-file other.txt", names: "version:"),
        .init(
            "policy publish 2026-02 --text-file policy.txt --effective soon",
            names: "effective:"
        ),
        .init(
            "policy publish 2026-02 --text-file policy.txt --reconsent nosuch",
            names: "reconsent:"
        ),
        .init("key create", names: "--role"),
        .init("key create --role boss", names: "role:"),
        .init("key revoke nosuch", names: "id:"),
        .init("connector add fax x --url http://127.0.0.1/", names: "kind:"),
        .init("connector add webhook x --url http://a.example/", names: "url:"),
        .init("connector add webhook x --url nope", names: "url:"),
        .init("connector add webhook A_B --url http://127.0.0.1/", names: "name:"),
        .init(
            "connector add webhook x --url http://127.0.0.1/ --secret-file nosuch",
            names: "secret-file:"
        ),
        .init(
            "connector add webhook x --url http://127.0.0.1/ --secret-file policy.txt",
            names: "secret:"
        ),
        .init(
            "connector add webhook x --url http://127.0.0.1/ --option kept",
            names: "option: 'kept' is not NAME=VALUE"
        ),
        .init(
            "connector add webhook x --url http://127.0.0.1/ --option =abc",
            names: "option: '=' is not NAME=VALUE"
        ),
        .init(
            "connector add webhook x --url http://127.0.0.1/ --option-file kept=",
            names: "option-file: 'kept=' is not NAME=FILE"
        ),
        .init(
            "connector add sendgrid x --secret-file policy.txt --option group=1",
            names: "'webhook-key', 'scope.NAME'"
        ),
        .init("import --scope newsletter --policy 2026-01", names: "files"),
        .init("import list.csv --policy 2026-01", names: "--scope"),
        .init("import list.csv --scope newsletter", names: "--policy"),
        .init("import nosuch --scope newsletter --policy 2026-01", names: "file:"),
        .init("import heed-data --scope newsletter --policy 2026-01", names: "file:"),
        .init("import policy.txt --scope newsletter --policy 2026-01", names: "file:"),
        .init("import list.csv nosuch --scope newsletter --policy 2026-01", names: "file:"),
        .init("import list.csv --scope nosuch --policy 2026-01", names: "scope:"),
        .init("import list.csv --scope newsletter --policy nosuch", names: " policy:"),
        .init(
            "import list.csv --format fax --scope newsletter --policy 2026-01",
            names: "format:"
        ),
        .init("consent grant a@b.example --scope newsletter", names: "--policy"),
        .init("consent grant nope --scope newsletter --policy 2026-01", names: "address:"),
        .init("consent grant a@b.example --scope nosuch --policy 2026-01", names: "scope:"),
        .init("consent grant a@b.example --scope newsletter --policy x", names: " policy:"),
        .init(
            "consent grant a@b.example --scope newsletter --policy 2026-01 --basis whim",
            names: "basis:"
        ),
        .init(
            "consent grant a@b.example --scope newsletter --policy 2026-01 --source A_B",
            names: "source:"
        ),
        .init(
            "consent grant a@b.example --scope newsletter --policy 2026-01 --given-at soon",
            names: "given-at:"
        ),
        .init(
            "consent grant a@b.example --scope newsletter --policy 2026-01 --given-at 2999-01-01",
            names: "given-at:"
        ),
        .init("opt-out a@b.example", names: "scope:"),
        .init("opt-out a@b.example --scope newsletter --global", names: "scope:"),
        .init("opt-out nope --global", names: "address:"),
        .init("opt-out a@b.example --scope nosuch", names: "scope:"),
        .init("opt-out a@b.example --global --requested-at soon", names: "requested-at:"),
        .init("opt-out a@b.example --global --requested-at 2999-01-01", names: "requested-at:"),
        .init("opt-out a@b.example --global --source A_B", names: "source:"),
        .init("filter", names: "--scope"),
        .init("filter --scope nosuch list.csv", names: "scope:"),
        .init("filter --scope newsletter nosuch", names: "file:"),
        .init("filter --scope newsletter heed-data", names: "file:"),
        .init("filter --scope newsletter list.csv --blocked nosuch/x", names: "blocked:"),
        .init("filter --scope newsletter list.csv --blocked heed-data", names: "blocked:"),
        .init("queue list --state lost", names: "state:"),
        .init("queue list --lane fast", names: "lane:"),
        .init("queue list --limit 0", names: "limit:"),
        .init("queue list --connector nosuch", names: "connector:"),
        .init("queue retry --connector nosuch", names: "connector:"),
        .init("queue list --after nope", names: "after:"),
        .init("queue retry", names: "--buried"),
        .init("queue retry nope", names: "id:"),
        .init("queue retry nope --buried", names: "--buried"),
        .init("queue retry 019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2b", names: "id:"),
        .init(
            "queue retry 019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2b --connector crm",
            names: "--connector"
        ),
        .init("queue bury", names: "id"),
        .init("queue bury nope", names: "id:"),
        .init("queue bury 019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2b", names: "id:"),
        .init("log prove", names: "event:"),
        .init("log prove nope", names: "event:"),
        .init("log prove 019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2b", names: "event:"),
        .init("log prove --contact nope -o x", names: "contact:"),
        .init("log prove --contact 019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2b -o x", names: "contact:"),
        .init("log prove --address nope -o x", names: "address:"),
        .init("log prove --address nobody@b.example -o x", names: "address:"),
        .init("log prove --address ada@mail.example", names: "output:"),
        .init("log prove --address ada@mail.example -o heed-data", names: "output:"),
        .init("log prove --address ada@mail.example -o policy.txt", names: "output:"),
        .init("log prove --address ada@mail.example -o policy.txt/x", names: "output:"),
        .init("log prove --address ada@mail.example -o x --json", names: "json:"),
        .init("log checkpoint --log-origin a+b", names: "logOrigin:"),
        .init("log verify --bundle heed-data", names: "key:"),
        .init("log verify --bundle nosuch --key \(key)", names: "bundle:"),
        .init("log verify --bundle policy.txt --key \(key)", names: "bundle:"),
        .init("log verify --bundle x --checkpoint y --key \(key)", names: "bundle:"),
        .init("log verify --key nope", names: "key:"),
        .init("log verify --url http://127.0.0.1:1/log --key \(key)", names: "checkpoint:"),
        .init("log verify --checkpoint nosuch", names: "checkpoint:"),
        .init("log verify --witness nope", names: "witness:"),
        .init("log verify --witness \(key)", names: "witness:"),
        .init("log verify --quorum 1", names: "quorum:"),
        .init("log verify --quorum 0", names: "witness:"),
        .init("serve --port x", names: "--port"),
        .init("serve --port 70000", names: "port:"),
        .init("serve --port -1", names: "port"),
        .init("serve --role cook", names: "role"),
        .init("serve --role ,", names: "role"),
        .init("serve --public-url nope", names: "publicUrl:"),
        .init(
            "serve --host 999.1.1.1 --log-origin 127.0.0.1:8080/log",
            names: "999.1.1.1"
        ),
        .init("serve", names: "port:", ["HEED_PORT": "x"]),
        .init("serve", names: "logLevel:", ["HEED_LOG_LEVEL": "loud"]),
        .init("serve", names: "workers:", ["HEED_WORKERS": "0"]),
        .init("serve", names: "leaseSeconds:", ["HEED_LEASE_SECONDS": "1"]),
        .init("serve", names: "retryScale:", ["HEED_RETRY_SCALE": "x"]),
        .init("serve", names: "publicUrl:", ["HEED_PUBLIC_URL": "nope"]),
        .init("serve --port 8080 --metrics-port 8080", names: "metricsPort:"),
        .init(
            "serve",
            names: "alertMailSecurity:",
            [
                "HEED_ALERT_MAIL_HOST": "mx.example", "HEED_ALERT_MAIL_FROM": "heed@shop.example",
                "HEED_ALERT_MAIL_TO": "ops@shop.example", "HEED_ALERT_MAIL_SECURITY": "none",
            ]
        ),
        .init(
            "serve",
            names: "alertWebhookSecret, alertWebhookSecretFile:",
            [
                "HEED_ALERT_WEBHOOK_URL": "https://ops.example/", "HEED_ALERT_WEBHOOK_SECRET": "x",
                "HEED_ALERT_WEBHOOK_SECRET_FILE": "policy.txt",
            ]
        ),
        .init("scope list", names: "database:", ["HEED_DATABASE": "mysql:x"]),
        .init("scope list", names: "config:", ["HEED_CONFIG": "nosuch"]),
        .init("scope list", names: "master key", ["HEED_MASTER_KEY": "12"]),
        .init("scope list", names: "nosuch.key", ["HEED_MASTER_KEY_FILE": "nosuch.key"]),
        .init("scope list --config nosuch", names: "config:"),
        .init("scope list --config broken.yaml", names: "config:"),
        .init("scope list --config slip.yaml", names: "worker: there is no setting"),
        .init("scope list --config list.yaml", names: "config:"),
        .init("serve --config port.yaml", names: "port:"),
        .init("scope list --database postgres://x", names: "database:"),
        .init("scope list --database sqlite:", names: "database:"),
        .init("scope list --database sqlite:nosuch/heed.sqlite", names: "nosuch/heed.sqlite"),
        .init("scope list --master-key-file other.key", names: "master key"),
        .init("scope list --master-key-file policy.txt", names: "master key"),
        .init("scope list --database sqlite:garbage.sqlite", names: "database:"),
        .init("migrate --database sqlite:garbage.sqlite", names: "database:"),
        .init("migrate --database sqlite:heed-data", names: "database:"),
        .init("migrate --database sqlite:policy.txt/heed.sqlite", names: "policy.txt"),
        .init("serve --database sqlite:newer/heed.sqlite", names: "newer heed"),
        .init("migrate --database sqlite:newer/heed.sqlite", names: "newer heed"),
        .init(
            "check a@b.example --scope newsletter --database sqlite:newer/heed.sqlite",
            names: "newer heed"
        ),
    ]

    /// An installation with a little in it, and files that are wrong in some way.
    private func furnish(_ place: Workplace) async throws {
        try await place.register()
        try await place.done(
            "consent",
            "grant",
            "ada@mail.example",
            "--scope",
            "newsletter",
            "--policy",
            "2026-01"
        )
        // With a key there is no first start any more, which would make one. With a whole log there
        // is nothing left to take in for a server that starts, only to find that it cannot listen.
        try await place.done("key", "create", "--role", "admin")
        try await place.done("log", "checkpoint")
        try place.write("other\n", to: "other.txt")
        try place.write("email,status\nada@mail.example,yes\n", to: "list.csv")
        try place.write(String(repeating: "0f", count: 32), to: "other.key")
        try place.write("port: [1\n", to: "broken.yaml")
        try place.write("worker: 3\n", to: "slip.yaml")
        try place.write("- a\n", to: "list.yaml")
        try place.write("port: abc\n", to: "port.yaml")
        try place.write(String(repeating: "not a database ", count: 500), to: "garbage.sqlite")
        try place.write(place.read("heed-data/master.key"), to: "master.key")
        let files = FileManager.default
        try files.copyItem(atPath: place.path("heed-data"), toPath: place.path("newer"))
        let newer = try await place.sqlite(
            """
            INSERT INTO schema_migrations
            SELECT 9999, 'later', checksum, 1 FROM schema_migrations LIMIT 1
            """,
            in: "newer/heed.sqlite"
        )
        #expect(newer.exitCode == 0)
    }

    @Test func everyCommandNamesWhatIsWrong() async throws {
        try await Workplace.open { place in
            try await furnish(place)
            let counts = try await rowCounts(place)
            let files = try visibleFiles(place)
            for command in WrongInputTests.commands {
                let ending = try await place.heed(command)
                let name = Comment(rawValue: command.testDescription)
                #expect(ending.exitCode == 2, name)
                #expect(ending.output.isEmpty, name)
                #expect(ending.errorLines.count == 1, name)
                #expect(ending.errors.hasPrefix("heed: "), name)
                #expect(ending.errors.contains(command.names), "\(name): \(ending.errors)")
                // A reader cannot do anything with the name of a type.
                #expect(!ending.errors.contains("Error Domain"), name)
            }
            let after = try await rowCounts(place)
            #expect(after == counts)
            #expect(try Set(visibleFiles(place)).symmetricDifference(files).isEmpty)
        }
    }

    /// All rows but leases, which say who is at work and nothing else.
    private func rowCounts(_ place: Workplace) async throws -> [String] {
        try await place.allRowCounts().filter { !$0.hasPrefix("leases|") }
    }

    private func visibleFiles(_ place: Workplace) throws -> [String] {
        let files = FileManager.default
        // SQLite's own companions come and go with its sessions.
        return try files.subpathsOfDirectory(atPath: place.folder)
            .filter { !$0.hasPrefix(".streams") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
            .sorted()
    }

    @Test func aMissingMasterKeyIsNotMadeAnew() async throws {
        try await Workplace.open { place in
            try await furnish(place)
            let kept = place.read("heed-data/master.key")
            try FileManager.default.removeItem(atPath: place.path("heed-data/master.key"))
            for arguments in [["serve", "--port", "0"], ["migrate"], ["scope", "list"]] {
                let ending = try await place.heed(arguments)
                #expect(ending.exitCode == 2)
                #expect(ending.errors.contains("heed-data/master.key"))
                #expect(ending.errorLines.count == 1)
            }
            #expect(place.read("heed-data/master.key").isEmpty)
            // Another installation's key opens nothing either.
            try place.write(String(repeating: "0f", count: 32), to: "heed-data/master.key")
            let wrong = try await place.heed("serve", "--port", "0")
            #expect(wrong.exitCode == 2)
            #expect(wrong.errors.contains("the master key does not open this database"))
            try place.write(kept, to: "heed-data/master.key")
            try await place.done("check", "ada@mail.example", "--scope", "newsletter")
        }
    }

    @Test func aFolderThatCannotBeWrittenIsSaid() async throws {
        try await Workplace.open { place in
            // Nobody can make files there, not even root.
            let folder = FileManager.default.fileExists(atPath: "/proc/self") ? "/proc" : "/System"
            let ending = try await place.heed(
                "migrate",
                "--database",
                "sqlite:\(folder)/heed.sqlite"
            )
            #expect(ending.exitCode == 2)
            #expect(ending.errorLines.count == 1)
            #expect(ending.errors.contains(folder))
        }
    }

    @Test func aFilterThatFailsLeavesTheOldListOfTheBlockedAlone() async throws {
        try await Workplace.open { place in
            try await furnish(place)
            try place.write("keep\n", to: "blocked.csv")
            let ending = try await place.heed(
                "filter",
                "--scope",
                "nosuch",
                "list.csv",
                "--blocked",
                "blocked.csv"
            )
            #expect(ending.exitCode == 2)
            #expect(ending.output.isEmpty)
            #expect(place.read("blocked.csv") == "keep\n")
        }
    }

    @Test func outputThatCannotBeWrittenIsAnError() async throws {
        try await Workplace.open { place in
            guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
            try await furnish(place)
            let blocked = try await place.heed(
                "filter",
                "--scope",
                "newsletter",
                "list.csv",
                "--blocked",
                "/dev/full"
            )
            #expect(blocked.exitCode == 2)
            #expect(blocked.errors.contains("blocked:"), "\(blocked.errors)")
            let output = try await place.shell("filter --scope newsletter list.csv > /dev/full")
            #expect(output.exitCode == 2)
            #expect(output.errors.contains("output:"), "\(output.errors)")
            let closed = try await place.shell("check nope --scope newsletter 2>&-")
            #expect(closed.exitCode == 2)
        }
    }
}
