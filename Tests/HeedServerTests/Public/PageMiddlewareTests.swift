// Whoever opens a link in a browser is answered with a page, also when something goes wrong.

import HTTPTypes
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("PageMiddleware")
struct PageMiddlewareTests {
    private static let browser = "text/html,application/xhtml+xml,*/*;q=0.8"

    private func isPage(_ reply: Reply) -> Bool {
        reply.headers[.contentType] == "text/html; charset=utf-8"
            && reply.headers[.contentSecurityPolicy] != nil
    }

    private func isProblem(_ reply: Reply) -> Bool {
        reply.headers[.contentType] == "application/problem+json"
    }

    /// With the database away; all that reads or writes before it can answer.
    @Test(arguments: [
        Call.get("/p/some-token"), .post("/p/some-token", "do=leave-all"),
        .post("/v1/forms/some", "email=a%40mail.example"),
    ])
    func withoutADatabaseAPersonIsToldToTryAgain(_ call: Call) async throws {
        try await withServer { server in
            server.faults.set(.reads(.unavailable))
            let call = call.with(.contentType, "application/x-www-form-urlencoded")
            let page = try await server.send(call.with(.accept, Self.browser))
            #expect(page.status == 503)
            #expect(page.headers[.retryAfter] == "30")
            #expect(isPage(page), "\(page.body)")
            // Who opened a link has pressed nothing.
            #expect(page.body.contains("press the button again") == (call.method == .post))
        }
    }

    @Test(arguments: [
        (Call.post("/p/some-token", "do=leave-all").with(.origin, "https://evil.example"), 403),
        (.post("/d/some-token", "do=download").with(.origin, "https://evil.example"), 403),
        (.post("/v1/forms/none", "email=a%40mail.example"), 404),
        (.post("/u/some-token", String(repeating: "a", count: 100_000)), 413),
        (.post("/c/some-token", String(repeating: "a", count: 100_000)), 413),
    ])
    func aPersonGetsAPageAndAProgramAProblem(_ call: Call, _ status: Int) async throws {
        try await withServer { server in
            let call = call.with(.contentType, "application/x-www-form-urlencoded")
            let page = try await server.sendWithoutEffect(call.with(.accept, Self.browser))
            #expect(page.status == status)
            #expect(isPage(page), "\(page.body)")
            let problem = try await server.sendWithoutEffect(call)
            #expect(problem.status == status)
            #expect(isProblem(problem), "\(problem.body)")
        }
    }
}
