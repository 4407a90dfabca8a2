// Tests that the router is what the description says, in both directions, and that it serves.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
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
