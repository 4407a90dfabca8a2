// The transport that goes over the network, and the only place that does.

import AsyncHTTPClient
import Foundation
package import HeedConnectors
import NIOCore
import NIOHTTP1

/// Sends requests by HTTP.
///
/// It follows no redirect, since a message signed for one receiver is not for another, keeps no
/// more of a body than a connector may read, and never tries again by itself. `shutdown` must be
/// called before the last copy goes away.
package struct HTTPTransport: Transport {
    /// A host that takes longer than this to accept a connection counts as unreachable.
    package static let connectSeconds: Int64 = 5

    private let client: HTTPClient

    /// Opens a transport with its own pool of connections.
    ///
    /// - Parameter networks: How far its requests may go.
    package init(reaching networks: OutboundNetworks) {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(
                connect: .seconds(HTTPTransport.connectSeconds)
            ),
            connectionPool: HTTPClient.Configuration.ConnectionPool(idleTimeout: .seconds(30)),
            decompression: .disabled
        )
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        // Runs once for each connection, on the address that is really spoken to and before a byte
        // of a request, so that no name can stand for another address once it was looked at.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            if networks.allow(channel.remoteAddress) {
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            // The client forgets the connection without closing it, and would take an end that it
            // hears of first for a failure of its own.
            channel.eventLoop.execute { channel.close(promise: nil) }
            return channel.eventLoop.makeFailedFuture(ForbiddenAddress())
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Opens a transport for as long as `body` runs.
    ///
    /// - Throws: what `body` throws; else what closing does.
    package static func with<Answer>(
        reaching networks: OutboundNetworks,
        _ body: (HTTPTransport) async throws -> Answer
    ) async throws -> Answer {
        let transport = HTTPTransport(reaching: networks)
        let answer: Answer
        do {
            answer = try await body(transport)
        } catch {
            // What went wrong first is what has to be told.
            try? await transport.shutdown()
            throw error
        }
        try await transport.shutdown()
        return answer
    }

    /// Closes every connection; what is under way fails.
    package func shutdown() async throws { try await client.shutdown() }

    /// Sends a request once; the time limit covers everything from connecting to the last byte.
    package func send(
        _ request: OutboundRequest,
        timeoutSeconds: Int64
    ) async throws -> OutboundResponse {
        do {
            return try await withThrowingTaskGroup(of: OutboundResponse.self) { group in
                group.addTask { [client] in
                    try await exchange(request, by: client, timeoutSeconds: timeoutSeconds)
                }
                // The client's own limit ends with the response head; a body may drip for ever.
                group.addTask {
                    try await Task.sleep(for: .seconds(timeoutSeconds))
                    throw HTTPClientError.deadlineExceeded
                }
                defer { group.cancelAll() }
                guard let response = try await group.next() else { throw CancellationError() }
                return response
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw TransportError(error)
        }
    }
}

/// A connection leads where no request may go.
private struct ForbiddenAddress: Error {}

extension OutboundNetworks {
    /// A socket in the file system, or one without an address, leads nowhere that is allowed.
    fileprivate func allow(_ place: SocketAddress?) -> Bool {
        place?.ipAddress.flatMap { NetworkAddress(host: $0) }.map { allow($0.reach) } ?? false
    }
}

private func exchange(
    _ request: OutboundRequest,
    by client: HTTPClient,
    timeoutSeconds: Int64
) async throws -> OutboundResponse {
    // The client traps on a larger port instead of throwing.
    guard UInt16(exactly: URL(string: request.url)?.port ?? 0) != nil else {
        throw HTTPClientError.invalidURL
    }
    var outgoing = HTTPClientRequest(url: request.url)
    outgoing.method = HTTPMethod(rawValue: request.method)
    for (name, value) in request.headers { outgoing.headers.add(name: name, value: value) }
    outgoing.body = .bytes(ByteBuffer(bytes: request.body))
    let response = try await client.execute(outgoing, timeout: .seconds(timeoutSeconds))
    var body: [UInt8] = []
    for try await part in response.body {
        // At once and not byte by byte: a page of a list has millions.
        let room = request.answerBytesMaximum - body.count
        body += part.getBytes(at: part.readerIndex, length: min(room, part.readableBytes)) ?? []
        // Leaving the loop closes the connection, so the rest is never read.
        if body.count == request.answerBytesMaximum { break }
    }
    return OutboundResponse(
        status: Int(response.status.code),
        headers: response.headers.map { ($0.name, $0.value) },
        body: body,
        bytesMaximum: request.answerBytesMaximum
    )
}

extension TransportError {
    /// Sorts the client's errors by what they mean for the request.
    ///
    /// Their own texts are dropped, because they may hold the URL.
    fileprivate init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError: self.init(client: error)
        case is ForbiddenAddress: self = .forbidden
        case is HTTPParserError: self = .replyLost
        case let error as IOError where [ECONNRESET, EPIPE].contains(error.errnoCode):
            self = .replyLost
        default: self = .unreachable
        }
    }

    private init(client error: HTTPClientError) {
        switch error {
        case .deadlineExceeded, .readTimeout, .writeTimeout:
            self.init(.timeout, "no complete answer in time")
        case .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout:
            self = .unreachable
        case .alreadyShutdown, .cancelled:
            self.init(.shutDown, "the transport was shut down")
        case .remoteConnectionClosed:
            self = .replyLost
        default:
            // What is left is about URLs and header fields.
            self.init(.invalidRequest, "the request cannot be sent as it is")
        }
    }

    private static let replyLost = TransportError(
        .replyLost,
        "the connection gave no complete answer"
    )
    private static let forbidden = TransportError(
        .forbidden,
        "the settings let no request go to this address (outboundNetworks)"
    )
    private static let unreachable = TransportError(
        .unreachable,
        "no connection could be made (refused, unknown host, too slow, or TLS)"
    )
}
