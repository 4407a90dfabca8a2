// Carries the requests of a listing: in the connector's pace, and again when it asked for patience.

import HeedConnectors
import HeedConsent
import HeedStore

/// The way to another system's list.
///
/// Opt-outs go first: a request waits until the gate has room for it, and takes no slot of theirs.
struct ListingWire: Sendable {
    /// How often one request is sent; the pauses between stay below the five minutes for which a
    /// signature of Amazon's holds.
    static let attempts = 4
    /// The longest pause between two attempts, in seconds.
    static let pauseSecondsMaximum: Int64 = 60
    /// For how long a request waits for room.
    static let roomSecondsMaximum: Int64 = 900

    let connector: any Connector
    let transport: any Transport
    let gate: ConnectorGate
    let surroundings: Surroundings
    let pause: @Sendable (Int64) async throws -> Void

    /// Sends a request until it has an answer that waiting will not change.
    func carry(_ request: OutboundRequest) async throws -> OutboundResponse {
        var attempt = 1
        while true {
            try await waitForRoom()
            let isLast = attempt == ListingWire.attempts
            let usual = Int64(1) << Int64(attempt)
            do {
                let response = try await conversation.carry(request)
                guard !isLast, response.status == 429 || response.status >= 500 else {
                    return response
                }
                let answer = connector.rules.answer(to: response, at: surroundings.now())
                guard case .retry(let asked, _) = answer else { return response }
                try await pause(min(asked ?? usual, ListingWire.pauseSecondsMaximum))
            } catch let error as TransportError
                where !isLast && ![.invalidRequest, .forbidden].contains(error.code)
            {
                try await pause(usual)
            }
            attempt += 1
        }
    }

    private var conversation: Conversation {
        Conversation(
            with: connector,
            over: transport,
            gate: gate,
            surroundings: surroundings,
            seconds: Conversation.requestSecondsMaximum
        )
    }

    private func waitForRoom() async throws {
        var waited: Int64 = 0
        while gate.room(for: connector.name) == 0 {
            guard waited < ListingWire.roomSecondsMaximum else {
                throw TransportError(.timeout, "there was no room for the request")
            }
            try await pause(1)
            waited += 1
        }
    }
}
