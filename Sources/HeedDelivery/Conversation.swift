// One conversation with one connector: carries its requests in time and tells the gate of it.

package import HeedConnectors
package import HeedConsent
package import HeedStore

/// Walks a connector's steps over a transport.
package struct Conversation: Sendable {
    /// How long one request may take.
    package static let requestSecondsMaximum: Int64 = 15

    private let connector: any Connector
    private let transport: any Transport
    private let gate: ConnectorGate
    private let surroundings: Surroundings
    private let deadline: Timestamp

    /// Begins a conversation.
    ///
    /// - Parameters:
    ///   - connector: With whom.
    ///   - transport: The wire.
    ///   - gate: Learns the connector's rules and how each request went.
    ///   - surroundings: The clock.
    ///   - seconds: How long all its requests may take together.
    package init(
        with connector: any Connector,
        over transport: any Transport,
        gate: ConnectorGate,
        surroundings: Surroundings,
        seconds: Int64
    ) {
        self.connector = connector
        self.transport = transport
        self.gate = gate
        self.surroundings = surroundings
        deadline = surroundings.now().adding(seconds: seconds)
        gate.learn(connector.name, connector.rules)
    }

    /// Walks to the end, whatever happens: an answer that did not come is one that may be retried.
    ///
    /// - Parameter begin: Writes the first step, given the present.
    /// - Returns: What the other system's last answer means.
    package func walk(
        _ begin: (Timestamp) throws(Refusal) -> ConnectorStep
    ) async -> ConnectorAnswer {
        do {
            let first = try begin(surroundings.now())
            return try await first.walk(now: surroundings.now, carry: carry)
        } catch let refusal as Refusal {
            // The settings themselves are wrong; waiting will not mend them.
            return .giveUp(refusal.description)
        } catch let error as TransportError {
            return .retry(after: nil, error.code.name)
        } catch {
            return .retry(after: nil, "\(type(of: error))")
        }
    }

    /// Sends one request; counts it, and tells the gate what its answer says.
    package func carry(_ request: OutboundRequest) async throws -> OutboundResponse {
        let left = deadline.wholeSeconds - surroundings.now().wholeSeconds
        guard left > 0 else { throw TransportError(.timeout, "the conversation took too long") }
        gate.spend(connector.name)
        do {
            let response = try await transport.send(
                request,
                timeoutSeconds: min(left, Conversation.requestSecondsMaximum)
            )
            gate.note(experience(of: response), of: connector.name)
            return response
        } catch let error as TransportError {
            // A request that could not be written says nothing about the other system.
            let ours: Set<TransportError.Code> = [.invalidRequest, .forbidden, .shutDown]
            if !ours.contains(error.code) { gate.note(.failed, of: connector.name) }
            throw error
        }
    }

    private func experience(of response: OutboundResponse) -> ConnectorGate.Experience {
        switch response.status {
        case 500...:
            return .failed
        case 429:
            let answer = connector.rules.answer(to: response, at: surroundings.now())
            guard case .retry(let seconds?, _) = answer else { return .answered }
            return .busy(seconds: seconds)
        default:
            return .answered
        }
    }
}
