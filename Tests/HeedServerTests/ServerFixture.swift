// A server on a throwaway installation, with a key of each role, faults on demand and its log.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedLists
import HeedServer
import HeedStore
import Hummingbird
import HummingbirdTesting
import NIOCore
import Synchronization
import TestSupport
import Testing

/// What a test talks to.
struct Server: Sendable {
    let installation: Installation
    /// The door that the server itself has.
    let engine: Engine
    let client: any TestClientProtocol
    let keys: [APIKey.Role: String]
    let faults: FaultyDatabase
    let log: LogLines
    let uploads: Uploads

    /// Sends a request; every status must be one that the published description names.
    @discardableResult
    func send(_ call: Call) async throws -> Reply {
        var headers = call.headers
        if let role = call.role, let key = keys[role] { headers[.authorization] = "Bearer \(key)" }
        let response = try await client.executeRequest(
            uri: call.path,
            method: call.method,
            headers: headers,
            body: call.bytes.map { ByteBuffer(bytes: $0) }
                ?? call.body.map { ByteBuffer(string: $0) }
        )
        let reply = Reply(response)
        if let documented = OpenAPIFile.published.statuses(of: call.method, at: call.path) {
            #expect(
                documented.contains(reply.status),
                "\(call) answered \(reply.status), which openapi.yaml does not name"
            )
        }
        return reply
    }

    /// Sends a request that must be refused, in the way a wrong input says, and change nothing.
    func expectRefusal(of call: Call, as wrong: WrongInput) async throws {
        let before = try await installation.contents()
        let reply = try await send(call)
        let problem = try reply.problem()
        #expect(reply.status == wrong.status)
        #expect(problem.type == "https://heed.example/problems/\(wrong.name)")
        #expect(problem.field == wrong.field)
        if let field = wrong.field { #expect(problem.detail.hasPrefix("\(field): ")) }
        #expect(try await installation.contents().changed(since: before).isEmpty)
    }

    /// Sends a request that must change nothing, whatever its answer.
    @discardableResult
    func sendWithoutEffect(_ call: Call) async throws -> Reply {
        let before = try await installation.contents()
        let reply = try await send(call)
        let changed = try await installation.contents().changed(since: before)
        #expect(changed.isEmpty, "\(call) changed \(changed)")
        return reply
    }

    /// A link for a person who agreed to the newsletter.
    func link(for address: String = "ada@mail.example") async throws -> String {
        try await installation.decide(Address(email: address))
        let body = #"{"scope":"newsletter","address":"\#(address)","links":true}"#
        let reply = try await send(.post("/v1/sends/check", body, as: .sender))
        let check = try reply.decode(CheckReply.self)
        return try #require(check.unsubscribe?.url.split(separator: "/u/").last.map(String.init))
    }

    /// What the guard says over HTTP.
    func check(
        _ address: String = "ada@mail.example",
        _ scope: String = "newsletter"
    ) async throws -> CheckReply {
        let body = #"{"scope":"\#(scope)","address":"\#(address)"}"#
        return try await send(.post("/v1/sends/check", body, as: .sender)).decode()
    }
}

/// Where a server keeps lists, and who works on them when a test says so.
struct Uploads: Sendable {
    let folder: String
    let spool: ImportSpool

    /// The names of the files that wait.
    var files: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
}

extension Controller {
    /// Somebody with everything that a receipt names.
    static let shop = Controller(
        name: "Shop",
        contact: "Privacy office",
        address: "1 Road, Town",
        email: "privacy@shop.example",
        phone: "+49 30 1",
        url: "https://shop.example",
        jurisdiction: "DE"
    )
}

extension ServerOptions {
    /// Measures into a registry of its own.
    static var sample: ServerOptions {
        ServerOptions(host: "127.0.0.1", port: 0, publicURL: "https://news.example")
    }
}

