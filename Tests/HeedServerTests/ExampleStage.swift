// What has to be there before an operation of the published description can be called.

import Foundation
import HTTPTypes
import HeedConnectors
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

/// A server of its own for each call, since many calls can be made only once.
struct ExampleStage {
    /// The token that examples have for one that nobody has.
    private static let token = "00112233445566778899aabbccddeeff"
    private static let origin = "log.example/heed"
    private static let ada = "ada@mail.example"

    let server: Server

    private var installation: Installation { server.installation }
    private var engine: Engine { server.installation.engine }

    static func with(
        _ body: @escaping @Sendable (ExampleStage) async throws -> Int
    ) async throws -> Int {
        var options = ServerOptions.withMail
        options.controller = .shop
        let answer = Answer()
        try await withServer(options: options) { server in
            await answer.set(try await body(ExampleStage(server: server)))
        }
        return await answer.value
    }

    private actor Answer {
        var value = 0
        func set(_ value: Int) { self.value = value }
    }

    /// Sends a call; evidence waits until the log has what it wrote.
    func send(_ call: Call) async throws -> Reply {
        call.path.contains("evidence")
            ? try await server.sendSequencing(call) : try await server.send(call)
    }

    /// The calls that show an operation, each to a server of its own.
    func calls(
        _ operation: OpenAPIFile.Operation,
        _ example: OpenAPIFile.Example?
    ) async throws -> [Call] {
        var path = operation.path
        let parts = path.split(separator: "/").map(String.init)
        switch parts.first {
        case "u", "c", "p", "d": return try await page(operation, parts, example)
        case "log": return try await log(operation)
        case "v1" where parts.count > 1: break
        default:
            try await installation.sequence(origin: ExampleStage.origin)
            return [.get(path)]
        }
        switch parts[1] {
        case "contacts" where parts.count > 2:
            path = path.replacing("{id}", with: try await known().text) + "?reason=case+17"
            if parts[3] == "export" { path = String(path.prefix { $0 != "?" }) }
        case "evidence": return [try await evidence(path, example)]
        case "consents" where parts.count > 2: return try await receipts()
        case "opt-outs" where parts.count > 2:
            path = path.replacing("{id}", with: try await optOut())
        case "erasures" where parts.count > 2, "requests" where parts.count > 2:
            path = path.replacing("{id}", with: try await request(parts))
        case "erasures", "requests": try await known()
        case "receipts": return try await receipt()
        case "imports", "exports", "audience": return try await lists(operation, parts, example)
        case "stats": path = try await stats()
        case "sends" where parts[2] == "filter": path += "?scope=newsletter"
        case "queue": _ = try await optOut()
        case "forms": return [form(try await signUp(), example)]
        case "webhooks": return [try await webhook(example)]
        case "log": return [try await proof(), try await proof().with(.accept, "application/json")]
        default: break
        }
        return [call(operation, path, example)]
    }

    private func call(
        _ operation: OpenAPIFile.Operation,
        _ path: String,
        _ example: OpenAPIFile.Example?
    ) -> Call {
        guard operation.method == "POST" else { return .get(path, as: .admin) }
        guard let example else { return .post(path, nil, as: .admin) }
        return Call.post(path, text(example), as: .admin).with(.contentType, example.mediaType)
    }

    /// What is sent: the text of a string, or JSON as it is.
    private func text(_ example: OpenAPIFile.Example) -> String {
        (try? JSONDecoder().decode(String.self, from: Data(example.json.utf8))) ?? example.json
    }

    // MARK: - People

    /// Somebody whose law has the clocks of the examples.
    @discardableResult
    private func known(_ address: String = ExampleStage.ada) async throws -> ContactID {
        let add = try AddContact(
            addresses: [Address(email: address)],
            externalID: nil,
            locale: nil,
            region: "DE"
        )
        _ = try await engine.perform(add, as: Sample.actor)
        return try await installation.decide(Address(email: address))
    }

    private func optOut() async throws -> String {
        try await installation.record([.connectorAdded(Sample.connector("crm"))])
        try await known()
        let body = #"{"address":"\#(ExampleStage.ada)","scope":"newsletter"}"#
        let reply = try await server.send(.post("/v1/opt-outs", body, as: .collector))
        return try id(in: reply)
    }

