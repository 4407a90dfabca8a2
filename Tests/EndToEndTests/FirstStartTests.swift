// The first minutes of a new user: start, the printed curl, stop, start again.

import Foundation
import Testing

@Suite("First start")
struct FirstStartTests {
    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    /// The command the server prints after "Try it:", as it stands there.
    private func printedCommand(_ server: Server) async throws -> String {
        try await eventually("the server prints a curl") {
            server.program.errors.contains("\"source\":\"api\"}'")
        }
        let lines = server.program.errors.split(separator: "\n", omittingEmptySubsequences: false)
        let first = try #require(lines.firstIndex { $0.contains("curl") })
        let last = try #require(lines[first...].firstIndex { !$0.hasSuffix("\\") })
        return lines[first...last].joined(separator: "\n")
    }

    @Test func makesWhatItNeedsAndKeepsIt() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            #expect(try mode(place.path("heed-data")) == 0o700)
            let files = try FileManager.default.contentsOfDirectory(atPath: place.path("heed-data"))
            #expect(files.contains("heed.sqlite"))
            for file in files where file != "journal" {
                #expect(try mode(place.path("heed-data/\(file)")) == 0o600)
            }
            #expect(try mode(place.path("heed-data/journal")) == 0o700)
            #expect(try mode(place.path("heed-data/journal/00000001.journal")) == 0o600)
            let admin = place.read("heed-data/admin.key")
            let master = place.read("heed-data/master.key")
            #expect(admin.hasPrefix("heed_"))

            let command = try await printedCommand(server)
            let curl = try await place.run("/bin/sh", ["-c", command + " -w '\\n%{http_code}\\n'"])
            #expect(curl.exitCode == 0)
            #expect(curl.output.hasSuffix("\n202\n"), "\(curl.output)\(curl.errors)")
            #expect(curl.output.contains(#""status":"pending""#))
            #expect(try await server.stop() == 0)

            let again = try await place.serve()
            #expect(place.read("heed-data/admin.key") == admin)
            #expect(place.read("heed-data/master.key") == master)
            #expect(try await again.optOut("ben@mail.example", "global").status == 202)
            #expect(try await again.stop() == 0)
        }
    }

    /// Fifty opt-outs at once; nil for a connection that came too late and was refused.
    private func optOuts(_ server: Server) async -> [Int?] {
        await withTaskGroup(of: Int?.self) { group in
            for number in 0..<50 {
                group.addTask { try? await server.optOut("p\(number)@x.example", "global").status }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func aServerThatIsStoppedAnswersWhatItHasTaken() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            async let replies = optOuts(server)
            #expect(try await server.stop() == 0)
            let statuses = await replies
            let acknowledged = statuses.count { $0 == 202 }
            let stored = try await place.rows("SELECT count(*) FROM opt_outs")
            #expect(statuses.allSatisfy { $0 == nil || $0 == 202 })
            #expect(Int(stored.first ?? "") ?? 0 >= acknowledged)
        }
    }

    @Test func anotherProcessOnThePortIsSaid() async throws {
        try await Workplace.open { place in
            let receiver = try Receiver()
            receiver.goUp()
            let ending = try await place.heed("serve", "--port", "\(receiver.port)")
            #expect(ending.exitCode == 2)
            // Services that had begun may have logged a line of their own before.
            let complaints = ending.errorLines.filter { $0.hasPrefix("heed: ") }
            #expect(complaints.count == 1, "\(ending.errors)")
            #expect(ending.errors.contains("127.0.0.1:\(receiver.port)"), "\(ending.errors)")
            #expect(ending.errors.contains("choose a port"), "\(ending.errors)")
        }
    }

    @Test func workersRunAlone() async throws {
        try await Workplace.open { place in
            let receiver = try Receiver()
            receiver.goUp()
            try await place.done("migrate")
            try await place.done("connector", "add", "webhook", "crm", "--url", receiver.url)
            try await place.done("opt-out", "ada@mail.example", "--global")
            let worker = try await place.start(worker: [])
            try await eventually("the worker tells the other system") {
                !receiver.accepted.isEmpty
            }
            worker.send(SIGTERM)
            #expect(try await worker.end() == 0)
        }
    }
}