/// Runs `body` with a server that has the sample scopes and policy.
func withServer(
    _ transport: TestingSetup = .router,
    options: ServerOptions = .sample,
    inbox: Inbox? = nil,
    isJournaled: Bool = false,
    _ body: @escaping @Sendable (Server) async throws -> Void
) async throws {
    try await Backend.sqlite.withEngine { plain in
        let installation = isJournaled ? try plain.journaled().installation : plain
        let faults = FaultyDatabase(installation.database)
        let engine = Engine(database: faults)
        let log = LogLines()
        var keys: [APIKey.Role: String] = [:]
        for role in APIKey.Role.allCases {
            let command = try CreateKey(role: role, label: role.rawValue)
            keys[role] = try await engine.perform(command, as: Sample.actor).receipt.token
        }
        var open = options
        open.inbox =
            inbox ?? Inbox(now: installation.surroundings.now) { _ in throw CancellationError() }
        let uploads = FileManager.default.temporaryDirectory
            .appending(path: "heed-uploads-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: uploads) }
        let spool = open.imports ?? ImportSpool(path: uploads, bytesMaximum: 1 << 20)
        open.imports = spool
        let service = try buildApplication(
            engine: engine,
            options: open,
            logger: log.logger
        )
        let application = try #require(service as? any ApplicationProtocol)
        try await application.test(transport) { [keys] client in
            let server = Server(
                installation: installation,
                engine: engine,
                client: client,
                keys: keys,
                faults: faults,
                log: log,
                uploads: Uploads(folder: uploads, spool: spool)
            )
            try await body(server)
        }
    }
}

/// A request.
struct Call: Sendable, CustomTestStringConvertible {
    var method: HTTPRequest.Method
    var path: String
    var body: String?
    var role: APIKey.Role?
    var headers: HTTPFields = [:]
    /// A body that is no text, instead of `body`.
    var bytes: [UInt8]?

    static func get(_ path: String, as role: APIKey.Role? = nil) -> Call {
        Call(method: .get, path: path, role: role)
    }

    static func post(_ path: String, _ body: String?, as role: APIKey.Role? = nil) -> Call {
        Call(method: .post, path: path, body: body, role: role)
    }

    /// The same request with one header more.
    func with(_ name: HTTPField.Name, _ value: String) -> Call {
        var call = self
        call.headers[name] = value
        return call
    }

    /// The same request by a method.
    func by(_ method: HTTPRequest.Method) -> Call {
        var call = self
        call.method = method
        return call
    }

    var testDescription: String { "\(method) \(path)" }
}

/// An answer.
struct Reply: Sendable {
    let status: Int
    let headers: HTTPFields
    let bytes: [UInt8]

    /// The body as text.
    var body: String { String(decoding: bytes, as: UTF8.self) }

    init(_ response: TestResponse) {
        status = response.status.code
        headers = response.headers
        bytes = Array(response.body.readableBytesView)
    }

    /// The body as one of the shapes below.
    func decode<Shape: Decodable>(_ shape: Shape.Type = Shape.self) throws -> Shape {
        #expect(headers[.contentType] == "application/json")
        return try JSONDecoder().decode(shape, from: Data(body.utf8))
    }

    /// The body as a problem that repeats what the head says.
    func problem() throws -> ProblemReply {
        #expect(headers[.contentType] == "application/problem+json")
        let problem = try JSONDecoder().decode(ProblemReply.self, from: Data(body.utf8))
        #expect(problem.status == status)
        #expect(problem.requestId == headers[HTTPField.Name("X-Request-Id") ?? .via])
        return problem
    }

    /// All that a caller can see but for the request's id and the date.
    var visible: String {
        let fields = headers.filter { field in
            !["x-request-id", "date"].contains(field.name.canonicalName)
        }
        let lines = fields.map { "\($0.name.canonicalName): \($0.value)" }.sorted()
        let text = body.replacing(/"requestId":"[^"]+"/, with: "")
        return "\(status)\n\(lines.joined(separator: "\n"))\n\n\(text)"
    }
}

/// An input that must be refused, and how.
struct WrongInput: Sendable, CustomTestStringConvertible {
    let body: String
    let status: Int
    let name: String
    let field: String?

    init(_ body: String, _ status: Int, _ name: String, _ field: String? = nil) {
        self.body = body
        self.status = status
        self.name = name
        self.field = field
    }

    var testDescription: String { "\(body.prefix(160)): \(status) \(name) \(field ?? "")" }

    /// Bodies that no route can read.
    static let unreadable = [
        "", " ", "{", "[]", "\"text\"", "null", "7", "{\"scope\":}", "{} {}", "{\"a\":1e999}",
        "\u{0}",
        String(repeating: "[", count: 100_000),
        #"{"a":"# + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
            + "}",
    ].map { WrongInput($0, 400, "malformed-body") }

    /// One byte more than a body may have.
    static let huge = WrongInput(
        String(repeating: " ", count: 4 << 20) + "1",
        413,
        "too-large"
    )
}

/// A JSON object whose members can be taken out and replaced, as raw JSON.
struct JSONBody: Sendable {
    private var members: [String: String]

    init(_ members: [String: String]) { self.members = members }

    /// A yes to the newsletter.
    static let consent = JSONBody([
        "address": "\"ada@mail.example\"", "scope": "\"newsletter\"", "decision": "\"granted\"",
        "basis": "\"consent\"", "source": "\"form\"", "policyVersion": "\"2026-01\"",
    ])

    func without(_ name: String) -> JSONBody {
        var copy = self
        copy.members[name] = nil
        return copy
    }

    func with(_ name: String, _ json: String) -> JSONBody {
        var copy = self
        copy.members[name] = json
        return copy
    }

    var text: String {
        let pairs = members.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return "{" + pairs.joined(separator: ",") + "}"
    }
}

/// A database that fails when it is told to.
final class FaultyDatabase: HeedStore.Database {
    enum Fault: Sendable {
        /// Nothing can be read.
        case reads(StoreError.Code)
        /// Nothing can be written: it failed.
        case writes(StoreError.Code)
        /// What is written is not confirmed: it worked, but the reply was lost.
        case replies(StoreError.Code)
    }

    private let base: any HeedStore.Database
    private let fault = Mutex<Fault?>(nil)

    init(_ base: any HeedStore.Database) { self.base = base }

    func clean() async throws { try await base.clean() }

    func journalFault() async -> StoreError? { await base.journalFault() }

    /// Fails from now on, or no more.
    func set(_ fault: Fault?) { self.fault.withLock { $0 = fault } }

    func read<Answer: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer {
        if case .reads(let code) = fault.withLock({ $0 }) { throw StoreError(code, "a test") }
        return try await base.read(body)
    }

    func write<Answer: Sendable>(
        needing needs: Needs,
        _ body: @escaping @Sendable (Transaction) throws -> Answer
    ) async throws -> Answer {
        switch fault.withLock({ $0 }) {
        case .writes(let code): throw StoreError(code, "a test")
        case .replies(let code):
            _ = try await base.write(needing: needs, body)
            throw StoreError(code, "a test")
        case .reads, nil: return try await base.write(needing: needs, body)
        }
    }
}
