// `heed doctor` against a running server and a message in a file.

import Foundation
import Testing

@Suite("Doctor")
struct DoctorTests {
    @Test func ourOwnLinkFailsOnlyForWantOfHTTPSAndNobodyIsOptedOut() async throws {
        try await Workplace.open { place in
            try await place.register()
            let server = try await place.serve()
            try await server.grant("ada@mail.example", "newsletter")
            let check = try await server.check("ada@mail.example", "newsletter")
            let url = try #require(check["unsubscribe"]["url"].string)
            let events = "SELECT count(*) FROM audit_events"
            let before = try await place.rows(events)
            let base = String(url.prefix(upTo: try #require(url.firstRange(of: "/u/")).lowerBound))
            let ours = try await place.heed(
                ["doctor", "--url", url, "--json"],
                environment: ["HEED_PUBLIC_URL": base]
            )
            #expect(ours.exitCode == 1)
            let failed = try ours.json["checks"].list.filter { $0["outcome"].string == "failed" }
            #expect(failed.map { $0["check"].string } == ["https"])
            let post = try ours.json["checks"].list.first { $0["check"].string == "post" }
            #expect(post?["outcome"].string == "passed")
            let other = try await place.heed(["doctor", "--url", url])
            #expect(other.output.contains("not-checked  post"))
            #expect(try await place.rows(events) == before)
            let after = try await server.check("ada@mail.example", "newsletter")
            #expect(after["reason"].string == "allowed")
        }
    }

    @Test func aMessageInAFileIsJudged() async throws {
        try await Workplace.open { place in
            let good = """
                DKIM-Signature: v=1; d=shop.example; h=From:List-Unsubscribe:List-Unsubscribe-Post
                List-Unsubscribe: <https://u.example/u/v1.AbC>,
                 <mailto:leave@u.example>
                List-Unsubscribe-Post: List-Unsubscribe=One-Click
                From: shop@shop.example

                Hello
                """
            try place.write(good, to: "good.eml")
            let passed = try await place.heed("doctor", "--message", "good.eml", "--json")
            #expect(passed.exitCode == 0)
            #expect(try passed.json["passed"].flag == true)
            let bad = good.replacing("One-Click", with: "one-click")
            let failed = try await place.heed("doctor", "--message", "-", input: bad)
            #expect(failed.exitCode == 1)
            #expect(failed.output.hasPrefix("RESULT"))
            #expect(failed.output.contains("failed       post-value"))
            #expect(!FileManager.default.fileExists(atPath: place.path("heed-data")))
        }
    }
}
