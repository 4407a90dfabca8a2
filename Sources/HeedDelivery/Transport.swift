// How a request gets to another system and its answer back.

package import HeedConnectors

/// Carries requests to other systems.
///
/// One carries them over the network. Others play the network of histories by chance, and fail,
/// delay and lose replies by seed, which no real one does on demand.
package protocol Transport: Sendable {
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
package struct TransportError: Error, Hashable, Sendable {
    /// A stable name for the reason.
    package struct Code: Hashable, Sendable {
        /// The name as it is stored.
        package let name: String

        /// The request cannot be sent as it is.
        package static let invalidRequest = Code(name: "invalid-request")
        /// What the name stands for is where the settings let no request go; nothing was sent.
        package static let forbidden = Code(name: "forbidden-address")
        /// There was no connection the other system could have read the request from.
        package static let unreachable = Code(name: "unreachable")
        /// No complete answer in HTTP came back; the request may have been acted upon.
        package static let replyLost = Code(name: "reply-lost")
        /// The time was up; the request may have been acted upon.
        package static let timeout = Code(name: "timeout")
        /// The transport was shut down.
        package static let shutDown = Code(name: "shut-down")
    }

    /// The reason.
    package let code: Code
    /// One sentence about it.
    package let message: String

    /// Makes an error; the message must name neither a person nor a secret.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension TransportError: CustomStringConvertible {
    /// The code and the sentence.
    package var description: String { "\(code.name): \(message)" }
}
