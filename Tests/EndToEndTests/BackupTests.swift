// The restore drill of docs/operations/backup.md, with the real program and a disk that is lost.

import Foundation
import TestSupport
import Testing

@Suite("Backup and restore")
struct BackupTests {
    private static func person(_ name: String) -> String { "\(name)@mail.example" }

    /// Waits until an erasure is done.
    private func erase(_ name: String, _ place: Workplace, _ flags: [String]) async throws {
        let asked = try await place.heed(
            ["erase", BackupTests.person(name), "--verified-by", "account-login", "--json"] + flags
        )
        let id = try #require(try asked.json["id"].string)
        try await eventually("\(name) is erased") {
            try await place.heed(["request", "show", id, "--json"] + flags).json["status"].string
                == "completed"
        }
    }

    /// What happens after the backup: every sort of stop there is.
    private func stop(_ server: Server, _ place: Workplace, _ flags: [String]) async throws {
        #expect(try await server.optOut(BackupTests.person("api"), "newsletter").status == 202)
        let token = try await server.token(BackupTests.person("click"), "newsletter")
        #expect(try await server.pressOneClick(token).status == 200)
        // Nobody knew this address when the backup was made.
        #expect(try await server.optOut(BackupTests.person("new"), "global").status == 202)
        try place.write("email,status\n\(BackupTests.person("spam")),complaint\n", to: "spam.csv")
        let list = ["spam.csv", "--format", "csv", "--scope", "newsletter", "--policy", "2026-01"]
        #expect(try await place.heed(["import"] + list + flags).exitCode == 0)
        try await erase("erased", place, flags)
    }

    /// The word of the guard about each of them, at the command line.
    private func expectStopped(_ place: Workplace, _ flags: [String]) async throws {
        let words = [
            "before": "ptOut", "api": "optOut", "click": "optOut", "new": "globalOptOut",
            "spam": "complaint", "erased": "erased",
        ]
        for (name, word) in words {
            let check = ["check", BackupTests.person(name), "--scope", "newsletter"]
            let ending = try await place.heed(check + flags)
            #expect(ending.exitCode == 1, "\(name): \(ending.output)\(ending.errors)")
            #expect(ending.output.contains(word), "\(name): \(ending.output)")
        }
        let check = ["check", BackupTests.person("stays"), "--scope", "newsletter"]
        #expect(try await place.heed(check + flags).exitCode == 0)
    }

    private static let known = ["before", "api", "click", "spam", "erased", "stays"]

