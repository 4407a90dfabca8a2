// The log of a running server: a second behind, archived, and whole after every kill -9.

import Foundation
import HeedLedger
import Testing

@Suite("Log")
struct LogTests {
    private static let rounds =
        ProcessInfo.processInfo.environment["HEED_KILL_ROUNDS"].flatMap { Int($0) } ?? 5
    private static let origin = "heed.example/log"

    private func serve(_ place: Workplace) async throws -> Server {
        let arguments = ["--log-origin", LogTests.origin, "--checkpoint-archive", "archive"]
        return try await place.serve(arguments[0], arguments[1], arguments[2], arguments[3])
    }

    private func makeArchive(_ place: Workplace) throws {
        try FileManager.default.createDirectory(
            atPath: place.path("archive"),
            withIntermediateDirectories: false
        )
    }

    /// The key that the greeting names.
    private func key(_ server: Server) throws -> NoteVerifier {
        let line = server.program.errors.split(separator: "\n").first { $0.hasPrefix("Log key:") }
        let words = line?.split(separator: " ") ?? []
        guard words.count > 2 else { throw Failure("no key: \(server.program.errors)") }
        return try NoteVerifier(text: String(words[2]))
    }

    /// The checkpoints an outsider holds, by size, each with a good signature.
    private func archived(_ place: Workplace, _ log: NoteVerifier) throws -> [Int: Checkpoint] {
        var heads: [Int: Checkpoint] = [:]
        let names = try FileManager.default.contentsOfDirectory(atPath: place.path("archive"))
        for name in names where name.hasSuffix(".checkpoint") && !name.hasPrefix(".") {
            let bytes = FileManager.default.contents(atPath: place.path("archive/\(name)"))
            let note = try SignedNote(bytes: bytes ?? Data())
            let head = try Checkpoint(opening: note, origin: LogTests.origin, log: log)
            #expect(Int(name.prefix(20)) == head.size)
            heads[head.size] = head
        }
        return heads
    }

    /// Nothing is missing, doubled or out of order; the server has ended.
    private func expectWhole(_ place: Workplace, _ heads: [Int: Checkpoint]) async throws {
        let bodies = try await place.rows("SELECT hex(body) FROM audit_events ORDER BY position")
        let leaves = try bodies.map { Hash.leaf(try bytes($0)) }
        let found = try await place.rows("SELECT hex(hash) FROM ledger_leaves ORDER BY leaf_index")
        let expected = leaves.map { $0.bytes.map { String(format: "%02X", $0) }.joined() }
        #expect(found == Array(expected.prefix(found.count)))
        let order = try await place.rows(
            """
            SELECT count(*) = count(DISTINCT event_id) AND count(*) = max(leaf_index) + 1
            FROM ledger_leaves l JOIN audit_events e
            ON e.id = l.event_id AND e.position = l.position AND e.position = l.leaf_index + 1
            """
        )
        #expect(order == ["1"])
        #expect(!heads.isEmpty)
        for head in heads.values {
            guard head.size <= leaves.count else {
                Issue.record("a checkpoint over \(head.size) of \(leaves.count) leaves")
                continue
            }
            #expect(head.root == Tree.root(of: leaves[..<head.size]), "size \(head.size)")
        }
        // The last one of all may have been signed as the server was told to stop.
        let newest = heads.keys.max() ?? 0
        let sizes = try await place.rows(
            "SELECT size FROM checkpoints WHERE size <= \(newest) ORDER BY size"
        )
        #expect(heads.keys.sorted().map(String.init) == sizes)
    }

    private func bytes(_ hexadecimal: String) throws -> [UInt8] {
        let digits = Array(hexadecimal.utf8)
        return try stride(from: 0, to: digits.count, by: 2).map {
            let text = String(decoding: digits[$0..<$0 + 2], as: UTF8.self)
            guard let byte = UInt8(text, radix: 16) else { throw Failure("not hex: \(text)") }
            return byte
        }
    }

    /// Returns when all that was committed is signed and archived.
    private func waitForArchive(_ place: Workplace) async throws {
        try await eventually("the archive holds the newest checkpoint") {
            let sizes = try await place.rows(
                """
                SELECT (SELECT count(*) FROM audit_events) = coalesce(max(size), 0), max(size)
                FROM checkpoints
                """
            )
            let parts = sizes.first?.split(separator: "|") ?? []
            guard parts.count == 2, parts[0] == "1", let size = Int(parts[1]) else { return false }
            let name = String(format: "archive/%020d.checkpoint", size)
            return FileManager.default.fileExists(atPath: place.path(name))
        }
    }

