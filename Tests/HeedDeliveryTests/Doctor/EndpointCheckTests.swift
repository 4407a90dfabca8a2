// A link is asked as scanners ask, never by the pair that opts out, and each fault is named.

import HeedConnectors
import HeedDelivery
import Synchronization
import Testing

/// Answers each method in its own way, and remembers what was asked.
private final class Endpoint: Transport {
    typealias Answer = @Sendable (String) throws -> OutboundResponse

    private let answer: Answer
    private let requests = Mutex<[OutboundRequest]>([])

    init(_ answer: @escaping Answer) { self.answer = answer }

    var sent: [OutboundRequest] { requests.withLock(\.self) }

    func send(_ request: OutboundRequest, timeoutSeconds: Int64) async throws -> OutboundResponse {
        requests.withLock { $0.append(request) }
        return try answer(request.method)
    }
}

@Suite("Endpoint check")
struct EndpointCheckTests {
    private static let link = "https://u.example/u/v1.AbC"
    private static let html = [(name: "Content-Type", value: "text/html; charset=utf-8")]

    private func report(
        _ url: String = link,
        post: EndpointCheck.Post = .send,
        _ answer: @escaping Endpoint.Answer = { _ in OutboundResponse(status: 200, headers: html) }
    ) async throws -> (DoctorReport, Endpoint) {
        let endpoint = Endpoint(answer)
        let check = EndpointCheck(url: url, transport: endpoint, post: post)
        return (try await check.report(), endpoint)
    }

    private func outcome(_ report: DoctorReport, _ check: String) -> DoctorFinding.Outcome? {
        report.checks.first { $0.check == check }?.outcome
    }

    @Test func aGoodEndpointPassesAndNobodyIsOptedOut() async throws {
        let (report, endpoint) = try await report()
        #expect(report.passed)
        #expect(
            report.checks.map(\.check) == [
                "https", "opaque", "get", "cookies", "time", "head", "options", "post", "effect",
            ]
        )
        #expect(outcome(report, "effect") == .notChecked)
        #expect(endpoint.sent.map(\.method) == ["GET", "HEAD", "OPTIONS", "POST"])
        for request in endpoint.sent {
            #expect(request.url == EndpointCheckTests.link)
            #expect(!String(decoding: request.body, as: UTF8.self).contains("Unsubscribe"))
            #expect(!request.headers.contains { ["cookie", "authorization"].contains($0.name) })
        }
    }

    @Test func anotherSystemGetsNoPostUnasked() async throws {
        let (report, endpoint) = try await report(post: .leaveOut)
        #expect(report.passed)
        #expect(outcome(report, "post") == .notChecked)
        #expect(endpoint.sent.map(\.method) == ["GET", "HEAD", "OPTIONS"])
    }

    @Test(arguments: [
        ("http://u.example/u/1", "https", DoctorFinding.Outcome.failed),
        ("https://u.example/u?e=ada@b.example", "opaque", .warned),
        ("https://u.example/u?e=ada%40b.example", "opaque", .warned),
    ])
    func theLinkItselfIsJudged(
        _ url: String,
        _ check: String,
        _ wanted: DoctorFinding.Outcome
    ) async throws {
        let (report, _) = try await report(url)
        #expect(outcome(report, check) == wanted)
        #expect(report.passed == (wanted == .warned))
    }

    @Test(arguments: [
        ("GET", 302, "get", DoctorFinding.Outcome.warned), ("GET", 401, "get", .failed),
        ("GET", 403, "get", .failed), ("GET", 404, "get", .failed), ("GET", 500, "get", .failed),
        ("HEAD", 405, "head", .passed), ("HEAD", 500, "head", .failed),
        ("OPTIONS", 405, "options", .passed), ("OPTIONS", 503, "options", .failed),
        ("POST", 202, "post", .passed), ("POST", 301, "post", .failed),
        ("POST", 307, "post", .failed), ("POST", 400, "post", .passed),
        ("POST", 401, "post", .failed), ("POST", 403, "post", .failed),
        ("POST", 404, "post", .passed), ("POST", 405, "post", .failed),
        ("POST", 500, "post", .failed),
    ])
    func eachAnswerIsJudged(
        _ method: String,
        _ status: Int,
        _ check: String,
        _ wanted: DoctorFinding.Outcome
    ) async throws {
        let (report, _) = try await report { asked in
            OutboundResponse(
                status: asked == method ? status : 200,
                headers: EndpointCheckTests.html
            )
        }
        #expect(outcome(report, check) == wanted)
        #expect(report.passed == (wanted != .failed))
    }

    @Test func cookiesAndPagesWithoutHTMLAreToldApart() async throws {
        let (report, _) = try await report { _ in
            OutboundResponse(status: 200, headers: [("Set-Cookie", "a=b")])
        }
        #expect(outcome(report, "cookies") == .warned)
        #expect(outcome(report, "get") == .warned)
        #expect(report.passed)
    }

    @Test func noAnswerIsAFaultThatSaysWhy() async throws {
        let (report, _) = try await report { _ in
            throw TransportError(.timeout, "no answer in time")
        }
        #expect(!report.passed)
        for check in ["get", "head", "options", "post"] {
            let finding = report.checks.first { $0.check == check }
            #expect(finding?.outcome == .failed)
            #expect(finding?.detail == "\(check.uppercased()): no answer in time")
        }
    }
}
