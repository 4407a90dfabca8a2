// The log over HTTP: every status, who may read what, and paths that are nearly right.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedLedger
import HeedStore
import Hummingbird
import TestSupport
import Testing

@testable import HeedServer

@Suite("Log routes")
struct LogRoutesTests {
    private static let origin = "log.example/heed"

    /// A server whose log holds everything that was written so far; more than one full tile.
    private func withLog(
        options: ServerOptions = .sample,
        _ body: @escaping @Sendable (Server, Int) async throws -> Void
    ) async throws {
        try await withServer(options: options) { server in
            try await server.installation.record(
                (1...280).map { .contactAdded(Sample.contact($0), [try Sample.address(Int($0))]) }
            )
            let size = try await LogRoutesTests.catchUp(server)
            #expect(size > Tile.fullWidth)
            try await body(server, size)
        }
    }

    @discardableResult
    private static func catchUp(_ server: Server) async throws -> Int {
        let sequencer = Sequencer(
            engine: server.installation.engine,
            origin: origin,
            holder: Array(repeating: 7, count: 16)
        )
        return try #require(await sequencer.catchUp())
    }

    private func head(_ server: Server) async throws -> (Checkpoint, SignedNote, NoteVerifier) {
        let published = try #require(await server.installation.engine.ask(PublishedCheckpoint()))
        let key = try NoteVerifier(text: published.verifier)
        let reply = try await server.send(.get("/log/checkpoint"))
        let note = try SignedNote(bytes: Array(reply.body.utf8))
        return (try Checkpoint(opening: note, origin: Self.origin, log: key), note, key)
    }

    /// The ids and bodies of all events, in order.
    private func events(_ server: Server) async throws -> [(id: EventID, body: [UInt8])] {
        try await server.installation.sql("SELECT id, body FROM audit_events ORDER BY position")
            .map { (try $0.id(0), try $0.blob(1)) }
    }

    // MARK: - Head and tiles

    @Test func theHeadIsASignedNoteForAFewSeconds() async throws {
        try await withLog { server, size in
            let reply = try await server.sendWithoutEffect(.get("/log/checkpoint"))
            #expect(reply.status == 200)
            #expect(reply.headers[.contentType] == "text/plain; charset=utf-8")
            #expect(reply.headers[.cacheControl] == "public, max-age=2")
            #expect(try await head(server).0.size == size)
        }
    }

    @Test func thereIsNoHeadBeforeTheFirst() async throws {
        try await withServer { server in
            let reply = try await server.send(.get("/log/checkpoint"))
            #expect(reply.status == 404)
            #expect(try reply.problem().type == "https://heed.example/problems/not-found")
            #expect(reply.headers[.cacheControl] == "no-store")
            for path in ["/log/tile/0/000", "/log/tile/0/000.p/1"] {
                #expect(try await server.send(.get(path)).status == 404)
            }
        }
    }

    /// Whoever has the tiles alone can rebuild the signed root.
    @Test func theTilesHaveTheSignedRoot() async throws {
        try await withLog { server, size in
            let (head, _, _) = try await head(server)
            var tiles: [Tile: [UInt8]] = [:]
            for tile in try Tile.all(inTreeOf: size) {
                let reply = try await server.send(.get("/log/\(tile.path)"))
                #expect(reply.status == 200)
                #expect(reply.headers[.contentType] == "application/octet-stream")
                let cache = "public, max-age=86400, immutable"
                #expect(reply.headers[.cacheControl] == cache)
                #expect(reply.headers[.eTag] == nil)
                tiles[tile] = reply.bytes
                #expect(reply.bytes.count == tile.byteCount)
            }
            let kept = tiles
            var reader = TileReader(size: size) { kept[$0] ?? [] }
            let root = try reader.root(ofSize: size)
            #expect(root == head.root)
        }
    }