    private func id(in reply: Reply) throws -> String {
        struct Named: Decodable { let id: String }
        #expect((200..<300).contains(reply.status), "\(reply.body)")
        return try JSONDecoder().decode(Named.self, from: Data(reply.bytes)).id
    }

    private func evidence(_ path: String, _ example: OpenAPIFile.Example?) async throws -> Call {
        try await known()
        guard let example else {
            installation.clock.advance(seconds: 1)
            return .get("\(path)?from=2026-01-01&reason=yearly", as: .auditor)
        }
        var body = example.json
        if body.contains(ExampleStage.token) {
            body = body.replacing(ExampleStage.token, with: try await erased().receiptToken)
        }
        return .post(path, body, as: .auditor)
    }

    private func receipts() async throws -> [Call] {
        let body = JSONBody.consent.with("locale", "\"de\"").text
        let record = try id(in: try await server.send(.post("/v1/consents", body, as: .collector)))
        return ["kantara", "dpv"].map {
            .get("/v1/consents/\(record)/receipt?format=\($0)", as: .auditor)
        }
    }

    private func stats() async throws -> String {
        let body = """
            {"events":[{"id":"d","kind":"delivered","address":"\(ExampleStage.ada)","message":"m",\
            "campaign":"spring","scope":"newsletter","at":"2026-01-20T09:30:00Z"}]}
            """
        try await known()
        #expect(try await server.send(.post("/v1/events", body, as: .sender)).status == 200)
        return "/v1/stats?from=2026-01-01"
    }

    // MARK: - Requests by right

    private struct Taken: Decodable {
        let id: String
        let receiptToken: String
    }

    private func take(
        _ kind: String,
        _ more: String = "",
        for address: String = ExampleStage.ada
    ) async throws -> Taken {
        try await known(address)
        let body = #"{"address":"\#(address)","kind":"\#(kind)"\#(more)}"#
        let reply = try await server.send(.post("/v1/requests", body, as: .collector))
        #expect(reply.status == 202, "\(reply.body)")
        return try JSONDecoder().decode(Taken.self, from: Data(reply.bytes))
    }

    private static let verified = #","verifiedBy":"account-login""#

    private func erased() async throws -> Taken {
        let taken = try await take("erasure", ExampleStage.verified)
        try await installation.carryOut()
        return taken
    }

    /// A request that the act, or the question, fits.
    private func request(_ parts: [String]) async throws -> String {
        switch parts.count > 3 ? parts[3] : parts[1] {
        case "complete": return try await take("restriction", ExampleStage.verified).id
        case "rectify":
            let grace = "grace@mail.example"
            return try await take("rectification", ExampleStage.verified, for: grace).id
        case "erasures", "give-up": return try await waiting()
        case "retry":
            let id = try await waiting()
            let body = #"{"reason":"gone"}"#
            let call = Call.post("/v1/requests/\(id)/give-up", body, as: .admin)
            #expect(try await server.send(call).status == 200)
            try await installation.carryOut()
            return id
        default: return try await take("access").id
        }
    }

    /// An erasure that a connector was told of once and has not confirmed.
    private func waiting() async throws -> String {
        try await installation.record([.connectorAdded(Sample.connector("crm"))])
        let taken = try await take("erasure", ExampleStage.verified)
        let claim = ClaimJobs(lane: .general, limit: 100, leaseSeconds: 60)
        for job in try await engine.perform(claim, as: .system("test")).receipt {
            try await installation.finish(job)
        }
        return taken.id
    }

    private func receipt() async throws -> [Call] {
        let path = "/v1/receipts/\(try await erased().receiptToken)"
        try await installation.sequence(origin: ExampleStage.origin)
        return [
            .get(path), .get(path + "?part=event"), .get(path + "?part=proof"),
            .get(path).with(.accept, "text/html"),
        ]
    }

    // MARK: - Lists

