// The server is killed under load, again and again: nothing that was acknowledged is lost.

import Foundation
import Synchronization
import Testing

/// What the load was told, kept outside the server that dies.
final class Acknowledgements: Sendable {
    /// One opt-out that was answered with success.
    struct Entry: Hashable, Sendable {
        let address: String
        let scope: String
        /// A one-click answer names no id.
        let id: String?
    }

    private let state = Mutex((entries: [Entry](), wrong: [String](), isCut: false))

    var entries: [Entry] { state.withLock { $0.entries } }
    var wrong: [String] { state.withLock { $0.wrong } }

    /// From here on a request may fail.
    func expectCut() { state.withLock { $0.isCut = true } }

    var isCut: Bool { state.withLock { $0.isCut } }

    func add(_ entry: Entry) { state.withLock { $0.entries.append(entry) } }

    /// Notes an answer that is no success; a server that is being killed gives none at all.
    func note(wrong answer: String) { state.withLock { $0.wrong.append(answer) } }

    func note(broken error: any Error) {
        state.withLock { if !$0.isCut { $0.wrong.append("\(error)") } }
    }
}

@Suite("kill -9")
struct KillTests {
    private static let scopes = ["newsletter", "promotions", "global"]
    private static let clients = 6
    private static let rounds =
        ProcessInfo.processInfo.environment["HEED_KILL_ROUNDS"].flatMap { Int($0) } ?? 6
    private static let seed =
        ProcessInfo.processInfo.environment["HEED_KILL_SEED"].flatMap { UInt64($0) }
        ?? UInt64.random(in: 0..<1_000_000)

    @Test func nothingAcknowledgedIsLost() async throws {
        print("HEED_KILL_SEED=\(KillTests.seed) HEED_KILL_ROUNDS=\(KillTests.rounds)")
        var dice = Dice(seed: KillTests.seed)
        try await Workplace.open { place in
            // Every seventh message fails, so that retries are under way at the end too.
            let receiver = try Receiver { $0 % 7 == 0 ? 503 : 204 }
            receiver.goUp()
            var server = try await place.serve()
            try await place.register()
            try await place.done("connector", "add", "webhook", "crm", "--url", receiver.url)
            var all: [Acknowledgements.Entry] = []
            for round in 0..<KillTests.rounds {
                let count = Int.random(in: 10...120, using: &dice)
                let told = try await load(server, round: round, until: count)
                #expect(told.wrong.isEmpty, "round \(round)")
                #expect(told.entries.count >= count)
                all += told.entries
                server = try await place.serve()
                try await expectInForce(told.entries, server)
            }
            try await eventually("every opt-out completes") {
                try await place.rows("SELECT count(*) FROM opt_outs WHERE status <> 'completed'")
                    == ["0"]
            }
            try await expectInForce(all, server)
            try await expectCompleted(all, server)
            try await expectOneEventEach(place)
            try await expectDelivered(place, receiver)
            #expect(try await server.stop() == 0)
        }
    }