    private static let noPaths = [
        "tile/0/1", "tile/0/0000", "tile/0/x000/000", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01", "tile/00/000", "tile/-1/000", "tile/64/000", "tile/0/000/",
        "tile//0/000",
        "tile/0/000.p", "tile/0/%30%30%30", "tile/0/000.P/1", "tile/0", "tile", "tile/data/000",
        "tile/0/999", "tile/8/000", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/2/000",
        "tile/0/002", "tile/1/000", "tile/0/001.p/255", "tile/%65ntries/000", "tile/0/../0/000",
        "tile/0/" + String(repeating: "x001/", count: 2000) + "001", "checkpoint/x", "",
        "tile/entries",
    ]

    @Test func onlyCanonicalPathsOfWhatIsThereAreFound() async throws {
        try await withLog { server, _ in
            for path in Self.noPaths {
                for method in [HTTPRequest.Method.get, .head] {
                    let reply = try await server.sendWithoutEffect(.get("/log/\(path)").by(method))
                    #expect(reply.status == 404, "\(path.prefix(80))")
                    #expect(reply.headers[.cacheControl] == "no-store")
                }
            }
            let entries = ["1", "000.p/0", "999", "x000/000", "000/", "%30%30%30", "0/000"]
            for path in entries {
                let reply = try await server.send(.get("/log/tile/entries/\(path)", as: .auditor))
                #expect(reply.status == 404, "\(path)")
            }
        }
    }

    @Test func headIsGetWithoutTheBody() async throws {
        try await withLog { server, _ in
            let event = try #require(await events(server).first).id.text
            let paths = [
                "/log/checkpoint", "/log/tile/0/000", "/log/tile/entries/000",
                "/v1/log/proof?event=\(event)",
            ]
            for path in paths {
                let get = try await server.send(.get(path, as: .auditor))
                let head = try await server.send(.get(path, as: .auditor).by(.head))
                #expect(get.status == 200)
                #expect(head.status == 200)
                #expect(head.body.isEmpty)
                for name in [HTTPField.Name.contentType, .cacheControl] {
                    #expect(head.headers[name] == get.headers[name])
                }
                #expect(head.headers[.contentLength] == String(get.bytes.count))
            }
        }
    }

    /// A log is written by the sequencer alone.
    @Test func nothingElseIsAllowed() async throws {
        try await withLog { server, _ in
            for path in ["/log/checkpoint", "/log/tile/0/000", "/v1/log/proof"] {
                for method in [HTTPRequest.Method.post, .put, .delete] {
                    let call = Call.get(path, as: .admin).by(method)
                    let reply = try await server.sendWithoutEffect(call)
                    #expect(reply.status == 405)
                    #expect(reply.headers[.allow] == "GET, HEAD")
                }
            }
        }
    }

    // MARK: - Entries

    @Test func entriesHashToTheirLeaves() async throws {
        try await withLog { server, size in
            var entries: [[UInt8]] = []
            for tile in try Tile.all(inTreeOf: size) where tile.level == 0 {
                let path = TilePath.entries(tile).text
                let reply = try await server.send(.get("/log/\(path)", as: .auditor))
                #expect(reply.status == 200)
                #expect(reply.headers[.contentType] == "application/octet-stream")
                #expect(reply.headers[.cacheControl] == "private, max-age=86400, immutable")
                entries += try EntryBundle.decode(reply.bytes)
            }
            let bodies = try await events(server).map(\.body)
            #expect(entries == bodies)
            let root = try await head(server).0.root
            #expect(root == Tree.root(of: entries.map(Hash.leaf)))
        }
    }

    @Test(arguments: [
        (APIKey.Role.auditor, 200), (.admin, 200), (.sender, 403), (.collector, 403), (nil, 401),
    ])
    func entriesAreForAuditors(_ role: APIKey.Role?, _ status: Int) async throws {
        try await withLog { server, _ in
            let reply = try await server.send(.get("/log/tile/entries/000", as: role))
            #expect(reply.status == status)
            // Nobody without the right key learns how far the log goes.
            let missing = try await server.send(.get("/log/tile/entries/999", as: role))
            #expect(missing.status == (status == 200 ? 404 : status))
        }
    }

