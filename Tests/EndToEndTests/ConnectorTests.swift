// Connectors as an operator lives with them: wrong at first, put right, at rest, and ended.

import Foundation
import Testing

@Suite("Connectors at the command line")
struct ConnectorTests {
    /// A key was rotated there: what was given up on is told after `set` and `retry`, while the
    /// server runs.
    @Test func aWrongSettingIsPutRightWhileTheServerRuns() async throws {
        try await Workplace.open { place in
            let wrong = try Receiver { _ in 410 }
            wrong.goUp()
            let right = try Receiver()
            right.goUp()
            let server = try await place.serve()
            try await place.register()
            try await place.done("connector", "add", "webhook", "crm", "--url", wrong.url)
            let id = try await server.optOut("ada@private.example", "newsletter").json["id"].string
            func progress() async throws -> JSON {
                try await server.get("/v1/opt-outs/\(id ?? "")").json
            }
            try await eventually("the target is given up") {
                try await progress()["targets"].list.first?["state"].string == "buried"
            }
            let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
            try place.write(secret + "\n", to: "secret")
            let set = try await place.done(
                "connector",
                "set",
                "crm",
                "--url",
                right.url,
                "--secret-file",
                "secret"
            )
            #expect(set.output == "connector crm is changed: secret, url\n")
            #expect(set.errors.contains("heed queue retry --connector crm"))
            let retried = try await place.done("queue", "retry", "--connector", "crm")
            #expect(retried.output == "1 buried job is tried again\n")
            try await eventually("the opt-out completes") {
                try await progress()["status"].string == "completed"
            }
            #expect(right.accepted.count == 1)
            let shown = try await place.done("connector", "show", "crm", "--json")
            #expect(!shown.output.contains(secret) && !shown.output.contains("/hook"))
            let page = try shown.json
            #expect(page["options"]["url"].string == "http://127.0.0.1:\(right.port)/…")
            #expect(page["secrets"].list.map(\.string) == ["secret"])
            let again = try await place.done("connector", "set", "crm", "--url", right.url)
            #expect(again.output == "connector crm is as it was\n")
            #expect(try await place.heed("verify").exitCode == 0)
        }
    }