    /// Opts people out from several clients and kills the server after so many acknowledgements.
    private func load(
        _ server: Server,
        round: Int,
        until count: Int
    ) async throws
        -> Acknowledgements
    {
        let told = Acknowledgements()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<KillTests.clients {
                let name = "r\(round).c\(client)"
                // Consent first, because only who may be written to gets a link.
                let token = try await oneClickToken(server, "\(name)@click.example")
                group.addTask { await optOut(as: name, with: token, from: server, telling: told) }
            }
            try await eventually("\(count) acknowledgements: \(told.wrong)") {
                told.entries.count >= count || !told.wrong.isEmpty
            }
            told.expectCut()
            try await server.cut()
            try await group.waitForAll()
        }
        return told
    }

    private func oneClickToken(_ server: Server, _ address: String) async throws -> String {
        try await server.grant(address, "newsletter")
        return try await server.token(address, "newsletter")
    }

    /// New people, people who asked before, and one-click, until the server is gone.
    private func optOut(
        as name: String,
        with token: String,
        from server: Server,
        telling told: Acknowledgements
    ) async {
        var number = 0
        while !told.isCut {
            number += 1
            let scope = KillTests.scopes[number % 3]
            let isRepeat = number % 4 == 0
            let address =
                isRepeat ? "again\(number % 8)@mail.example" : "\(name).\(number)@x.example"
            do {
                if number % 5 == 1 {
                    let reply = try await server.pressOneClick(token)
                    guard reply.status == 200 else { return told.note(wrong: reply.text) }
                    told.add(.init(address: "\(name)@click.example", scope: "newsletter", id: nil))
                } else {
                    let reply = try await server.optOut(address, scope)
                    guard reply.status == 202 else { return told.note(wrong: reply.text) }
                    let id = try reply.json["id"].string
                    told.add(.init(address: address, scope: scope, id: id))
                }
            } catch {
                return told.note(broken: error)
            }
        }
    }

    /// The guard refuses all of them, and their ids are known.
    private func expectInForce(_ entries: [Acknowledgements.Entry], _ server: Server) async throws {
        for scope in KillTests.scopes {
            let concerned = Set(entries.filter { $0.scope == scope }.map(\.address)).sorted()
            // A global one is seen from every campaign scope.
            let asked = scope == "global" ? "promotions" : scope
            let reasons = try await server.reasons(concerned, asked)
            let allowed = scope == "global" ? ["globalOptOut"] : ["optOut", "globalOptOut"]
            let lost = concerned.filter { !allowed.contains(reasons[$0] ?? "") }
            #expect(lost.isEmpty, "not in force for \(scope)")
        }
        for entry in Set(entries) {
            guard let id = entry.id else { continue }
            let found = try await server.get("/v1/opt-outs/\(id)")
            #expect(found.status == 200)
            // Who left altogether is told of that when they leave one scope as well.
            let scope = try found.json["scope"].string
            #expect(scope == entry.scope || scope == "global")
        }
    }

    private func expectCompleted(
        _ entries: [Acknowledgements.Entry],
        _ server: Server
    ) async throws {
        for id in Set(entries.compactMap(\.id)) {
            let optOut = try await server.get("/v1/opt-outs/\(id)").json
            #expect(optOut["status"].string == "completed")
            #expect(optOut["targets"].list.map { $0["state"].string } == ["confirmed"])
        }
        #expect(!entries.isEmpty)
    }

    /// Nothing is in the audit log twice, and nothing of an opt-out is missing there.
    private func expectOneEventEach(_ place: Workplace) async throws {
        let events = try await place.rows(
            "SELECT count(*) = count(DISTINCT id) AND count(*) = max(position) FROM audit_events"
        )
        #expect(events == ["1"])
        for kind in ["optout.requested", "optout.enqueued", "optout.started", "optout.completed"] {
            let odd = try await place.rows(
                """
                SELECT count(*) FROM opt_outs WHERE 1 <> (
                    SELECT count(*) FROM audit_events
                    WHERE audit_events.subject = opt_outs.id AND kind = '\(kind)'
                )
                """
            )
            #expect(odd == ["0"], "\(kind)")
        }
        let doubled = try await place.rows(
            """
            SELECT count(*) FROM
            (SELECT 1 FROM opt_outs GROUP BY contact_id, scope HAVING count(*) > 1)
            """
        )
        #expect(doubled == ["0"])
        #expect(try await place.rows("SELECT count(*) FROM jobs") == ["0"])
        #expect(try await place.rows("PRAGMA integrity_check") == ["ok"])
    }

    /// The other system has accepted every opt-out at least once, and nothing else.
    private func expectDelivered(_ place: Workplace, _ receiver: Receiver) async throws {
        let targets = try await place.rows("SELECT lower(hex(id)) FROM opt_out_targets")
        let accepted = Set(receiver.accepted.map { $0.replacing("-", with: "").lowercased() })
        #expect(accepted == Set(targets))
    }
}

/// Splitmix64: the same rounds for the same seed.
private struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