    @Test func anOperatorMayOpenThem() async throws {
        var options = ServerOptions.sample
        options.publicLogEntries = true
        try await withLog(options: options) { server, _ in
            let reply = try await server.send(.get("/log/tile/entries/000"))
            #expect(reply.status == 200)
            #expect(reply.headers[.cacheControl] == "public, max-age=86400, immutable")
        }
    }

    /// An entry past its retention: bundles with it are gone, proofs and all others stay.
    @Test func aPurgedBundleIsGone() async throws {
        try await withLog { server, size in
            let installation = server.installation
            let purged = try #require(await events(server).first)
            // What a purge does, at the horizon that only the present can bring.
            try await installation.sql("DROP TRIGGER audit_events_no_delete")
            try await installation.sql("DELETE FROM audit_events WHERE position = 1")
            for path in ["000", "000.p/1"] {
                let reply = try await server.send(.get("/log/tile/entries/\(path)", as: .auditor))
                #expect(reply.status == 410)
                let type = try reply.problem().type
                #expect(type == "https://heed.example/problems/entries-purged")
            }
            let rest = "/log/tile/entries/001.p/\(size - Tile.fullWidth)"
            #expect(try await server.send(.get(rest, as: .auditor)).status == 200)
            #expect(try await server.send(.get("/log/tile/0/000")).status == 200)
            let proof = try await server.send(.get("/v1/log/proof?event=\(purged.id.text)"))
            let (_, _, key) = try await head(server)
            _ = try TLogProof(bytes: proof.bytes)
                .verify(leaf: .leaf(purged.body), origin: Self.origin, log: key)
        }
    }

    // MARK: - Proofs

    @Test func aProofHoldsWithoutUs() async throws {
        try await withLog { server, _ in
            let (_, note, key) = try await head(server)
            for event in try await events(server) {
                let path = "/v1/log/proof?event=\(event.id.text)"
                let reply = try await server.send(.get(path))
                #expect(reply.status == 200)
                #expect(reply.headers[.contentType] == "text/plain; charset=utf-8")
                #expect(reply.headers[.cacheControl] == "public, max-age=2")
                #expect(reply.headers[.vary] == "Accept")
                let proof = try TLogProof(bytes: reply.bytes)
                _ = try proof.verify(leaf: .leaf(event.body), origin: Self.origin, log: key)
                #expect(proof.checkpoint.bytes == note.bytes)
            }
        }
    }

    @Test(arguments: [
        ("application/json", true), ("Application/JSON; q=0.9, */*", true),
        ("application/json, text/plain, */*", true), ("text/plain, application/json", false),
        ("*/*", false), ("", false), ("application/jsonp", false), ("text/html", false),
    ])
    func jsonIsForThoseWhoNameIt(_ accept: String, _ isJSON: Bool) async throws {
        try await withLog { server, size in
            let event = try #require(await events(server).last)
            let call = Call.get("/v1/log/proof?event=\(event.id.text)").with(.accept, accept)
            let reply = try await server.send(call)
            guard isJSON else {
                #expect(reply.headers[.contentType] == "text/plain; charset=utf-8")
                return
            }
            let proof = try reply.decode(ProofReply.self)
            #expect(proof.event == event.id.text)
            #expect(proof.index == size - 1)
            #expect(proof.size == size)
            #expect(proof.leafHash == Hash.leaf(event.body).base64)
            let (head, note, _) = try await head(server)
            #expect(Array(proof.checkpoint.utf8) == note.bytes)
            let path = try proof.path.map { try Hash(base64: $0.utf8) }
            try InclusionProof(index: proof.index, size: proof.size, path: path)
                .verify(leaf: .leaf(event.body), root: head.root)
        }
    }

