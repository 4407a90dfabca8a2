// `heed demo`: it ends well and without a trace.

import Foundation
import Testing

@Suite("Demo")
struct DemoTests {
    @Test func tellsTheMainJobAndLeavesNothing() async throws {
        try await Workplace.open { place in
            try FileManager.default.createDirectory(
                atPath: place.path("temporary"),
                withIntermediateDirectories: true
            )
            let environment = ["TMPDIR": place.path("temporary")]
            let demo = try await place.heed("demo", environment: environment)
            #expect(demo.exitCode == 0, "\(demo.errors)")
            let left = try FileManager.default.contentsOfDirectory(
                atPath: place.path("temporary")
            )
            #expect(left.isEmpty)
            var rest = demo.output[...]
            for line in [
                "1. A list arrives", "2971  consent recorded", "2. A campaign asks the guard",
                "allowed 2983, optOut 30", "3. One of them presses one-click", "HTTP 200",
                "4. The very next filter leaves them out.", "allowed 2982, optOut 31",
                "opt-out pending", "5. The worker starts", "last answer: unreachable",
                "6. The other system comes back.", "completed after", "accepted 1 signed message",
                "7. What the audit log says", "optout.requested", "optout.completed",
                "8. Evidence for a regulator", "files; good",
                "after one changed bit: bad: evidence.html",
            ] {
                let range = try #require(rest.firstRange(of: line), "\(line)")
                rest = rest[range.upperBound...]
            }
        }
    }
}
