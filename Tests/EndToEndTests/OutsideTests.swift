// What somebody with a SQL prompt or the bare files can do: neither change nor read what counts.

import Foundation
import Testing

@Suite("From outside")
struct OutsideTests {
    @Test(arguments: [
        ("consent_records", "source = 'forged'", "randomblob(16)"),
        ("audit_events", "kind = 'forged'", "1"),
        ("policies", "url = 'forged'", "'2026-01'"),
    ])
    func legalRecordsCannotBeChanged(_ table: String, _ change: String, _ key: String) async throws
    {
        try await Workplace.open { place in
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
            let before = try await place.rows("SELECT * FROM \(table)")
            #expect(!before.isEmpty)
            for statement in [
                "UPDATE \(table) SET \(change)",
                "UPDATE OR REPLACE \(table) SET \(change)",
                "DELETE FROM \(table)",
                "INSERT OR REPLACE INTO \(table) SELECT * FROM \(table)",
                "REPLACE INTO \(table) SELECT * FROM \(table) LIMIT 1",
            ] {
                let ending = try await place.sqlite(statement)
                #expect(ending.exitCode != 0, "\(statement)")
                #expect(ending.errors.contains("\(table) is insert-only"), "\(ending.errors)")
            }
            #expect(try await place.rows("SELECT * FROM \(table)") == before)
        }
    }

    /// How many lines of all files under a folder hold one of the texts; by grep, not by Heed.
    private func lines(
        _ place: Workplace,
        holding texts: Set<String>,
        in folder: String
    )
        async throws -> Int
    {
        try place.write(texts.sorted().joined(separator: "\n") + "\n", to: "texts")
        let ending = try await place.run(
            "/usr/bin/env",
            ["grep", "-r", "-a", "-h", "-c", "-F", "-f", "texts", folder],
            environment: ["LANG": "C", "LC_ALL": "C"]
        )
        guard ending.exitCode < 2 else { throw Failure("grep: \(ending.errors)") }
        return ending.output.split(separator: "\n").compactMap { Int($0) }.reduce(0, +)
    }

    @Test func noFileHoldsAnAddress() async throws {
        try await Workplace.open { place in
            let receiver = try Receiver()
            let server = try await place.serve(environment: ["HEED_LOG_LEVEL": "trace"])
            try await place.register()
            try await place.done("connector", "add", "webhook", "crm", "--url", receiver.url)
            let text = "Please stop, says Zoë Quux"
            #expect(try await server.optOut("Zoe.Quux@mail.example", "newsletter").status == 202)
            try await place.done(
                "opt-out",
                "Zoe.Quux2@mail.example",
                "--global",
                "--reason",
                text
            )
            _ = try await place.importSamples()

            let lists = try Workplace.samples.map(SampleList.init)
            let columns = ["Email Address", "OPTIN_IP", "CONFIRM_IP"]
            // A text without '@' or a dot may be found by chance.
            var texts = lists.reduce(into: Set<String>()) { $0.formUnion($1.cells(columns)) }
                .filter { $0.contains("@") && $0.utf8.count > 5 || $0.utf8.count > 6 }
            texts.formUnion(["Zoe.Quux@mail.example", "Zoe.Quux2@mail.example", text])
            texts.formUnion(texts.map { $0.lowercased() })
            #expect(texts.count > 8000)
            let samples = "\(Workplace.root)/Sources/HeedCLI/Demo/Fixtures"
            #expect(try await lines(place, holding: texts, in: samples) > 4000)

            // The write-ahead log is in use now.
            #expect(FileManager.default.fileExists(atPath: place.path("heed-data/heed.sqlite-wal")))
            #expect(try await lines(place, holding: texts, in: "heed-data") == 0)
            #expect(try await server.stop() == 0)
            #expect(try await lines(place, holding: texts, in: "heed-data") == 0)
            try place.write(server.program.errors, to: "log")
            #expect(server.program.errors.contains("route=/v1/opt-outs"))
            #expect(try await lines(place, holding: texts, in: "log") == 0)
        }
    }
}
