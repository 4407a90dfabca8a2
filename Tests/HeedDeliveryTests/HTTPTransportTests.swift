// The network transport against real sockets: the good answer, and every way in which none comes.

import HeedConnectors
import HeedConsent
import HeedDelivery
import Testing

@Suite("HTTP transport", .timeLimit(.minutes(10)))
struct HTTPTransportTests {
    /// Runs against a fresh server and transport, and closes both whatever happens.
    private func with<T: Sendable>(
        _ reply: LoopbackServer.Reply,
        reaching networks: OutboundNetworks = .insideToo,
        _ body: (LoopbackServer, HTTPTransport) async throws -> T
    ) async throws -> T {
        let server = try await LoopbackServer.listen(reply)
        let result: Result<T, any Error>
        do {
            result = .success(
                try await HTTPTransport.with(reaching: networks) { try await body(server, $0) }
            )
        } catch {
            result = .failure(error)
        }
        try await server.close()
        return try result.get()
    }

    private func request(_ url: String) -> OutboundRequest {
        OutboundRequest(
            method: "POST",
            url: url,
            headers: [("webhook-id", "t-1"), ("user-agent", "Heed")],
            body: Array(#"{"a":"é"}"#.utf8)
        )
    }

    private func failure(
        _ reply: LoopbackServer.Reply,
        timeoutSeconds: Int64 = 3600
    ) async throws -> TransportError? {
        try await with(reply) { server, transport in
            await #expect(throws: TransportError.self) {
                try await transport.send(request(server.url), timeoutSeconds: timeoutSeconds)
            }
        }
    }

    @Test func anAnswerComesBackAndTheRequestArrivedAsItWas() async throws {
        let reply = "HTTP/1.1 202 Accepted\r\nX-Request-Id: r-1\r\ncontent-length: 2\r\n\r\nok"
        try await with(.bytes(reply)) { server, transport in
            let response = try await transport.send(request(server.url), timeoutSeconds: 3600)
            #expect(response.status == 202)
            #expect(response.header("x-request-id") == "r-1")
            #expect(response.body == Array("ok".utf8))
            let seen = try #require(await server.nextRequest())
            #expect(seen.hasPrefix("POST /hook HTTP/1.1\r\n"))
            #expect(seen.contains("\r\nwebhook-id: t-1\r\n"))
            #expect(seen.contains("\r\nuser-agent: Heed\r\n"))
            #expect(seen.hasSuffix("\r\n\r\n{\"a\":\"é\"}"))
            #expect(seen.lowercased().contains("\r\ncontent-length: 10\r\n"))
        }
    }

    /// A name's address is known only when there is a connection, so that is looked at.
    @Test(arguments: ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001"])
    func nothingIsSentToThisMachineWhereThatIsForbidden(_ host: String) async throws {
        let reply = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
        try await with(.bytes(reply), reaching: .outsideOnly) { server, transport in
            let url = server.url.replacing("127.0.0.1", with: host)
            // Again and again: the client's pool survives a refusal.
            for _ in 0..<3 {
                let error = await #expect(throws: TransportError.self) {
                    try await transport.send(request(url), timeoutSeconds: 3600)
                }
                #expect(error?.code == .forbidden)
                #expect(error.map { "\($0)".contains(host) } == false)
            }
            // Each was connected to and closed without a byte.
            for _ in 0..<3 { #expect(await server.nextByteCount() == 0) }
        }
        try await with(.bytes(reply)) { server, transport in
            let url = server.url.replacing("127.0.0.1", with: host)
            for _ in 0..<3 {
                let response = try await transport.send(request(url), timeoutSeconds: 3600)
                #expect(response.status == 200)
            }
        }
    }

    /// The client also speaks to sockets in the file system.
    @Test func aSocketInTheFileSystemIsNowhere() async throws {
        let path = "/tmp/heed-\(UInt32.random(in: 0 ... .max)).sock"
        let server = try await LoopbackServer.listen(.silence, path: path)
        let transport = HTTPTransport(reaching: .insideToo)
        let error = await #expect(throws: TransportError.self) {
            let host = path.replacing("/", with: "%2F")
            _ = try await transport.send(request("http+unix://\(host)/x"), timeoutSeconds: 3600)
        }
        #expect(error?.code == .forbidden)
        #expect(await server.nextByteCount() == 0)
        try await transport.shutdown()
        try await server.close()
    }

