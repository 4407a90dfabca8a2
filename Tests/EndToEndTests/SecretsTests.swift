// Secrets and an address are planted, everything is used and misused, and nowhere do they come out.

import Foundation
import TestSupport
import Testing

/// What must not be seen, and all places where it was looked for.
private struct Lookout {
    private var needles: [(name: String, bytes: [Data])] = []
    private var places: [(name: String, content: Data)] = []

    /// A secret, in each of the forms it may come out in.
    mutating func plant(_ name: String, _ forms: [String]) {
        needles.append((name, forms.map { Data($0.utf8) }))
    }

    /// A key of 32 bytes: as it is, in hexadecimal and in both kinds of base64.
    mutating func plant(_ name: String, hexadecimal: String) {
        let digits = Array(hexadecimal.lowercased())
        let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
            UInt8(String(digits[$0...($0 + 1)]), radix: 16)
        }
        let base64 = Data(bytes).base64EncodedString().replacing("=", with: "")
        let url = base64.replacing("+", with: "-").replacing("/", with: "_")
        let texts = [hexadecimal.lowercased(), hexadecimal.uppercased(), base64, url]
        needles.append((name, [Data(bytes)] + texts.map { Data($0.utf8) }))
    }

    mutating func look(at name: String, _ text: String) { look(at: name, Data(text.utf8)) }

    mutating func look(at name: String, _ content: Data) { places.append((name, content)) }

    mutating func look(at name: String, _ ending: Ending) {
        look(at: "\(name): output", ending.output)
        look(at: "\(name): errors", ending.errors)
    }

    /// Where something came out, and that it was looked for at all.
    var leaks: [String] {
        places.flatMap { place in
            needles.filter { $0.bytes.contains { place.content.range(of: $0) != nil } }
                .map { "\($0.name) in \(place.name)" }
        }
    }

    var isComplete: Bool {
        !places.isEmpty && needles.allSatisfy { $0.bytes.allSatisfy { $0.count >= 12 } }
    }
}

@Suite("Secrets", .timeLimit(.minutes(5)))
struct SecretsTests {
    private static let address = "planted.person@secret.example"
    private static let webhook = "whsec_UGxhbnRlZFNlY3JldE9mVGhlQ3JtQ29ubmVjdG9y"
    private static let alert = "whsec_UGxhbnRlZFNlY3JldE9mVGhlQWxlcnRXZWJob29r"
    private static let token = "planted-postmark-token-1"
    private static let inbound = "planted-inbound-secret-1"
    private static let mail = "planted-mail-password-1"
    private static let path = "planted-path-of-a-receiver"

    private static let environment = [
        "HEED_LOG_LEVEL": "trace", "HEED_ALERT_WEBHOOK_SECRET": alert,
        "HEED_ALERT_AFTER_SECONDS": "1", "HEED_MAIL_HOST": "127.0.0.1",
        "HEED_MAIL_SECURITY": "starttls", "HEED_MAIL_USER": "planted", "HEED_MAIL_PASSWORD": mail,
        "HEED_MAIL_FROM": "hello@shop.example",
    ]

    /// Everything but what the installation makes itself.
    private func lookout() -> Lookout {
        var lookout = Lookout()
        for (name, text) in [("the secret of crm", Self.webhook), ("of alerts", Self.alert)] {
            let base64 = String(text.dropFirst("whsec_".count))
            let bytes = Data(base64Encoded: base64) ?? Data()
            lookout.plant(name, [base64, String(decoding: bytes, as: UTF8.self)])
        }
        for text in [Self.token, Self.inbound, Self.mail, Self.path] {
            lookout.plant(text, [text, Data(text.utf8).base64EncodedString()])
        }
        let escaped = Self.address.replacing("@", with: "%40")
        lookout.plant("the address", [Self.address, escaped])
        lookout.plant("half the address", ["planted.person"])
        return lookout
    }

