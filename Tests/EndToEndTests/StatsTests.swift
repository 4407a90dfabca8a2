// Events, numbers and an erasure with the real program: numbers stay, and a list revives nobody.

import Foundation
import Testing

@Suite("Stats")
struct StatsTests {
    private static let people = ["ada", "bob", "erin.searchable"].map { "\($0)@mail.example" }

    private func event(_ id: String, _ kind: String, _ address: String) -> String {
        let now = Date.now.formatted(.iso8601)
        return #"{"id":"\#(id)","kind":"\#(kind)","address":"\#(address)","at":"\#(now)","#
            + #""message":"m-1","campaign":"spring","scope":"newsletter","ip":"203.0.113.77"}"#
    }

    @Test func numbersStayAndAListRevivesNobody() async throws {
        try await Workplace.open { place in
            try await place.register()
            let server = try await place.serve()
            var events: [String] = []
            for (number, address) in StatsTests.people.enumerated() {
                try await server.grant(address, "newsletter")
                for kind in ["sent", "delivered", "opened"] {
                    events.append(event("\(number)-\(kind)", kind, address))
                }
            }
            let body = #"{"events":[\#(events.joined(separator: ","))]}"#
            let taken = try await server.post("/v1/events", body)
            #expect(taken.status == 200)
            #expect(try taken.json["recorded"].number == 9)
            #expect(try await server.post("/v1/events", body).json["duplicate"].number == 9)
            let span = ["--from", "2020-01-01", "--to", "2028-01-01", "--period", "month"]
            let stats = ["stats", "--json"] + span
            let before = try await place.heed(stats).output
            #expect(before.contains(#""open":1"#), "\(before)")
            let table = try await place.heed(["stats"] + span).output
            #expect(table.contains("spring") && table.contains("100.0 %"), "\(table)")
            #expect(table.contains("people, once for one message (unique)"), "\(table)")

            try await erase(StatsTests.people[2], place)
            #expect(try await place.heed(stats).output == before)
            // Told again and late, it makes nobody known.
            let late = event("late", "opened", StatsTests.people[2])
            let again = try await server.post("/v1/events", #"{"events":[\#(late)]}"#)
            #expect(try again.json["anonymous"].number == 1)

            try await expectRefusal(ofListWith: StatsTests.people[2], place)
            let check = try await server.check(StatsTests.people[2], "newsletter")
            #expect(check["reason"].string == "erased")
            #expect(try await server.stop() == 0)
            let verify = try await place.heed("verify")
            #expect(verify.exitCode == 0, "\(verify.output)")
            try expectNothing(of: "erin.searchable", in: place)
        }
    }

    private func erase(_ address: String, _ place: Workplace) async throws {
        let asked = try await place.heed(
            "erase",
            address,
            "--verified-by",
            "account-login",
            "--json"
        )
        let id = try #require(try asked.json["id"].string)
        try await eventually("the erasure is completed") {
            try await place.heed("request", "show", id, "--json").json["status"].string
                == "completed"
        }
    }

    private func expectRefusal(ofListWith address: String, _ place: Workplace) async throws {
        try place.write("email,consented_at\n\(address),2025-01-01 10:00:00\n", to: "list.csv")
        let imported = try await place.heed(
            "import",
            "list.csv",
            "--scope",
            "newsletter",
            "--policy",
            "2026-01"
        )
        let refused = "refused 1: the person had their data erased"
        #expect(imported.output.contains(refused), "\(imported.output)")
    }

    private func expectNothing(of text: String, in place: Workplace) throws {
        let folder = place.path("heed-data")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
                continue
            }
            #expect(data.firstRange(of: Array(text.utf8)) == nil, "\(name)")
        }
    }

    @Test func whatIsWrongIsNamed() async throws {
        try await Workplace.open { place in
            try await place.register()
            for (arguments, field) in [
                (["--period", "year"], "period:"), (["--from", "x"], "from:"),
                (["--to", "x"], "to:"), (["--scope", "none"], "scope:"),
                (["--from", "2026-02-01", "--to", "2026-01-01"], "from:"),
            ] {
                let ending = try await place.heed(["stats"] + arguments)
                #expect(ending.exitCode == 2)
                #expect(ending.errors.hasPrefix("heed: \(field)"), "\(ending.errors)")
            }
        }
    }
}
