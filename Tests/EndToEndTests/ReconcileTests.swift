// `heed reconcile` against a whole provider: what differs, its exit codes, and putting it right.

import Foundation
import Testing

@Suite("Reconcile")
struct ReconcileTests {
    private static let python = Workplace.root + "/.venv/bin/python"
    private static let script = Workplace.root + "/Tests/Providers/serve.py"

    /// A provider of SendGrid's kind; answers its URL.
    private func provider(_ place: Workplace) async throws -> String {
        guard FileManager.default.isExecutableFile(atPath: Self.python) else {
            throw Failure("there is no \(Self.python): scripts/venv.sh makes it")
        }
        let program = try place.start(Self.python, ["-B", Self.script, "sendgrid"])
        try await eventually("the provider serves: \(program.errors)") {
            program.output.hasSuffix("\n")
        }
        return program.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Asks the provider something as its owner would.
    private func ask(_ place: Workplace, _ arguments: String...) async throws -> String {
        let ending = try await place.run(Self.python, ["-B", Self.script, "ask"] + arguments)
        guard ending.exitCode == 0 else { throw Failure("the provider said: \(ending.errors)") }
        return ending.output
    }

    private func add(
        _ place: Workplace,
        _ url: String,
        name: String = "crm",
        key: String = "SG.example-key"
    ) async throws {
        try place.write(key, to: "\(name).secret")
        try await place.done(
            "connector",
            "add",
            "sendgrid",
            name,
            "--url",
            url,
            "--secret-file",
            "\(name).secret",
            "--option",
            "scope.newsletter=101"
        )
    }

    @Test func askingChangesNothingAndSaysWhatTheProviderHas() async throws {
        try await Workplace.open { place in
            let url = try await provider(place)
            let server = try await place.serve()
            try await place.register()
            try await add(place, url)
            func ask(_ arguments: String...) async throws -> Ending {
                try await place.heed(["connector", "ask", "crm"] + arguments)
            }
            let before = try await ask("ada@mail.example", "--scope", "newsletter")
            #expect(before.exitCode == 1 && before.errors.contains("crm does not have it"))
            #expect(try await server.optOut("ada@mail.example", "newsletter").status == 202)
            try await eventually("the provider says that it has it") {
                try await ask("ada@mail.example", "--scope", "newsletter").exitCode == 0
            }
            let whole = try await ask("ada@mail.example")
            #expect(whole.exitCode == 1, "she left one scope: \(whole.output)")
            let typo = try await ask("ada@mail.example", "--scope", "newsleter")
            #expect(typo.exitCode == 2 && typo.errors.contains("scope: "))
            try await place.done(
                "connector",
                "add",
                "webhook",
                "shop",
                "--url",
                "http://127.0.0.1:9"
            )
            let mute = try await place.heed("connector", "ask", "shop", "ada@mail.example")
            #expect(mute.exitCode == 1 && mute.errors.contains("cannot be asked"))
        }
    }

    @Test func whatDiffersIsFixedOnBothSidesAndThenNothingDiffers() async throws {
        try await Workplace.open { place in
            let url = try await provider(place)
            let server = try await place.serve()
            try await place.register()
            try await add(place, url)
            #expect(try await server.optOut("ada@mail.example", "newsletter").status == 202)
            #expect(try await server.optOut("bob@mail.example", "global").status == 202)
            let bob = "/v3/asm/suppressions/global/bob%40mail.example"
            let group = "/v3/asm/groups/101/suppressions"
            try await eventually("the provider knows of both") {
                let ofBob = try await ask(place, url, "GET", bob)
                let ofAda = try await ask(place, url, "GET", group)
                return ofBob.contains("bob") && ofAda.contains("ada")
            }
            let same = try await place.heed("reconcile", "crm")
            #expect(same.exitCode == 0, "\(same.output)\(same.errors)")

            _ = try await ask(place, url, "DELETE", bob)
            let eve = #"{"recipient_emails":["eve@mail.example"]}"#
            _ = try await ask(place, url, "POST", group, eve)
            let found = try await place.heed("reconcile", "crm", "--json")
            #expect(found.exitCode == 1, "\(found.errors)")
            #expect(try found.json["differences"].number == 2)
            #expect(try found.json["complete"].flag == true)
            #expect(try found.json["counts"]["missingThere"].number == 1)
            #expect(try found.json["counts"]["missingHere"].number == 1)
            #expect(!found.output.contains("mail.example"))

            let fixed = try await place.heed("reconcile", "crm", "--fix")
            #expect(fixed.exitCode == 0, "\(fixed.output)\(fixed.errors)")
            #expect(fixed.output.contains("told again"))
            let check = try await place.heed("check", "eve@mail.example", "--scope", "newsletter")
            #expect(check.exitCode == 1)
            try await eventually("the provider knows of bob again") {
                try await ask(place, url, "GET", bob).contains("bob")
            }
            try await eventually("a second fix finds nothing") {
                let again = try await place.heed("reconcile", "crm", "--fix", "--json")
                let counts = try again.json["counts"]
                return again.exitCode == 0 && counts["underway"].number == 0
                    && counts["told"].number == 0 && counts["recorded"].number == 0
                    && counts["here"].number == 3 && counts["there"].number == 3
            }
        }
    }

    @Test func whatCannotBeDoneIsTwo() async throws {
        try await Workplace.open { place in
            let url = try await provider(place)
            try await place.done("migrate")
            try await place.register()
            try await add(place, url, name: "locked", key: "SG.wrong")
            let locked = try await place.heed("reconcile", "locked", "--fix")
            #expect(locked.exitCode == 2)
            #expect(locked.errors.contains("the comparison is not complete: "))
            #expect(locked.errors.contains("could not be read to its end: HTTP 401"))
            #expect(locked.output.isEmpty, "a table of zeros looks like two equal lists")
            let program = try await place.heed("reconcile", "locked", "--json")
            #expect(program.exitCode == 2)
            let answer = try program.json
            #expect(answer["complete"].flag == false)
            #expect(answer["reason"].string == "HTTP 401")
            #expect(answer["differences"] == .null)
            #expect(answer["counts"]["missingHere"] == .null)
            let unknown = try await place.heed("reconcile", "nobody")
            #expect(unknown.exitCode == 2)
            #expect(unknown.errors.contains("connector: there is no connector 'nobody'"))
            #expect(try await place.heed("reconcile").exitCode == 2)
        }
    }

    @Test func aWebhookIsCountedByItsAnswers() async throws {
        try await Workplace.open { place in
            try await place.done("migrate")
            try await place.register()
            try await place.done(
                "connector",
                "add",
                "webhook",
                "shop",
                "--url",
                "http://127.0.0.1:9/hook"
            )
            try await place.done("opt-out", "ada@mail.example", "--scope", "newsletter")
            let counted = try await place.heed("reconcile", "shop")
            #expect(counted.exitCode == 0, "\(counted.output)")
            #expect(counted.errors.contains("a webhook connector cannot be listed"))
            #expect(counted.output.contains("being told just now"))
        }
    }
}
