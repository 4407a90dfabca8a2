// How a request gets to another system and its answer back.

public import HeedConnectors

/// Carries requests to other systems.
///
/// One carries them over the network; tests put others in its place.
public protocol Transport: Sendable {
    /// Sends a request once and waits for its whole answer.
    ///
    /// Any status is an answer. A `TransportError` says that none came, which does not mean that
    /// the other system did nothing.
    func send(
        _ request: OutboundRequest,
        timeoutSeconds: Int64
    ) async throws -> OutboundResponse
}

/// Why no answer came.
///
/// Carries no URL, header or body, so it may be stored and shown.
public struct TransportError: Error, Hashable, Sendable {
    /// A stable name for the reason.
    public struct Code: Hashable, Sendable {
        /// The name as it is stored.
        public let name: String

        /// The request cannot be sent as it is.
        public static let invalidRequest = Code(name: "invalid-request")
        /// What the name stands for is where the settings let no request go; nothing was sent.
        public static let forbidden = Code(name: "forbidden-address")
        /// There was no connection the other system could have read the request from.
        public static let unreachable = Code(name: "unreachable")
        /// No complete answer in HTTP came back; the request may have been acted upon.
        public static let replyLost = Code(name: "reply-lost")
        /// The time was up; the request may have been acted upon.
        public static let timeout = Code(name: "timeout")
        /// The transport was shut down.
        public static let shutDown = Code(name: "shut-down")
    }

    /// The reason.
    public let code: Code
    /// One sentence about it.
    public let message: String

    /// Makes an error; the message must name neither a person nor a secret.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension TransportError: CustomStringConvertible {
    /// The code and the sentence.
    public var description: String { "\(code.name): \(message)" }
}
