// What a connector is: a value that writes the requests another system needs and reads its answers.

package import HeedConsent

/// The language of another system that must be told about opt-outs.
///
/// A connector does no input or output and has no clock: it writes requests, reads answers and
/// checks what arrives; somebody else carries the bytes and says what time it is. The same notice
/// leads to the same effect however often it is told, because delivery is at least once.
package protocol Connector: Sendable {
    /// The operator's name for it.
    var name: String { get }

    /// How fast the other system may be asked, and how its answers are read as a rule.
    var rules: ProviderRules { get }

    /// Begins to tell the other system to stop.
    func suppress(_ notice: OptOutNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep

    /// Begins to ask whether the other system has what `suppress` would tell it.
    ///
    /// Ends in `done` when it has, in `absent` when it has not.
    func readBack(_ notice: OptOutNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep

    /// Begins to have a person's data removed from the other system.
    func erase(_ notice: ErasureNotice, at now: Timestamp) throws(Refusal) -> ConnectorStep

    /// Begins to find out whether the settings work: the key is known, what must be on is on.
    func check(at now: Timestamp) throws(Refusal) -> ConnectorStep

    /// Begins to list whom the other system does not mail, as far as it says.
    ///
    /// - Throws: a `Refusal` when a system of this kind cannot be asked.
    func list(at now: Timestamp) throws(Refusal) -> ListingStep

    /// By what a whole listing shows an opt-out of a scope or `global`; nil when nobody said what
    /// that is called there.
    func sign(of extent: String) -> OptOutSign?

    /// Checks that a message which arrived is from the other system, and reads it.
    ///
    /// - Throws: a `Refusal` when the message is not proven or not readable; nothing of it may then
    ///   be believed.
    func receive(_ delivery: WebhookDelivery, at now: Timestamp) throws(Refusal) -> InboundStep
}

/// What is to be done next in a conversation with another system.
///
/// A conversation that breaks off is begun again from its first step, so every step may be
/// repeated.
package enum ConnectorStep: Sendable {
    /// Carry this request, then hand the answer and the present to `read`.
    case send(OutboundRequest, read: Reader)
    /// The conversation is over.
    case answer(ConnectorAnswer)

    /// Reads the answer to a request that was sent.
    package typealias Reader =
        @Sendable (OutboundResponse, Timestamp) throws(Refusal) -> ConnectorStep

    /// No conversation needs more requests than this; a longer one is a fault of ours.
    package static let requestsMaximum = 256

    /// Walks the conversation to its end.
    ///
    /// - Parameters:
    ///   - now: Tells the present, which signatures need anew for every request.
    ///   - carry: Takes a request to the other system and brings its answer.
    /// - Returns: What the other system's last answer means.
    /// - Throws: what `carry` throws, or a `Refusal` when a later request cannot be written.
    package func walk(
        now: () -> Timestamp,
        carry: (OutboundRequest) async throws -> OutboundResponse
    ) async throws -> ConnectorAnswer {
        var step = self
        var sent = 0
        while case .send(let request, let read) = step, sent < ConnectorStep.requestsMaximum {
            step = try read(await carry(request), now())
            sent += 1
        }
        guard case .answer(let answer) = step else { return .giveUp("a conversation had no end") }
        return answer
    }
}

extension ConnectorStep: CustomStringConvertible {
    /// The method of the request or the answer, neither of which names a person.
    package var description: String {
        switch self {
        case .send(let request, _): "send \(request)"
        case .answer(let answer): "\(answer)"
        }
    }
}

/// What the other system's answer means for what it was told.
///
/// The texts are stored and shown, so they are short and free of personal data.
package enum ConnectorAnswer: Hashable, Sendable {
    /// The other system has it.
    case done(String)
    /// The other system had it already; as good as `done`.
    case alreadyDone(String)
    /// The other system does not have it; the answer to a question, never to an order.
    case absent(String)
    /// Try again, not before so many seconds if the other system said so.
    case retry(after: Int64?, String)
    /// No further attempt can succeed.
    case giveUp(String)

    /// What a question ends in: `done` when the other system has it.
    static func found(_ isThere: Bool, _ text: String) -> ConnectorAnswer {
        isThere ? .done(text) : .absent(text)
    }

    /// True when the other system has what it was told.
    package var isSuccess: Bool {
        switch self {
        case .done, .alreadyDone: true
        case .absent, .retry, .giveUp: false
        }
    }

    /// The text that is stored and shown.
    package var text: String {
        switch self {
        case .done(let text), .alreadyDone(let text), .absent(let text), .giveUp(let text): text
        case .retry(_, let text): text
        }
    }
}

extension ConnectorStep {
    /// The end of a conversation that need not begin: the scope is never sent through the system.
    static let nothing = ConnectorStep.answer(.alreadyDone("not sent through this system"))

    /// A request whose answer ends the conversation, read by a provider's rules.
    static func ask(_ request: OutboundRequest, _ rules: ProviderRules) -> ConnectorStep {
        .send(request) { response, now throws(Refusal) in
            .answer(rules.answer(to: response, at: now))
        }
    }

    /// A question whose answer is a JSON body with 200.
    ///
    /// A 200 that cannot be read proves nothing, since a proxy may have written it: it is asked
    /// again.
    ///
    /// - Parameters:
    ///   - request: The question.
    ///   - rules: How other statuses are read.
    ///   - unknown: What 404 means; nil when the rules say it.
    ///   - read: Takes the body and the response's summary; nil when the body is not as expected.
    /// - Returns: A conversation that ends with the answer to the question.
    static func question(
        _ request: OutboundRequest,
        _ rules: ProviderRules,
        unknown: (@Sendable (String) -> ConnectorAnswer)? = { .absent($0) },
        _ read: @escaping @Sendable (JSON, String) -> ConnectorAnswer?
    ) -> ConnectorStep {
        .send(request) { response, now throws(Refusal) in
            let summary = response.summary
            if response.status == 404, let unknown { return .answer(unknown(summary)) }
            guard response.status == 200 else {
                return .answer(rules.answer(to: response, at: now))
            }
            let answer = response.json.flatMap { read($0, summary) }
            return .answer(answer ?? .retry(after: nil, "\(summary): not readable"))
        }
    }

    /// The same conversation, going on with `next` when it ends in success.
    ///
    /// Of two successes the one that changed something is kept.
    func then(
        at now: Timestamp,
        _ next: @escaping @Sendable (Timestamp) throws(Refusal) -> ConnectorStep
    ) throws(Refusal) -> ConnectorStep {
        switch self {
        case .send(let request, let read):
            return .send(request) { response, later throws(Refusal) in
                try read(response, later).then(at: later, next)
            }
        case .answer(let first):
            guard first.isSuccess else { return self }
            return try next(now).keeping(first)
        }
    }

    /// A conversation about each of several places in turn; the first failure ends it.
    package static func each(
        _ places: [String],
        at now: Timestamp,
        _ make: @escaping @Sendable (String, Timestamp) throws(Refusal) -> ConnectorStep
    ) throws(Refusal) -> ConnectorStep {
        guard let first = places.first else { return .nothing }
        let step = try make(first, now)
        let rest = Array(places.dropFirst())
        guard !rest.isEmpty else { return step }
        return try step.then(at: now) { later throws(Refusal) in
            try each(rest, at: later, make)
        }
    }

    private func keeping(_ earlier: ConnectorAnswer) -> ConnectorStep {
        switch self {
        case .send(let request, let read):
            return .send(request) { response, later throws(Refusal) in
                try read(response, later).keeping(earlier)
            }
        case .answer(.alreadyDone):
            if case .done = earlier { return .answer(earlier) }
            return self
        case .answer: return self
        }
    }
}
