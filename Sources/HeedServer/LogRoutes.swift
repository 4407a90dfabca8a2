// The log as outsiders read it: its head, its tiles, its entries, and the proof of one event.

import HTTPTypes
package import HeedConsent
import HeedEngine
package import HeedLedger
import Hummingbird

/// `/log/…` in the form of C2SP tlog-tiles, and `/v1/log/proof`.
///
/// Head, tiles and proofs are hashes and open to everybody. Entries say what random contact ids
/// did, so they need an auditor's key unless the operator opened them (decision 13).
struct LogRoutes {
    let engine: Engine
    let options: ServerOptions

    func addRoutes(to router: Router<HeedRequestContext>) {
        let readers = router.group()
        if !options.publicLogEntries {
            readers.add(middleware: DoorMiddleware(engine: engine, roles: [.auditor]))
        }
        for method in [HTTPRequest.Method.get, .head] {
            router.on("log/checkpoint", method: method, use: checkpoint)
            router.on("log/tile/**", method: method, use: tile)
            readers.on("log/tile/entries/**", method: method, use: entries)
            router.on("v1/log/proof", method: method, use: proof)
        }
    }

    @Sendable
    private func checkpoint(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let question = PublishedCheckpoint(quorum: options.witnessQuorum)
        guard let head = try await engine.ask(question) else {
            throw Problem(.notFound, "not-found", "nothing has been written to the log yet")
        }
        return Response(bytes: head.note.bytes, .text, cache: .brief)
    }

    @Sendable
    private func tile(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        guard case .hashes(let tile) = LogRoutes.path(request),
            let bytes = try await engine.ask(LogTile(tile))
        else { throw LogRoutes.noTile }
        return Response(bytes: bytes, .binary, cache: .day)
    }

    @Sendable
    private func entries(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        guard case .entries(let tile) = LogRoutes.path(request) else { throw LogRoutes.noTile }
        switch try await engine.ask(LogEntries(below: tile)) {
        case .bundle(let bytes):
            let cache: Response.Cache = options.publicLogEntries ? .day : .ownDay
            return Response(bytes: bytes, .binary, cache: cache)
        case .purged:
            throw Problem(
                .gone,
                "entries-purged",
                "an entry of this bundle was purged at the end of its retention; its hash is "
                    + "still in the tile"
            )
        case .missing: throw LogRoutes.noTile
        }
    }

    @Sendable
    private func proof(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let event = try LogRoutes.event(request)
        switch try await engine.ask(ProveEvent(event, quorum: options.witnessQuorum)) {
        case .proof(let proof, let leaf, body: _):
            var response = Response(bytes: proof.bytes, .text, cache: .brief)
            if LogRoutes.wantsJSON(request) {
                response = Response(json: try ProofAnswer(proof, of: event, leaf: leaf))
                response.headers[.cacheControl] = Response.Cache.brief.rawValue
            }
            response.headers[.vary] = "Accept"
            return response
        case .pending:
            throw Problem(
                .notFound,
                "not-yet-in-log",
                "the event is stored and will be in the log within a second",
                field: "event",
                retryAfterSeconds: 1
            )
        case .unknown:
            throw Problem(
                .notFound,
                "not-found",
                "there is no event with this id",
                field: "event"
            )
        }
    }

    /// What the path names, spelled exactly as the format has it.
    private static func path(_ request: Request) -> TilePath? {
        let path = request.uri.path
        guard path.hasPrefix("/log/") else { return nil }
        return try? TilePath(String(path.dropFirst("/log/".count)))
    }

    private static let noTile = Problem(
        .notFound,
        "not-found",
        "the log has no such tile, or not yet"
    )

    private static func event(_ request: Request) throws(Problem) -> EventID {
        let values = request.uri.queryParameters.getAll("event")
        guard let text = values.first, values.count == 1 else {
            throw Problem(.badRequest, "missing-field", "name one event: ?event=ID", field: "event")
        }
        guard let id = EventID(text: text) else {
            throw Problem(.badRequest, "invalid-field", "this is not an event's id", field: "event")
        }
        return id
    }

    /// Whether JSON is named, and before plain text.
    private static func wantsJSON(_ request: Request) -> Bool {
        let types = (request.headers[.accept] ?? "").lowercased().split(separator: ",")
        let names = types.map { type in
            type.prefix { $0 != ";" }.filter { !$0.isWhitespace }
        }
        return names.first { ["application/json", "text/plain"].contains($0) } == "application/json"
    }
}

/// The JSON form of an event's proof; the command line prints the same.
package struct ProofAnswer: Encodable, Sendable {
    private let event: String
    private let index: Int
    private let size: Int
    private let leafHash: String
    private let path: [String]
    private let checkpoint: String

    /// Takes the engine's answer.
    ///
    /// - Throws: when the checkpoint in it is none.
    package init(_ proof: TLogProof, of event: EventID, leaf: Hash) throws(LedgerError) {
        self.event = event.text
        index = proof.index
        size = try Checkpoint(text: proof.checkpoint.text).size
        leafHash = leaf.base64
        path = proof.path.map(\.base64)
        checkpoint = String(decoding: proof.checkpoint.bytes, as: UTF8.self)
    }
}

extension Response {
    /// How long an answer of the log may be kept, and by whom.
    fileprivate enum Cache: String {
        /// What the next head replaces.
        case brief = "public, max-age=2"
        /// What stays as it is while the log has its name, and must not live on in caches: an entry
        /// is purged one day, and after the return to a backup the log goes on under another name,
        /// with other tiles at the same paths.
        case day = "public, max-age=86400, immutable"
        /// The same behind a key.
        case ownDay = "private, max-age=86400, immutable"
    }

    fileprivate enum Kind: String {
        case text = "text/plain; charset=utf-8"
        case binary = "application/octet-stream"
    }

    fileprivate init(bytes: [UInt8], _ kind: Kind, cache: Cache) {
        self.init(
            status: .ok,
            headers: [.contentType: kind.rawValue, .cacheControl: cache.rawValue],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}
