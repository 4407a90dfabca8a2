// `heed audit` as an operator runs it: beside a server, on both engines, and after damage.

import Foundation
import TestSupport
import Testing

@Suite("Audit", .timeLimit(.minutes(5)))
struct AuditTests {
    /// A running server with a few people, one of whom said stop and was heard everywhere.
    private func open(_ test: (Workplace) async throws -> Void) async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            for name in ["ada", "bob"] {
                try await server.grant("\(name)@mail.example", "newsletter")
            }
            try await place.done("opt-out", "bob@mail.example", "--scope", "newsletter")
            try await eventually("the opt-out is done") {
                try await place.rows("SELECT status FROM opt_outs") == ["completed"]
            }
            try await test(place)
        }
    }

    private func failing(_ ending: Ending) throws -> [String] {
        try ending.json["checks"].list.filter { $0["passes"].flag == false }
            .compactMap { $0["id"].string }
    }

    @Test func twentyOfTwentyBesideAServer() async throws {
        try await open { place in
            let before = try await place.rowCounts()
            let json = try await place.heed("audit", "--json")
            #expect(json.exitCode == 0, "\(json.output)\(json.errors)")
            #expect(try json.json["passed"].number == 20 && json.json["failed"].number == 0)
            #expect(try json.json["database"].string == "sqlite")
            #expect(try await place.rowCounts() == before)
            let table = try await place.heed("audit")
            #expect(table.exitCode == 0 && table.output.hasSuffix("20 of 20 checks pass\n"))
            #expect(!table.output.contains("mail.example") && table.errors.isEmpty)
            let page = try await place.heed("audit", "--html", "-o", "audit.html")
            #expect(page.exitCode == 0 && page.output.isEmpty)
            #expect(place.read("audit.html").contains("20 of 20 checks pass"))
        }
    }

    @Test func aDroppedTriggerIsOneAndNamed() async throws {
        try await open { place in
            let drop = "DROP TRIGGER consent_records_no_update"
            #expect(try await place.sqlite(drop).exitCode == 0)
            let ending = try await place.heed("audit", "--json")
            #expect(ending.exitCode == 1)
            #expect(try failing(ending) == ["consent-storage.immutable-records"])
            let table = try await place.heed("audit")
            #expect(table.exitCode == 1 && table.output.contains("19 of 20 checks pass"))
            #expect(table.output.contains("FAIL    critical  consent-storage.immutable-records"))
            #expect(table.output.contains("wrong: the database let this through: UPDATE"))
            #expect(table.output.contains("to do: restore the triggers"))
            let other = ["audit", "--only", "consent-storage.indexed-query"]
            let alone = try await place.heed(other)
            #expect(alone.exitCode == 0 && alone.output.contains("1 of 1 checks pass"))
            let both = try await place.heed(
                other + ["--only", "consent-storage.immutable-records"]
            )
            #expect(both.exitCode == 1 && both.output.contains("1 of 2 checks pass"))
        }
    }

    @Test func whatCannotBeDoneIsTwo() async throws {
        try await Workplace.open { place in
            let absent = try await place.heed("audit")
            #expect(absent.exitCode == 2 && absent.output.isEmpty && !absent.errorLines.isEmpty)
            try await place.done("migrate")
            let unknown = try await place.heed("audit", "--only", "immutable-records")
            #expect(unknown.exitCode == 2 && unknown.output.isEmpty)
            #expect(unknown.errorLines.count == 1)
            #expect(unknown.errors.contains("consent-storage.immutable-records, "))
            #expect(try await place.heed("audit", "--json", "--html").exitCode == 2)
            #expect(try await place.heed("audit", "-o", "absent/file").exitCode == 2)
            // Nothing is tried for a file that is somebody's.
            try place.write("kept", to: "audit.txt")
            let full = try await place.heed("audit", "-o", "audit.txt")
            #expect(full.exitCode == 2 && full.errors.contains("--force writes over it"))
            #expect(place.read("audit.txt") == "kept")
            let check = "opt-out-processing.regulatory-window"
            _ = try await place.heed("audit", "--only", check, "--force", "-o", "audit.txt")
            #expect(place.read("audit.txt").contains(check))
        }
    }

    /// As the application's role, whose rights refuse, and as the owner, whom triggers refuse.
    @Test func twentyOfTwentyOnPostgreSQL() async throws {
        // A server that flushes what it has committed, unlike the one that other tests share.
        let cluster = try await PostgresCluster.own([])
        do {
            try await PostgresPlace.open(on: cluster) { database in
                let node = try await database.fill(people: 3)
                let asNode = ["audit", "--json", "--database", database.url(.node)]
                let asOwner = [
                    "audit", "--json", "--database", database.url(.owner), "--allow-owner",
                ]
                for arguments in [asNode, asOwner] {
                    let ending = try await database.place.heed(arguments)
                    #expect(ending.exitCode == 0, "\(ending.output)\(ending.errors)")
                    #expect(try ending.json["passed"].number == 20)
                    #expect(try ending.json["database"].string == "postgres")
                }
                _ = try await database.psql("DROP TRIGGER receipts_no_delete ON receipts")
                for arguments in [asNode, asOwner] {
                    let ending = try await database.place.heed(arguments)
                    #expect(ending.exitCode == 1)
                    #expect(try failing(ending) == ["data-subject-rights.deletion-receipt"])
                }
                try await node.cut()
            }
        } catch {
            try await cluster.stop()
            throw error
        }
        try await cluster.stop()
    }
}
