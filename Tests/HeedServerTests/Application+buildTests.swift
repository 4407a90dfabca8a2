// Tests that the router is what the description says, in both directions, and that it serves.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedRights
import Hummingbird
import HummingbirdTesting
import Logging
import Synchronization
import TestSupport
import Testing

@testable import HeedServer

@Suite("Application: the published description")
struct OpenAPITests {
    private let file = OpenAPIFile.published

    @Test func routesAndDescriptionAreTheSame() async throws {
        try await Backend.sqlite.withEngine { installation in
            let router = try buildRouter(engine: installation.engine, options: .sample)
            let routes = router.routes.map { route in
                // OpenAPI has no name for "this and all that follows"; the file calls it `{path}`.
                OpenAPIFile.Operation(
                    method: route.method.rawValue,
                    path: route.path.description.replacing("**", with: "{path}")
                )
            }
            #expect(routes.sorted() == file.statuses.keys.sorted())
        }
    }

    @Test func everyOperationHasAGoodAnswer() {
        #expect(file.statuses.count >= 10)
        for (operation, statuses) in file.statuses {
            #expect(statuses.contains { (200..<300).contains($0) }, "\(operation)")
        }
    }

    @Test func theServerSendsTheFile() async throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/HeedServer/openapi.yaml")
        let text = try String(contentsOf: path, encoding: .utf8)
        try await withServer { server in
            let reply = try await server.send(.get("/openapi.yaml"))
            #expect(reply.status == 200)
            #expect(reply.headers[.contentType] == "application/yaml")
            #expect(reply.body == text)
        }
    }

    /// Every example of a JSON request works, in the order of the file, and every example of a good
    /// answer has the members of a real one.
    @Test func examplesAreTrue() async throws {
        let requests = file.examples.filter {
            $0.status == nil && $0.mediaType == "application/json"
        }
        #expect(Set(requests.map(\.operation.path)).count == 12)
        try await withServer(options: .withMail) { server in
            for example in requests {
                let path = try await path(of: example.operation, in: server)
                let call = Call.post(path, example.json, as: .admin)
                let reply = try await server.send(call)
                #expect((200..<300).contains(reply.status), "\(example.json): \(reply.body)")
                let documented = OpenAPIFile.published.examples.filter {
                    $0.operation == example.operation && $0.status == reply.status
                }
                #expect(!documented.isEmpty)
                let members = try members(reply.body)
                #expect(try documented.contains { try self.members($0.json) == members })
            }
        }
    }

    /// The path to call: one that names a request gets a request the act fits.
    private func path(of operation: OpenAPIFile.Operation, in server: Server) async throws -> String
    {
        guard operation.path.contains("{id}") else { return operation.path }
        let installation = server.installation
        installation.clock.advance(seconds: 1)
        if operation.path.hasSuffix("/rectify") { return try await pathToRectify(in: server) }
        let address = try Address(email: "ada@mail.example")
        let kinds: [RightsRequest.Kind] = [.rectification, .restriction, .objection]
        let open = try await installation.engine.ask(ListRequests(openOnly: true)).requests
        let kind = try #require(kinds.first { kind in !open.contains { $0.kind == kind } })
        let command = ReceiveRequest(kind, of: .address(address), source: .form)
        let request = try await installation.engine.perform(command, as: Sample.actor).receipt
            .request
        return operation.path.replacing("{id}", with: request.id.text)
    }

    /// An address is put right only when its person asked for that and has shown who they are.
    private func pathToRectify(in server: Server) async throws -> String {
        let address = try Address(email: "grace@mail.example")
        try await server.installation.decide(address)
        let command = ReceiveRequest(
            .rectification,
            of: .address(address),
            source: .form,
            verifiedBy: .mailLink
        )
        let taken = try await server.installation.engine.perform(command, as: Sample.actor)
        return "/v1/requests/\(taken.receipt.request.id.text)/rectify"
    }

    /// The names of the members, also those of objects in it.
    private func members(_ json: String) throws -> Set<String> {
        func names(_ value: JSONValue, _ path: String) -> Set<String> {
            guard case .object(let members) = value else { return [] }
            return members.reduce(into: []) { all, member in
                // Who is allowed and why differs from example to example, so the guard's optional
                // members and its counts are left out.
                guard !["optOutStatus", "unsubscribe", "counts", "evidence"].contains(member.key)
                else { return }
                all.insert(path + member.key)
                all.formUnion(names(member.value, path + member.key + "."))
            }
        }
        return names(try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8)), "")
    }
}

@Suite("Application: serving")
struct ApplicationTests {
    @Test func itServesOnTheWireAndTellsItsPort() async throws {
        try await Backend.sqlite.withEngine { installation in
            let told = Mutex<Int?>(nil)
            let service = try buildApplication(
                engine: installation.engine,
                options: .sample,
                logger: LogLines().logger,
                onRunning: { port in told.withLock { $0 = port } }
            )
            let application = try #require(service as? any ApplicationProtocol)
            try await application.test(.live) { client in
                let reply = try await client.executeRequest(
                    uri: "/healthz",
                    method: .get,
                    headers: [:],
                    body: nil
                )
                #expect(reply.status == .ok)
                #expect(reply.headers[.server] == "heed")
                #expect(told.withLock { $0 } == client.port)
            }
        }
    }

    /// A worker's listener has probes and measurements, and no way in.
    @Test func aMonitorAnswersNothingElse() async throws {
        try await Backend.sqlite.withEngine { installation in
            let service = buildMonitor(
                engine: installation.engine,
                options: .sample,
                logger: LogLines().logger
            )
            let application = try #require(service as? any ApplicationProtocol)
            try await application.test(.router) { client in
                for (path, status) in [
                    ("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/v1/queue", 404),
                    ("/u/none", 404), ("/log/checkpoint", 404), ("/openapi.yaml", 404),
                ] {
                    let reply = try await client.executeRequest(
                        uri: path,
                        method: .get,
                        headers: [:],
                        body: nil
                    )
                    #expect(reply.status.code == status, "\(path)")
                }
                let posted = try await client.executeRequest(
                    uri: "/metrics",
                    method: .post,
                    headers: [:],
                    body: nil
                )
                #expect(posted.status == .methodNotAllowed)
                #expect(posted.headers[.allow] == "GET")
            }
        }
    }

    /// The answer to a body that is too large leaves the connection usable.
    @Test func aHugeBodyIsRefusedOnTheWire() async throws {
        try await withServer(.live) { server in
            let call = Call.post("/v1/opt-outs", WrongInput.huge.body, as: .collector)
            try await server.expectRefusal(of: call, as: .huge)
            #expect(try await server.send(.get("/healthz")).status == 200)
        }
    }

    @Test func limitsAreTheOperators() async throws {
        var options = ServerOptions.sample
        options.jsonBytesMaximum = 40
        options.formBytesMaximum = 30
        try await withServer(options: options) { server in
            let body = #"{"recipients":[],"scope":"newsletter"}"#
            let call = Call.post("/v1/sends/check", body, as: .sender)
            var larger = call
            larger.body = body + "   "
            let form = "List-Unsubscribe=One-Click"
            let calls = [call, larger, .post("/u/none", form), .post("/u/none", form + "&a=b2")]
            var statuses: [Int] = []
            for call in calls { statuses.append(try await server.send(call).status) }
            #expect(statuses == [200, 413, 200, 413])
        }
    }
}