    @Test func oneAtRestIsToldLaterAndARemovedOneIsNotWaitedFor() async throws {
        try await Workplace.open { place in
            let receiver = try Receiver()
            receiver.goUp()
            let gone = try Receiver { _ in 410 }
            gone.goUp()
            let server = try await place.serve()
            try await place.register()
            try await place.done("connector", "add", "webhook", "crm", "--url", receiver.url)
            try await place.done("connector", "add", "webhook", "old", "--url", gone.url)
            let disabled = try await place.done("connector", "disable", "crm")
            #expect(disabled.output == "connector crm is disabled\n")
            let id = try await server.optOut("ada@private.example", "newsletter").json["id"].string
            func states() async throws -> [String?] {
                try await server.get("/v1/opt-outs/\(id ?? "")").json["targets"].list
                    .map { $0["state"].string }
            }
            try await eventually("the other is given up") {
                try await states() == ["pending", "buried"]
            }
            #expect(receiver.messages.isEmpty)
            let listed = try await place.done("connector", "list").output
            #expect(listed.contains("crm        webhook  disabled  1        0"))
            let retried = try await place.done("queue", "retry", "--connector", "crm")
            #expect(retried.errors.contains("until `heed connector enable`: crm"))
            let removed = try await place.done("connector", "remove", "old")
            #expect(
                removed.output.hasSuffix("1 opt-outs it had not confirmed no longer wait for it\n")
            )
            #expect(try await states() == ["pending", "cancelled"])
            #expect(
                try await place.done("connector", "enable", "crm").output.hasSuffix("enabled\n")
            )
            try await eventually("the opt-out completes") {
                try await server.get("/v1/opt-outs/\(id ?? "")").json["status"].string
                    == "completed"
            }
            #expect(try await states() == ["confirmed", "cancelled"])
            let explained = try await place.done("explain", "ada@private.example").output
            #expect(explained.contains("optout.esp-cancelled"))
            let unknown = try await place.heed("queue", "list", "--connector", "old")
            #expect(unknown.exitCode == 2 && unknown.errors.contains("connector: "))
            #expect(unknown.errors.contains("there are crm"))
            #expect(try await place.heed("verify").exitCode == 0)
        }
    }

    /// What a setting forbids is refused when it is written down, and what a name turns out to be
    /// when it is spoken to.
    @Test func noRequestGoesWhereNoneMay() async throws {
        try await Workplace.open { place in
            let receiver = try Receiver()
            receiver.goUp()
            let server = try await place.serve(
                environment: ["HEED_OUTBOUND_NETWORKS": "outside-only"]
            )
            try await place.register()
            try await place.done("connector", "add", "webhook", "crm", "--url", receiver.url)
            let link = "https://169.254.169.254/latest"
            for line in [["add", "webhook", "x", "--url"], ["set", "crm", "--url"]] {
                let refused = try await place.heed(["connector"] + line + [link])
                #expect(refused.exitCode == 2 && refused.errors.contains("url: "))
                let strict = ["HEED_OUTBOUND_NETWORKS": "outside-only"]
                let inside = try await place.heed(
                    ["connector"] + line + ["https://10.0.0.1/"],
                    environment: strict
                )
                #expect(inside.exitCode == 2 && inside.errors.contains("outboundNetworks"))
            }
            let doctor = try await place.heed("doctor", "--url", link)
            #expect(doctor.exitCode == 2 && doctor.errors.contains("url: "))
            // The command line allows what the server does not.
            #expect(try await place.heed("connector", "test", "crm").exitCode == 0)
            let id = try await server.optOut("ada@mail.example", "newsletter").json["id"].string
            try await eventually("the refusal is the answer") {
                try await server.get("/v1/opt-outs/\(id ?? "")").text.contains("forbidden-address")
            }
            // The test of the connector, and no other.
            #expect(receiver.messages.count == 1)
        }
    }

    @Test func whatIsNotMappedIsSaid() async throws {
        try await Workplace.open { place in
            try await place.register()
            try place.write("key\n", to: "key")
            let added = try await place.done(
                "connector",
                "add",
                "sendgrid",
                "esp",
                "--secret-file",
                "key",
                "--option",
                "scope.newsletter=101"
            )
            #expect(added.errors.contains("scope 'receipts' is not mapped"))
            #expect(!added.errors.contains("'newsletter'"))
            let set = try await place.done(
                "connector",
                "set",
                "esp",
                "--option",
                "scope.receipts=none",
                "--option",
                "scope.promotions=none"
            )
            #expect(set.output == "connector esp is changed: scope.promotions, scope.receipts\n")
            #expect(!set.errors.contains("is not mapped"))
            let shown = try await place.done("connector", "show", "esp").output
            #expect(
                shown.contains(
                    "scope.newsletter: 101\nscope.promotions: none\nscope.receipts: none\n"
                )
            )
            let unset = try await place.done("connector", "set", "esp", "--unset", "scope.receipts")
            #expect(unset.errors.contains("scope 'receipts' is not mapped"))
        }
    }

    @Test(arguments: [
        ("add sendgrid x --secret-file key --option scope.newsleter=1", "scope.newsleter:"),
        ("set esp --option scope.newsleter=1", "scope.newsleter:"),
        ("set esp --option scope.newsletter=news", "scope.newsletter:"),
        ("set esp --option colour=blue", "colour:"), ("set esp", "name what to change"),
        ("set esp --option secret=key", "secret"), ("set esp --unset colour", "unset:"),
        ("set esp --unset secret", "secret:"), ("set esp --secret-file nosuch", "secret-file:"),
        ("set nobody --option a=b", "name:"), ("show nobody", "name:"),
        ("test nobody", "name:"), ("disable nobody", "name:"), ("enable nobody", "name:"),
        ("remove nobody", "name: there is no connector 'nobody'; there are esp"),
    ])
    func whatCannotBeIsNamedAndChangesNothing(_ line: String, _ names: String) async throws {
        try await Workplace.open { place in
            try await place.register()
            try place.write("key\n", to: "key")
            let options = ["--secret-file", "key", "--option", "scope.newsletter=101"]
            let added = try await place.heed(["connector", "add", "sendgrid", "esp"] + options)
            #expect(added.exitCode == 0)
            let before = try await place.done("connector", "show", "esp", "--json").output
            let words = line.split(separator: " ").map(String.init)
            let ending = try await place.heed(["connector"] + words)
            #expect(ending.exitCode == 2 && ending.errors.contains(names))
            #expect(try await place.done("connector", "show", "esp", "--json").output == before)
            #expect(try await place.done("connector", "list", "--json").json.list.count == 1)
        }
    }
}