    @Test func aLostDatabaseComesBackWithEveryStop() async throws {
        try await Workplace.open { place in
            var server = try await place.serve()
            try await place.register()
            for name in BackupTests.known {
                try await server.grant(BackupTests.person(name), "newsletter")
            }
            #expect(
                try await server.optOut(BackupTests.person("before"), "newsletter").status == 202
            )
            // Online: somebody opts out all the while.
            async let backup = place.heed("backup", "backup.sqlite", "--json")
            for number in 0..<20 {
                let reply = try await server.optOut(BackupTests.person("busy\(number)"), "global")
                #expect(reply.status == 202)
            }
            let made = try await backup
            #expect(made.exitCode == 0, "\(made.errors)")
            #expect(try made.json["bytes"].number ?? 0 > 4096)
            try await stop(server, place, [])
            try await server.cut()
            for ending in ["", "-wal", "-shm"] {
                let file = place.path("heed-data/heed.sqlite\(ending)")
                try? FileManager.default.removeItem(atPath: file)
            }
            // A backup that is put back by hand alone would forget them; so it serves nobody.
            try place.copy("backup.sqlite", to: "heed-data/heed.sqlite")
            let forgetful = ["check", BackupTests.person("api"), "--scope", "newsletter"]
            for command in [forgetful, ["serve", "--port", "0"]] {
                let ending = try await place.heed(command)
                #expect(ending.exitCode == 2)
                #expect(ending.errors.contains("older than its journal"), "\(ending.errors)")
            }
            try FileManager.default.removeItem(atPath: place.path("heed-data/heed.sqlite"))
            let restored = try await place.heed("restore", "backup.sqlite")
            #expect(restored.exitCode == 0, "\(restored.errors)")
            #expect(restored.output.contains("erasures      1"), "\(restored.output)")
            try await expectStopped(place, [])
            for number in 0..<20 {
                let check = ["check", BackupTests.person("busy\(number)"), "--scope", "newsletter"]
                #expect(try await place.heed(check).exitCode == 1)
            }
            let verified = try await place.heed("verify")
            #expect(verified.exitCode == 0, "\(verified.output)")
            server = try await place.serve()
            #expect(server.program.errors.contains("/log/restored-1"))
            let answer = try await server.check(BackupTests.person("spam"), "newsletter")
            #expect(answer["reason"].string == "complaint")
            try await eventually("the log goes on") {
                try await place.heed("log", "verify").exitCode == 0
            }
            #expect(try await server.stop() == 0)
        }
    }

    /// Scopes, people who agreed, and one who left; answers with a node.
    private func fill(_ node: PostgresPlace) async throws -> Server {
        try await node.place.done("migrate", "--database", node.url(.owner))
        let server = try await node.serve()
        for scope in ["newsletter", "promotions"] {
            try await node.done("scope", "add", scope, "--kind", "campaign")
        }
        try node.place.write("We write to you.\n", to: "policy.txt")
        try await node.done("policy", "publish", "2026-01", "--text-file", "policy.txt")
        for name in BackupTests.known {
            try await server.grant(BackupTests.person(name), "newsletter")
        }
        #expect(try await server.optOut(BackupTests.person("before"), "global").status == 202)
        return server
    }

    /// Serves nobody as it was put back, and everybody rightly after `heed restore --in-place`.
    private func expectBroughtUp(_ node: PostgresPlace) async throws {
        let place = node.place
        let flags = ["--database", node.url(.node)]
        let forgetful = ["check", BackupTests.person("api"), "--scope", "newsletter"]
        for command in [forgetful, ["serve", "--port", "0"]] {
            let early = try await place.heed(command + flags)
            #expect(early.exitCode == 2)
            #expect(early.errors.contains("older than its journal"), "\(early.errors)")
            #expect(early.errors.contains("heed restore --in-place"), "\(early.errors)")
        }
        #expect(try await node.psql("SELECT count(*) FROM opt_outs") == "1")
        let keys =
            "SELECT count(*) FROM contacts c WHERE EXISTS "
            + "(SELECT 1 FROM contact_keys k WHERE k.contact_id = c.id)"
        #expect(try await node.psql(keys) == "\(BackupTests.known.count)")
        let restored = try await place.heed(["restore", "--in-place"] + flags)
        #expect(restored.exitCode == 0, "\(restored.errors)")
        #expect(restored.output.contains("erasures      1"), "\(restored.output)")
        // One was erased, and nobody whom the backup did not know came with the journal.
        #expect(try await node.psql(keys) == "\(BackupTests.known.count - 1)")
        try await expectStopped(place, flags)
        let verified = try await place.heed(["verify"] + flags)
        #expect(verified.exitCode == 0, "\(verified.output)")
        let server = try await node.serve()
        for (name, reason) in [("spam", "complaint"), ("api", "optOut"), ("erased", "erased")] {
            let answer = try await server.check(BackupTests.person(name), "newsletter")
            #expect(answer["reason"].string == reason)
        }
        #expect(try await server.stop() == 0)
    }

    /// On a server the files are the operator's to copy; here the copy is one of the database.
    @Test func aServerThatWasPutBackIsBroughtUpToItsJournal() async throws {
        let cluster = try PostgresCluster.shared()
        try await PostgresPlace.open(on: cluster) { node in
            var server = try await fill(node)
            let flags = ["--database", node.url(.node)]
            let refused = try await node.place.heed(["backup", "backup.sqlite"] + flags)
            #expect(refused.exitCode == 2)
            #expect(refused.errors.contains("pg_basebackup"))
            #expect(try await server.stop() == 0)
            let copy = node.name + "_copy"
            try cluster.run("CREATE DATABASE \(copy) TEMPLATE \(node.name) OWNER heed_owner")
            server = try await node.serve()
            try await stop(server, node.place, flags)
            try await server.cut()
            try cluster.drop(node.name)
            try cluster.run("ALTER DATABASE \(copy) RENAME TO \(node.name)")
            try await expectBroughtUp(node)
        }
    }

    /// The drill of docs/operations/postgres.md: the server is lost, and another one is started
    /// from the last `pg_basebackup` of it.
    @Test func aServerFromABaseBackupIsBroughtUpToItsJournal() async throws {
        let lost = try await PostgresCluster.own(["fsync=off"])
        try await PostgresPlace.open(on: lost) { node in
            let server = try await fill(node)
            try await lost.backUp()
            try await stop(server, node.place, ["--database", node.url(.node)])
            try await server.cut()
            try await lost.kill()
            let found = try await PostgresCluster.restored(from: lost, ["fsync=off"])
            let again = PostgresPlace(place: node.place, cluster: found, name: node.name)
            try await expectBroughtUp(again)
            try await found.stop()
        }
        try await lost.stop()
    }

    /// kill -9 in the middle of a return, again and again: nothing is served before it is whole.
    @Test func aReturnThatIsKilledGoesOn() async throws {
        try await Workplace.open { place in
            let server = try await place.serve()
            try await place.register()
            try await server.grant(BackupTests.person("stays"), "newsletter")
            try await place.done("backup", "backup.sqlite")
            for number in 0..<60 {
                #expect(try await server.optOut("p\(number)@mail.example", "global").status == 202)
            }
            try await server.cut()
            try FileManager.default.removeItem(atPath: place.path("heed-data/heed.sqlite"))
            let file = place.path("heed-data/heed.sqlite")
            var arguments = ["restore", "backup.sqlite"]
            var kills = 0
            for stops in stride(from: 0, to: 60, by: 12) {
                let program = try place.start(heed: arguments)
                try await eventually("the return has come further") {
                    if program.exitCode != nil { return true }
                    guard FileManager.default.fileExists(atPath: file) else { return false }
                    let done = try? await place.rows("SELECT count(*) FROM opt_outs")
                    return done.flatMap { $0.first }.flatMap { Int($0) } ?? 0 >= stops
                }
                program.send(SIGKILL)
                if try await program.end() != 0 { kills += 1 }
                let isThere = FileManager.default.fileExists(atPath: file)
                if isThere,
                    try await place.rows(
                        "SELECT count(*) FROM restores WHERE finished_at IS NULL"
                    ) == ["1"]
                {
                    let refused = try await place.heed("serve", "--port", "0")
                    #expect(refused.exitCode == 2)
                    #expect(refused.errors.contains("heed restore --in-place"))
                    arguments = ["restore", "--in-place"]
                }
            }
            #expect(kills > 0)
            _ = try await place.heed(arguments)
            let again = try await place.serve()
            for number in 0..<60 {
                let answer = try await again.check("p\(number)@mail.example", "newsletter")
                #expect(answer["allowed"].flag == false)
            }
            let answer = try await again.check(BackupTests.person("stays"), "newsletter")
            #expect(answer["allowed"].flag == true)
            #expect(try await place.heed("verify").exitCode == 0)
            #expect(try await again.stop() == 0)
        }
    }

    /// A supervisor that starts the service again after the database is lost makes no empty one.
    @Test func aLostDatabaseIsNotBegunAnew() async throws {
        try await Workplace.open { place in
            try await place.register()
            try await place.done("backup", "backup.sqlite")
            let key = place.read("heed-data/admin.key")
            for name in ["heed.sqlite", "heed.sqlite-wal", "heed.sqlite-shm"] {
                try? FileManager.default.removeItem(atPath: place.path("heed-data/\(name)"))
            }
            for arguments in [
                ["serve", "--port", "0"], ["scope", "add", "x", "--kind", "campaign"],
                ["check", "ada@mail.example", "--scope", "newsletter"],
            ] {
                let ending = try await place.heed(arguments)
                #expect(ending.exitCode == 2, "\(arguments)")
                #expect(ending.errors.contains("`heed restore FILE`"), "\(ending.errors)")
            }
            let left = FileManager.default.fileExists(atPath: place.path("heed-data/heed.sqlite"))
            #expect(!left && place.read("heed-data/admin.key") == key)
            try await place.done("restore", "backup.sqlite")
            #expect(try await place.done("scope", "list").output.contains("newsletter"))
        }
    }

    @Test func whatIsWrongIsNamedAndChangesNothing() async throws {
        try await Workplace.open { place in
            try await place.register()
            try await place.done("backup", "backup.sqlite")
            try place.write("not a database", to: "other")
            let wrong: [([String], String)] = [
                (["backup", "backup.sqlite"], "there is a file at backup.sqlite"),
                (["backup", "absent/backup.sqlite"], "absent/backup.sqlite"),
                (["restore", "absent"], "file: there is no backup"),
                (["restore", "other"], "other"),
                (["restore", "backup.sqlite"], "--replace"),
                (["restore", "--in-place"], "not older than its journal"),
                (["restore", "--in-place", "--journal", "absent"], "journal: there is no folder"),
            ]
            let before = try await place.done("scope", "list").output
            for (arguments, word) in wrong {
                let ending = try await place.heed(arguments)
                #expect(ending.exitCode == 2, "\(arguments)")
                #expect(ending.errors.contains(word), "\(arguments): \(ending.errors)")
            }
            #expect(try await place.rows("SELECT count(*) FROM restores") == ["0"])
            #expect(try await place.done("scope", "list").output == before)
            // Nor over one that somebody works on.
            let server = try await place.serve()
            let used = try await place.heed("restore", "backup.sqlite", "--replace")
            #expect(used.exitCode == 2)
            #expect(used.errors.contains("another process has"), "\(used.errors)")
            #expect(try await server.stop() == 0)
            // A journal that is gone is not taken for one without stops.
            try FileManager.default.removeItem(atPath: place.path("heed-data/journal"))
            let gap = try await place.heed("restore", "backup.sqlite", "--replace")
            #expect(gap.exitCode == 2)
            #expect(gap.errors.contains("--accept-gap"), "\(gap.errors)")
            let taken = try await place.heed(
                "restore",
                "backup.sqlite",
                "--replace",
                "--accept-gap"
            )
            #expect(taken.exitCode == 0, "\(taken.errors)")
            let names = try FileManager.default.contentsOfDirectory(atPath: place.path("heed-data"))
            #expect(names.contains { $0.hasPrefix("heed.sqlite.replaced-") })
            #expect(try await place.done("scope", "list").output == before)
        }
    }
}