    private func setUp(_ place: Workplace, _ url: String) async throws {
        try await place.register()
        try place.write(Self.webhook + "\n", to: "crm.secret")
        try place.write(Self.token + "\n", to: "token.secret")
        try place.write(Self.inbound + "\n", to: "inbound.secret")
        try await place.done(
            "connector",
            "add",
            "webhook",
            "crm",
            "--url",
            "\(url)/\(Self.path)",
            "--secret-file",
            "crm.secret"
        )
        let receipts = [
            "connector", "add", "postmark", "receipts", "--url", "http://127.0.0.1:9",
            "--secret-file", "token.secret", "--option", "global=broadcast", "--option",
            "scope.newsletter=letters", "--option-file", "webhook-secret=inbound.secret",
        ]
        let added = try await place.heed(receipts)
        guard added.exitCode == 0 else { throw Failure(added.errors) }
    }

    @Test func nothingThatIsPlantedComesOut() async throws {
        try await Workplace.open { place in
            // Up, and refusing, so that errors are written about it.
            let receiver = try Receiver { $0 % 2 == 0 ? 500 : 204 }
            receiver.goUp()
            var environment = Self.environment
            environment["HEED_MAIL_PORT"] = String(try MailSink().port)
            environment["HEED_ALERT_WEBHOOK_URL"] = "\(receiver.url)/\(Self.path)"
            let server = try await place.serve(environment: environment)
            try await setUp(place, receiver.url)
            var lookout = lookout()
            let master = trimmed(place.read("heed-data/master.key"))
            lookout.plant("the master key", hexadecimal: master)
            lookout.plant("the admin key", [trimmed(place.read("heed-data/admin.key"))])
            let made = try await place.done("key", "create", "--role", "sender", "--label", "x")
            let key = try #require(made.output.firstMatch(of: /heed_[A-Za-z0-9_-]{20,}/)?.output)
            lookout.plant("an API key", [String(key)])
            // What nobody has is what somebody mistyped.
            let wrong = String(key.dropLast()) + (key.hasSuffix("A") ? "B" : "A")
            lookout.plant("a wrong API key", [wrong])
            try await use(server)
            for (name, reply) in try await misuse(server, key: String(key), wrong: wrong) {
                #expect(reply.status >= 400 || reply.status < 300, "\(name)")
                // A query that is wrong is named to whoever wrote it, and to nobody else.
                guard !name.contains("?") else { continue }
                lookout.look(at: "the answer to \(name)", reply.text)
            }
            try await eventually("the connector was told") { receiver.messages.count > 2 }
            for path in ["/metrics", "/readyz", "/healthz"] {
                lookout.look(at: path, try await server.get(path).text)
            }
            for (name, ending) in try await commands(place, server, environment) {
                lookout.look(at: name, ending)
            }
            #if os(Linux)
            let line = FileManager.default.contents(atPath: "/proc/\(server.program.id)/cmdline")
            lookout.look(at: "the process list", try #require(line))
            #endif
            #expect(try await server.stop() == 0)
            lookout.look(at: "the log", server.program.errors)
            lookout.look(at: "the server's output", server.program.output)
            // What is stored is sealed.
            for name in try FileManager.default.subpathsOfDirectory(atPath: place.folder)
            where name.hasPrefix("heed-data/") && !name.hasSuffix(".key") {
                if let content = FileManager.default.contents(atPath: place.path(name)) {
                    lookout.look(at: name, content)
                }
            }
            #expect(lookout.isComplete)
            #expect(server.program.errors.contains("\"msg\"") || server.program.errors.count > 500)
            #expect(lookout.leaks == [])
        }
    }

    /// A test that cannot fail shows nothing.
    @Test func whatComesOutIsSeen() {
        var lookout = lookout()
        lookout.plant("a key", hexadecimal: String(repeating: "c0ffee11", count: 8))
        let raw = Data((0..<8).flatMap { _ in [0xC0, 0xFF, 0xEE, 0x11] as [UInt8] })
        lookout.look(at: "a log", "…" + raw.base64EncodedString())
        lookout.look(at: "a file", Data([1, 2]) + raw + Data([3]))
        lookout.look(at: "an answer", "not a mail address: \(Self.address)")
        #expect(
            lookout.leaks == [
                "a key in a log", "a key in a file", "the address in an answer",
                "half the address in an answer",
            ]
        )
    }