    @Test func anEventOfThisMomentIsNotYetThere() async throws {
        try await withLog { server, _ in
            try await server.installation.optOut(Sample.address())
            let event = try #require(await events(server).last)
            let call = Call.get("/v1/log/proof?event=\(event.id.text)")
            let reply = try await server.send(call)
            #expect(reply.status == 404)
            #expect(reply.headers[.retryAfter] == "1")
            let problem = try reply.problem()
            #expect(problem.type == "https://heed.example/problems/not-yet-in-log")
            #expect(problem.field == "event")
            try await Self.catchUp(server)
            #expect(try await server.send(call).status == 200)
        }
    }

    @Test(arguments: [
        ("?event=019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2b", 404, "not-found"),
        ("", 400, "missing-field"), ("?events=x", 400, "missing-field"),
        ("?event=", 400, "invalid-field"), ("?event=x", 400, "invalid-field"),
        ("?event=019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2", 400, "invalid-field"),
        ("?event=019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2bb", 400, "invalid-field"),
        ("?event=%00", 400, "invalid-field"), ("?event='%20OR%201=1", 400, "invalid-field"),
        (
            "?event=019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2b"
                + "&event=019c1316-dd42-7e5f-8a6b-7c8d9e0f1a2b", 400, "missing-field"
        ),
    ])
    func questionsThatCannotBeAnswered(_ query: String, _ status: Int, _ name: String) async throws
    {
        try await withServer { server in
            let reply = try await server.sendWithoutEffect(.get("/v1/log/proof\(query)"))
            #expect(reply.status == status)
            let problem = try reply.problem()
            #expect(problem.type == "https://heed.example/problems/\(name)")
            #expect(problem.field == "event")
            #expect(reply.headers[.retryAfter] == nil)
        }
    }

    @Test func aDatabaseThatIsGoneIsSaid() async throws {
        try await withLog { server, _ in
            let event = try #require(await events(server).first).id.text
            server.faults.set(.reads(.unavailable))
            let paths = [
                "/log/checkpoint", "/log/tile/0/000", "/log/tile/entries/000",
                "/v1/log/proof?event=\(event)",
            ]
            for path in paths {
                let reply = try await server.send(.get(path, as: .auditor))
                #expect(reply.status == 503)
                #expect(reply.headers[.retryAfter] != nil)
            }
        }
    }

    /// The access log has patterns, never paths or ids.
    @Test func nothingOfARequestIsLogged() async throws {
        try await withLog { server, _ in
            let event = try #require(await events(server).first).id.text
            try await server.send(.get("/v1/log/proof?event=\(event)"))
            try await server.send(.get("/log/tile/0/000"))
            #expect(!server.log.all.contains { $0.contains(event) })
            #expect(server.log.all.contains { $0.contains("route=/log/tile/**") })
        }
    }

    // MARK: - Witnesses

    /// With a quorum the head shown is the one the witnesses know, and its lines are part of it.
    @Test func aHeadWaitsForItsWitnesses() async throws {
        var options = ServerOptions.sample
        options.witnessQuorum = 1
        try await withLog(options: options) { server, size in
            let installation = server.installation
            let (first, _, key) = try await head(server)
            let witness = try NoteSigner(
                name: "witness.example/w1",
                algorithm: .cosignature,
                seed: Array(33...64)
            )
            let line = try witness.cosign(first, at: 1_767_225_600).line
            try await installation.database.write { transaction in
                try transaction.insertCosignature(ofSize: size, witness: "w1", line: line)
            }
            try await installation.optOut(Sample.address())
            #expect(try await Self.catchUp(server) > size)
            let (shown, note, _) = try await head(server)
            #expect(shown.size == size)
            let policy = try WitnessPolicy(witnesses: [witness.verifier], quorum: 1)
            let event = try #require(await events(server).first)
            let reply = try await server.send(.get("/v1/log/proof?event=\(event.id.text)"))
            let proof = try TLogProof(bytes: reply.bytes)
            #expect(proof.checkpoint.bytes == note.bytes)
            _ = try proof.verify(
                leaf: .leaf(event.body),
                origin: Self.origin,
                log: key,
                policy: policy
            )
        }
    }
}
