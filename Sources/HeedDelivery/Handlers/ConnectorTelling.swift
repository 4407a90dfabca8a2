// Tells one connector about one person, address by address, and says what its answer means.

import HeedConnectors
import HeedConsent
package import HeedEngine
package import HeedStore

/// What every handler does that speaks to other systems.
package struct ConnectorTelling: Sendable {
    /// How long all requests of one job may take; below the least lease, so that a slow answer is
    /// not told twice.
    package static let jobSecondsMaximum: Int64 = 18

    let engine: Engine
    let gate: ConnectorGate
    let transport: any Transport
    let retryPolicy: RetryPolicy
    let surroundings: Surroundings

    /// Takes the door, what may be asked of whom, the wire, and how long to wait.
    package init(
        engine: Engine,
        gate: ConnectorGate,
        transport: any Transport,
        retryPolicy: RetryPolicy,
        surroundings: Surroundings
    ) {
        self.engine = engine
        self.gate = gate
        self.transport = transport
        self.retryPolicy = retryPolicy
        self.surroundings = surroundings
    }

    /// What a connector is told.
    struct Order: Sendable {
        /// The target's id; constant over retries.
        let target: String
        /// The person's addresses, as given: personal data.
        let addresses: [String]
        /// Which attempt this is, from 1.
        let attempt: Int
    }

    /// One address under the id by which the other system tells repeats from news.
    struct Recipient: Sendable {
        let target: String
        let address: String
    }

    /// The end of a target whose job was claimed this often without an outcome, because it takes
    /// its worker down each time; nil while it may be tried.
    static func end(before attempt: Int) -> AttemptOutcome? {
        guard attempt > Job.attemptsMaximum else { return nil }
        return .givenUp("given up after \(attempt - 1) attempts")
    }

    /// The connector of this name; nil when an operator has removed it.
    ///
    /// - Throws: `Refusal` when its settings are wrong, which waiting will not mend.
    func connector(named name: String) async throws -> (any Connector)? {
        try await engine.ask(FindConnector(name: name))?.connector()
    }

    /// Tells about each address in turn; the first failure ends it.
    func tell(
        _ connector: any Connector,
        _ order: Order,
        _ begin: @Sendable (Recipient, Timestamp) throws(Refusal) -> ConnectorStep
    ) async -> AttemptOutcome {
        let conversation = Conversation(
            with: connector,
            over: transport,
            gate: gate,
            surroundings: surroundings,
            seconds: ConnectorTelling.jobSecondsMaximum
        )
        var answer = ConnectorAnswer.alreadyDone("no address to tell about")
        for (index, address) in order.addresses.enumerated() {
            let id = index == 0 ? order.target : "\(order.target)_\(index + 1)"
            let recipient = Recipient(target: id, address: address)
            answer = await conversation.walk { now throws(Refusal) in try begin(recipient, now) }
            guard answer.isSuccess else { break }
        }
        return outcome(answer, order.attempt)
    }

    private func outcome(_ answer: ConnectorAnswer, _ attempt: Int) -> AttemptOutcome {
        switch answer {
        case .done(let text), .alreadyDone(let text): .confirmed(text)
        case .retry(let seconds, let text): later(text, attempt, after: seconds)
        // The answer to a question, which no order ends with.
        case .absent(let text): later(text, attempt, after: nil)
        case .giveUp(let text): .givenUp(text)
        }
    }

    private func later(_ answer: String, _ attempt: Int, after seconds: Int64?) -> AttemptOutcome {
        let next = retryPolicy.next(
            after: attempt,
            at: surroundings.now(),
            random: surroundings.random(),
            retryAfter: seconds
        )
        return .failed(answer, retryAt: next)
    }
}