    @Test func noGapNoDuplicateNoSecondHistory() async throws {
        try await Workplace.open { place in
            try makeArchive(place)
            var server = try await serve(place)
            let log = try key(server)
            #expect(log.name == LogTests.origin)
            try await place.register()
            var held: [Int: Checkpoint] = [:]
            for round in 0..<LogTests.rounds {
                let limit = Int.random(in: 1...60)
                try await load(server, round, limit)
                for (size, head) in try archived(place, log) {
                    #expect(held[size] == nil || held[size] == head, "size \(size) was rewritten")
                    held[size] = head
                }
                server = try await serve(place)
                #expect(try key(server) == log)
            }
            // One more, so that this server has had the lease; else a killed one's row may be left.
            let last = try await server.optOut("last@mail.example", "global")
            #expect(last.status == 202)
            try await waitForArchive(place)
            #expect(try await server.stop() == 0)
            let all = try archived(place, log)
            for (size, head) in held { #expect(all[size] == head, "size \(size)") }
            try await expectWhole(place, all)
            #expect(
                try await place.rows("SELECT count(*) FROM leases WHERE name = 'sequencer'")
                    == ["0"]
            )
        }
    }

    /// Opts people out from several clients and kills the server after so many answers.
    private func load(_ server: Server, _ round: Int, _ limit: Int) async throws {
        let told = Acknowledgements()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<4 {
                group.addTask {
                    var number = 0
                    while !told.isCut {
                        number += 1
                        let address = "r\(round).c\(client).\(number)@mail.example"
                        do {
                            let reply = try await server.optOut(address, "global")
                            guard reply.status == 202 else { return told.note(wrong: reply.text) }
                            told.add(.init(address: address, scope: "global", id: nil))
                        } catch {
                            return told.note(broken: error)
                        }
                    }
                }
            }
            try await eventually("\(limit) answers: \(told.wrong)") {
                told.entries.count >= limit || !told.wrong.isEmpty
            }
            told.expectCut()
            try await server.cut()
            try await group.waitForAll()
        }
        #expect(told.wrong.isEmpty)
    }

    /// A database put back from a backup signs nothing, and says why; opt-outs go on.
    @Test func aBackupThatWasPutBackSignsNoSecondHistory() async throws {
        try await Workplace.open { place in
            try makeArchive(place)
            var server = try await serve(place)
            let log = try key(server)
            try await place.register()
            try await waitForArchive(place)
            #expect(try await server.stop() == 0)
            try place.copy("heed-data", to: "backup")
            server = try await serve(place)
            #expect(try await server.optOut("ada@mail.example", "global").status == 202)
            try await waitForArchive(place)
            #expect(try await server.stop() == 0)
            let held = try archived(place, log)
            try FileManager.default.removeItem(atPath: place.path("heed-data"))
            try place.copy("backup", to: "heed-data")
            server = try await serve(place)
            #expect(try await server.optOut("bob@mail.example", "global").status == 202)
            try await eventually("the damage is said") {
                server.program.errors.contains("the log is damaged")
            }
            #expect(try archived(place, log) == held)
            let newest = held.keys.max() ?? 0
            let sizes = try await place.rows("SELECT max(size) < \(newest) FROM checkpoints")
            #expect(sizes == ["1"])
            #expect(try await server.stop() == 0)
        }
    }

    @Test func theNameAndTheWitnessesAreChecked() async throws {
        try await Workplace.open { place in
            let server = try await serve(place)
            try await eventually("the missing archive is said") {
                server.program.errors.contains("the archive is away")
            }
            try await place.register()
            try await eventually("the log is signed all the same") {
                try await place.rows("SELECT count(*) > 0 FROM checkpoints") == ["1"]
            }
            #expect(try await server.stop() == 0)
            let other = try await place.serve("--log-origin", "elsewhere.example/log")
            #expect(try key(other).name == LogTests.origin)
            #expect(other.program.errors.contains("the log keeps the origin it began with"))
            #expect(try await other.stop() == 0)
            try place.write("quorum none\nquorum none\n", to: "witnesses.txt")
            for (path, message) in [
                ("witnesses.txt", "witnessPolicy: witnesses.txt, line 2: "),
                ("missing.txt", "witnessPolicy: the file missing.txt cannot be read"),
            ] {
                let ending = try await place.heed(["serve", "--witness-policy", path])
                #expect(ending.exitCode == 2)
                #expect(ending.errors.contains(message), "\(ending.errors)")
            }
        }
    }
}