    private func lists(
        _ operation: OpenAPIFile.Operation,
        _ parts: [String],
        _ example: OpenAPIFile.Example?
    ) async throws -> [Call] {
        let path = operation.path
        let call = call(operation, path + "?scope=newsletter&policyVersion=2026-01", example)
        switch (parts[1], parts.last) {
        case ("audience", _):
            try await known()
            let path = path + "?scope=newsletter"
            return [path, path + "&format=csv"].map { .get($0, as: .admin) }
        case ("exports", _):
            try await known()
            return [.get(path + "?scope=newsletter", as: .admin)]
        case (_, "imports") where operation.method == "POST": return [call]
        default: break
        }
        _ = try await optOut()
        let list = """
            email,status,given_at
            ada@mail.example,subscribed,2024-05-01T10:00:00Z
            wrong,subscribed,2024-05-01T10:00:00Z
            """
        let open = "/v1/imports?scope=newsletter&policyVersion=2026-01"
        var batch = ""
        for name in ["upload", "again"] {
            let upload = Call.post("\(open)&filename=\(name)", list, as: .collector)
            let taken = try id(in: try await server.send(upload))
            if name == "upload" { batch = taken }
            try await server.work()
        }
        if parts.last == "imports" { return [.get(path + "?limit=1", as: .auditor)] }
        return [self.call(operation, path.replacing("{id}", with: batch), example)]
    }

    // MARK: - The log

    private func log(_ operation: OpenAPIFile.Operation) async throws -> [Call] {
        try await installation.sequence(origin: ExampleStage.origin)
        let path = operation.path.hasSuffix("entries/{path}") ? "000.p/1" : "0/000.p/1"
        return [.get(operation.path.replacing("{path}", with: path), as: .auditor)]
    }

    private func proof() async throws -> Call {
        try await installation.sequence(origin: ExampleStage.origin)
        let rows = try await installation.sql("SELECT id FROM audit_events ORDER BY position")
        let event: EventID = try #require(rows.first).id(0)
        return .get("/v1/log/proof?event=\(event.text)")
    }

    // MARK: - Pages

    private func page(
        _ operation: OpenAPIFile.Operation,
        _ parts: [String],
        _ example: OpenAPIFile.Example?
    ) async throws -> [Call] {
        var token = ""
        if parts.count > 1 {
            switch parts[0] {
            case "u": token = try await server.link()
            case "c": token = try await server.confirmationToken()
            case "d":
                let details = DataLinkDetails(contact: try await known())
                token = try #require(try await engine.ask(details)).token
            default:
                let question = MakePreferenceLink(.contact(try await known()), validFor: 3600)
                token = try #require(try await engine.ask(question))
            }
        }
        let path = operation.path.replacing("{token}", with: token)
        guard operation.method == "POST" else { return [.get(path)] }
        let pressed = form(path, example)
        return parts[0] == "d" ? [pressed, form(path, "")] : [pressed]
    }

    /// The name of a form that is set up.
    private func signUp() async throws -> String {
        let form = try SignUpForm(
            name: "join",
            boxes: [.init(scope: Sample.newsletter, wording: "Yes please.")],
            policyVersion: Sample.version,
            redirects: [],
            circumstances: .none,
            confirmation: .none
        )
        _ = try await engine.perform(AddForm(form), as: Sample.actor)
        return "/v1/forms/join"
    }

    private func form(_ path: String, _ body: String) -> Call {
        Call.post(path, body).with(.contentType, "application/x-www-form-urlencoded")
    }

    private func form(_ path: String, _ example: OpenAPIFile.Example?) -> Call {
        let json = Data((example?.json ?? "{}").utf8)
        let fields = (try? JSONDecoder().decode([String: String].self, from: json)) ?? [:]
        guard example?.mediaType == "multipart/form-data" else {
            let pairs = fields.map { "\($0.key)=\($0.value.replacing("@", with: "%40"))" }
            return form(path, pairs.joined(separator: "&"))
        }
        let parts = fields.map { name, value in
            "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        return Call.post(path, parts.joined() + "--b--\r\n")
            .with(.contentType, "multipart/form-data; boundary=b")
    }

    private func webhook(_ example: OpenAPIFile.Example?) async throws -> Call {
        _ = try await engine.perform(AddConnector(Postmark.settings()), as: Sample.actor)
        try await known()
        guard let example else { return .get("/v1/webhooks/post") }
        return Postmark.call(example.json)
    }
}
