// `heed queue` as an operator uses it: a buried target raises an alert, is redriven, and is told.

import Foundation
import Testing

@Suite("Queue at the command line")
struct QueueCommandTests {
    @Test func aBuriedTargetIsTriedAgain() async throws {
        try await Workplace.open { place in
            // Gone for good at first, which is given up at once.
            let receiver = try Receiver { count in count == 1 ? 410 : 204 }
            receiver.goUp()
            let server = try await place.serve("--alert-after-seconds", "1")
            try await place.register()
            try await place.done("connector", "add", "webhook", "crm", "--url", receiver.url)
            let id = try await server.optOut("ada@private.example", "newsletter").json["id"].string
            let path = "/v1/opt-outs/\(id ?? "")"
            func buried() async throws -> [JSON] {
                let ending = try await place.done("queue", "list", "--state", "buried", "--json")
                return try ending.json["jobs"].list
            }
            try await eventually("the target is given up") { try await !buried().isEmpty }
            let job = try #require(try await buried().first)
            #expect(job["connector"].string == "crm" && job["answer"].string == "HTTP 410")
            #expect(job["optOutId"].string == id)
            try await eventually("an alert is raised") {
                server.program.errors.contains("alert=buried-targets")
            }
            #expect(!server.program.errors.contains("private.example"))
            let table = try await place.done("queue", "list").output
            #expect(table.contains("CONNECTOR") && table.contains("HTTP 410"))
            #expect(!table.contains("private.example"))
            let other = try await place.heed("queue", "retry", "--buried", "--connector", "other")
            #expect(other.exitCode == 2 && other.errors.contains("there are crm"))
            let retried = try await place.done("queue", "retry", "--buried")
            #expect(retried.output == "1 buried job is tried again\n")
            try await eventually("the opt-out completes") {
                try await server.get(path).json["status"].string == "completed"
            }
            let kinds = try await server.get(path).json["timeline"].list.compactMap {
                $0["kind"].string
            }
            #expect(kinds.count { $0 == "optout.esp-redriven" } == 1)
            try await eventually("the alert is over") {
                server.program.errors.contains("alert resolved")
            }
            #expect(try await place.heed("verify").exitCode == 0)
        }
    }

    @Test func aJobIsBuriedAndRetriedByItsID() async throws {
        try await Workplace.open { place in
            let receiver = try Receiver()
            let server = try await place.serve("--role", "api")
            try await place.register()
            try await place.done("connector", "add", "webhook", "crm", "--url", receiver.url)
            let id = try await server.optOut("ada@private.example", "newsletter").json["id"].string
            func jobs() async throws -> [JSON] {
                try await place.done("queue", "list", "--json").json["jobs"].list
            }
            // An opt-out has to begin.
            let start = try #require(try await jobs().first?["id"].string)
            let refused = try await place.heed("queue", "bury", start)
            #expect(refused.exitCode == 2 && refused.errors.contains("id:"))
            let worker = try await place.start(worker: [])
            try await eventually("an attempt has failed") {
                try await jobs().first?["answer"].string == "unreachable"
            }
            worker.send(SIGTERM)
            #expect(try await worker.end() == 0)
            let job = try #require(try await jobs().first?["id"].string)
            #expect(try await place.done("queue", "bury", job).output == "job \(job) is buried\n")
            let again = try await place.done("queue", "bury", job).output
            #expect(again == "job \(job) was buried before\n")
            let check = try await server.check("ada@private.example", "newsletter")
            #expect(check["optOutStatus"].string == "pending")
            #expect(try await place.done("queue", "retry", job).output.hasSuffix("tried again\n"))
            #expect(try await jobs().map { $0["state"].string } == ["ready"])
            let kinds = try await server.get("/v1/opt-outs/\(id ?? "")").json["timeline"].list
                .compactMap { $0["kind"].string }
            #expect(kinds.last == "optout.esp-redriven")
        }
    }
}