    @Test(arguments: [
        "", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        "220 mail.example ESMTP\r\n",
    ])
    func aReplyThatIsLostIsNoAnswer(_ sent: String) async throws {
        let error = try await failure(.bytesThenClose(sent))
        #expect(error?.code == .replyLost)
    }

    @Test(arguments: ["HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf", nil])
    func timeIsUpWhereverTheAnswerStops(_ sent: String?) async throws {
        let reply = sent.map(LoopbackServer.Reply.bytes) ?? .silence
        let clock = ContinuousClock()
        let start = clock.now
        let error = try await failure(reply, timeoutSeconds: 1)
        #expect(error?.code == .timeout)
        #expect(clock.now - start >= .seconds(1))
    }

    @Test func aRefusedConnectionIsSaidAtOnce() async throws {
        // Taken but not listened to, so that no other test's server can be given this port.
        let port = try RefusedPort()
        let transport = HTTPTransport(reaching: .insideToo)
        let error = await #expect(throws: TransportError.self) {
            try await transport.send(
                request("http://127.0.0.1:\(port.number)/"),
                timeoutSeconds: 3600
            )
        }
        try await transport.shutdown()
        #expect(error?.code == .unreachable)
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func redirectsAreNotFollowed(_ status: Int) async throws {
        try await with(.bytes("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")) { other, transport in
            let head = "HTTP/1.1 \(status) Moved\r\nlocation: \(other.url)\r\n"
            try await with(.bytes("\(head)content-length: 0\r\n\r\n")) { server, _ in
                let response = try await transport.send(request(server.url), timeoutSeconds: 3600)
                #expect(response.status == status)
                #expect(response.header("location") == other.url)
            }
        }
    }

    /// A page of a list may be longer than an answer about one person, and is read as far.
    @Test(arguments: [65_537, 4_194_303, 4_194_304, 4_300_000])
    func aPageOfAListIsReadFurther(_ count: Int) async throws {
        let page = String(repeating: "x", count: count)
        let reply = "HTTP/1.1 200 OK\r\ncontent-length: \(count)\r\n\r\n\(page)"
        try await with(.bytes(reply)) { server, transport in
            let settings = try ConnectorSettings(
                name: "crm",
                kind: "sendgrid",
                url: server.url,
                secret: "key"
            )
            let connector = try ConnectorKind.sendgrid.make(settings)
            let step = try connector.list(at: Timestamp(seconds: 1_769_851_800))
            guard case .send(let request, _) = step else {
                Issue.record("a list is asked for first")
                return
            }
            let response = try await transport.send(request, timeoutSeconds: 3600)
            #expect(response.body.count == min(count, OutboundResponse.listBytesMaximum))
            #expect(response.isCut == (count >= OutboundResponse.listBytesMaximum))
        }
    }

    /// The server promises a gigabyte and keeps the connection; only what is kept is waited for.
    @Test(arguments: [65_536, 70_000, 200_000])
    func anOversizedBodyIsCutWithoutReadingTheRest(_ sent: Int) async throws {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"
        let reply = head + String(repeating: "x", count: sent)
        try await with(.bytes(reply)) { server, transport in
            let response = try await transport.send(request(server.url), timeoutSeconds: 3600)
            #expect(response.status == 200)
            #expect(response.body == [UInt8](repeating: 0x78, count: 65_536))
        }
    }

    @Test(arguments: [
        "", "nonsense", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:65536/",
        "http://127.0.0.1:-1/",
    ])
    func anUnusableURLIsTheRequestsFault(_ url: String) async throws {
        let transport = HTTPTransport(reaching: .insideToo)
        let error = await #expect(throws: TransportError.self) {
            try await transport.send(request(url), timeoutSeconds: 3600)
        }
        try await transport.shutdown()
        #expect(error?.code == .invalidRequest)
        #expect(error.map { "\($0)".contains("nonsense") } == false)
    }

    @Test func cancellationStaysCancellation() async throws {
        try await with(.silence) { server, transport in
            await withThrowingTaskGroup(of: OutboundResponse.self) { group in
                group.addTask {
                    try await transport.send(self.request(server.url), timeoutSeconds: 3600)
                }
                _ = await server.nextRequest()
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.next() }
            }
        }
    }

    @Test func nothingIsSentAfterShutdown() async throws {
        let transport = HTTPTransport(reaching: .insideToo)
        try await transport.shutdown()
        let error = await #expect(throws: TransportError.self) {
            try await transport.send(request("http://127.0.0.1:9/"), timeoutSeconds: 3600)
        }
        #expect(error?.code == .shutDown)
    }
}