    private func trimmed(_ text: String) -> String {
        text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Uses the API as it is meant.
    private func use(_ server: Server) async throws {
        try await server.grant(Self.address, "newsletter")
        let token = try await server.token(Self.address, "newsletter")
        #expect(try await server.pressOneClick(token).status == 200)
        #expect(try await server.optOut(Self.address, "global").status == 202)
        // The mail server offers no TLS, so this is an error again and again.
        let asked = try await server.post(
            "/v1/double-opt-ins",
            #"{"address":"other.\#(Self.address)","scope":"newsletter","policyVersion":"2026-01","#
                + #""source":"form"}"#
        )
        #expect(asked.status == 202)
        let told = try await server.post(
            "/v1/webhooks/receipts?secret=\(Self.inbound)",
            #"{"RecordType":"SpamComplaint","Email":"\#(Self.address)","ID":8,"#
                + #""BouncedAt":"2026-01-31T09:00:00Z"}"#
        )
        #expect(told.status == 204, "\(told.text)")
    }

    /// Uses the API wrongly, and answers by the names of what was tried.
    private func misuse(
        _ server: Server,
        key: String,
        wrong: String
    ) async throws -> [(String, Server.Reply)] {
        let address = Self.address
        let escaped = address.replacing("@", with: "%40")
        var replies: [(String, Server.Reply)] = []
        for path in ["/v1/queue", "/v1/opt-outs/x", "/v1/windows", "/"] {
            replies.append(("a wrong key on \(path)", try await server.get(path, key: wrong)))
            replies.append(("a weak key on \(path)", try await server.get(path, key: key)))
        }
        for path in [
            "/v1/contacts/\(escaped)", "/v1/\(escaped)", "/\(escaped)?a=\(escaped)",
            "/u/\(escaped)", "/c/\(escaped)", "/p/\(escaped)", "/v1/queue?lane=\(escaped)",
            "/v1/windows?from=\(escaped)", "/v1/queue?\(escaped)=1", "/v1/webhooks/\(escaped)",
        ] {
            replies.append(("GET \(path)", try await server.get(path)))
        }
        for path in [
            "/v1/consents", "/v1/opt-outs", "/v1/sends/check", "/v1/double-opt-ins",
            "/v1/erasures", "/v1/events", "/v1/requests", "/v1/evidence",
        ] {
            for body in [
                #"{"address":"\#(address)","#, #"{"address":["\#(address)"]}"#, "\"\(address)\"",
                #"{"\#(address)":1}"#, #"{"address":"\#(address)","scope":"\#(address)"}"#,
                #"{"address":"\#(address)@x y"}"#, #"{"address":"x","scope":"\#(key)"}"#,
                #"{"address":"x","policyVersion":"\#(address)","source":"\#(address)","#
                    + #""scope":"newsletter","decision":"\#(address)","basis":"\#(address)"}"#,
            ] {
                replies.append(("POST \(path) \(body)", try await server.post(path, body)))
            }
        }
        for (query, body) in [
            ("?secret=x\(Self.inbound)", address), ("?secret=\(Self.inbound)", address),
            ("?secret=\(Self.inbound)", #"{"RecordType":"Bounce","Email":"\#(address)@"}"#),
            ("", "{"),
        ] {
            let path = "/v1/webhooks/receipts\(query)"
            replies.append(("a webhook", try await server.post(path, body, key: Self.inbound)))
        }
        return replies
    }

    /// Runs commands, right and wrong, with all settings there are.
    private func commands(
        _ place: Workplace,
        _ server: Server,
        _ environment: [String: String]
    ) async throws -> [(String, Ending)] {
        let link = "http://127.0.0.1:\(server.port)/u/v1.k1.\(Self.path)"
        try place.write("email,status\n\(Self.address),\(Self.token)\nx\(Self.path)\n", to: "l.csv")
        let lines = [
            "doctor --url http://127.0.0.1:\(server.port)/x", "connector list",
            "connector list --json",
            "connector show crm", "connector show crm --json", "connector show receipts --json",
            "connector test crm", "connector test receipts",
            "connector ask crm \(Self.address)", "connector ask receipts \(Self.token)",
            "connector set crm --secret-file nosuch",
            "connector set crm --secret-file token.secret",
            "connector set receipts --option-file scope.newsletter=l.csv",
            "connector add postmark x --secret-file crm.secret --url http://127.0.0.1:9",
            "connector add webhook x --secret-file inbound.secret --url http://127.0.0.1:9",
            "connector add webhook x --secret-file l.csv --url http://127.0.0.1:9/\(Self.path)",
            "reconcile receipts", "audit", "audit --json", "verify", "queue list",
            "queue list --json",
            "queue retry --connector crm", "log head", "windows", "stats", "inventory", "key list",
            "key list --all", "key revoke nosuch", "vault show", "scope list", "request list",
            "hold list", "import l.csv --scope newsletter --policy 2026-01 --dry-run",
            "import l.csv --scope nosuch --policy 2026-01",
            "serve --port 0 --master-key-file nosuch",
            "serve --port 0 --master-key-file crm.secret", "list export nosuch", "nosuch",
            "log verify --url \(link) --checkpoint nosuch",
        ]
        var endings: [(String, Ending)] = []
        for line in lines {
            let arguments = line.split(separator: " ").map(String.init)
            endings.append(
                ("heed \(line)", try await place.heed(arguments, environment: environment))
            )
        }
        // Settings that are wrong are named and not repeated.
        let wrong = [
            ["HEED_MASTER_KEY": Self.token], ["HEED_ALERT_WEBHOOK_SECRET": Self.mail],
            ["HEED_ALERT_WEBHOOK_URL": "https://a:\(Self.token)@a.example/\(Self.path)"],
            ["HEED_MAIL_SECURITY": "none"], ["HEED_MAIL_FROM": Self.token],
            ["HEED_DATABASE": "postgres://heed:\(Self.token)@127.0.0.1:9/heed"],
            ["HEED_DATABASE": "postgres://heed:\(Self.token)@127.0.0.1:99999/heed"],
            ["HEED_DATABASE": "postgres://heed:\(Self.token)@[/heed?\(Self.token)=1"],
            ["HEED_DATABASE": "mysql://heed:\(Self.token)@a.example/heed"],
            ["HEED_ADMIN_KEY": Self.token],
        ]
        for settings in wrong {
            let all = environment.merging(settings) { $1 }
                .merging(["HEED_DATABASE_WAIT_MILLISECONDS": "300"]) { $1 }
            for line in ["scope list", "serve --port 0 --role api --host 192.0.2.1"] {
                let arguments = line.split(separator: " ").map(String.init)
                let ending = try await place.heed(arguments, environment: all)
                endings.append(("heed \(line) with \(settings.keys.sorted())", ending))
            }
        }
        return endings
    }

    /// The password of a database is in its URL; it comes out nowhere, whatever happens to it.
    @Test func aDatabasesPasswordComesOutNowhere() async throws {
        try await PostgresPlace.open(on: PostgresCluster.shared()) { database in
            let place = database.place
            var lookout = Lookout()
            lookout.plant("the password", [Self.token])
            func url(_ role: PostgresCluster.Role, _ name: String) -> String {
                database.url(role).replacing("@/\(database.name)", with: ":\(Self.token)@/\(name)")
            }
            let node = ["HEED_DATABASE": url(.node, database.name), "HEED_LOG_LEVEL": "trace"]
            let owner = ["HEED_DATABASE": url(.owner, database.name)]
            let migrated = try await place.heed(["migrate"], environment: owner)
            #expect(migrated.exitCode == 0, "\(migrated.errors)")
            lookout.look(at: "heed migrate", migrated)
            let server = try await place.serve(environment: node)
            for path in ["/metrics", "/readyz", "/v1/queue"] {
                lookout.look(at: path, try await server.get(path).text)
            }
            for line in ["scope list", "audit", "verify", "audit --json", "log head", "nosuch"] {
                let arguments = line.split(separator: " ").map(String.init)
                let ending = try await place.heed(arguments, environment: node)
                lookout.look(at: "heed \(line)", ending)
            }
            for line in ["scope list", "migrate", "verify", "serve --port 0"] {
                let lost = [
                    "HEED_DATABASE": url(.node, "nosuch_database"),
                    "HEED_DATABASE_WAIT_MILLISECONDS": "300",
                ]
                let arguments = line.split(separator: " ").map(String.init)
                let ending = try await place.heed(arguments, environment: lost)
                #expect(ending.exitCode == 2)
                lookout.look(at: "heed \(line) without a database", ending)
            }
            #expect(try await server.stop() == 0)
            lookout.look(at: "the log", server.program.errors)
            #expect(lookout.isComplete)
            #expect(lookout.leaks == [])
        }
    }
}
