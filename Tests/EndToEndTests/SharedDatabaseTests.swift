// The command line and a server on one database at the same time.

import Testing

@Suite("Command line beside a server")
struct SharedDatabaseTests {
    @Test func eachSeesTheOthersCommitsAtOnce() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            for number in 0..<8 {
                let (ada, ben) = ("ada\(number)@mail.example", "ben\(number)@mail.example")
                try await server.grant(ada, "newsletter")
                let allowed = try await place.heed("check", ada, "--scope", "newsletter")
                #expect(allowed.output == "allowed\n")
                try await place.done("opt-out", ada, "--scope", "newsletter")
                let answer = try await server.check(ada, "newsletter")
                #expect(answer["reason"].string == "optOut")

                try await place.done(
                    "consent",
                    "grant",
                    ben,
                    "--scope",
                    "newsletter",
                    "--policy",
                    "2026-01"
                )
                #expect(try await server.check(ben, "newsletter")["allowed"].flag == true)
                #expect(try await server.optOut(ben, "newsletter").status == 202)
                let refused = try await place.heed("check", ben, "--scope", "newsletter")
                #expect(refused.exitCode == 1)
                #expect(refused.output.hasPrefix("refused: optOut"))
            }
        }
    }

    @Test func anImportLocksNobodyOut() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            let statuses = try await withThrowingTaskGroup(of: [Int].self) { group in
                for client in 0..<3 {
                    group.addTask {
                        var statuses: [Int] = []
                        while !Task.isCancelled {
                            let address = "c\(client).\(statuses.count)@mail.example"
                            statuses.append(try await server.optOut(address, "newsletter").status)
                            let answer = try await server.check(address, "newsletter")
                            #expect(answer["reason"].string == "optOut")
                        }
                        return statuses
                    }
                }
                let report = try await place.importSamples()
                #expect(report["granted"].number == 2971)
                let first = try await place.heed("opt-out", "z@mail.example", "--global", "--json")
                #expect(first.exitCode == 0, "\(first.errors)")
                group.cancelAll()
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(!statuses.isEmpty)
            #expect(statuses.allSatisfy { $0 == 202 })
            let stored = try await place.rows("SELECT count(*) FROM opt_outs")
            #expect(stored == ["\(930 + statuses.count + 1)"])
        }
    }
}
