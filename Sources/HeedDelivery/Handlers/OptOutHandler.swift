// Does the work of one opt-out job: begin the cascade, or tell one connector and write down its
// answer.

import HeedConnectors
public import HeedConsent
public import HeedEngine
public import HeedStore

/// Tells other systems about opt-outs.
///
/// Everything it does may be repeated: the engine ignores what is known already, and the other
/// system sees one id for one target however often it is told.
public struct OptOutHandler: Sendable {
    /// How long all requests of one job may take; below the least lease, so that a slow answer is
    /// not told twice.
    public static let jobSecondsMaximum: Int64 = 18

    private let engine: Engine
    private let gate: ConnectorGate
    private let transport: any Transport
    private let rule: AttemptRule
    private let surroundings: Surroundings
    private let metrics: DeliveryMetrics
    private let actor = Actor.system("delivery")

    /// Takes the door, what may be asked of whom, the wire, how long to wait, and where to measure.
    public init(
        engine: Engine,
        gate: ConnectorGate,
        transport: any Transport,
        retryPolicy: RetryPolicy,
        surroundings: Surroundings,
        metrics: DeliveryMetrics = DeliveryMetrics()
    ) {
        self.engine = engine
        self.gate = gate
        self.transport = transport
        self.rule = AttemptRule(retryPolicy: retryPolicy, surroundings: surroundings)
        self.surroundings = surroundings
        self.metrics = metrics
    }

    /// Does a job to its end and records the outcome.
    ///
    /// - Throws: only when the outcome could not be recorded; the job's lease then runs out and it
    ///   is done again.
    public func handle(_ job: Job) async throws {
        switch job.kind {
        case .startOptOut(let id):
            _ = try await engine.perform(StartOptOut(id, job: job.id), as: actor)
        case .tellConnector(let id):
            let outcome = try await tell(id, attempt: job.attempts + 1)
            let record = RecordOutcome(target: id, outcome: outcome, job: job.id)
            _ = try await engine.perform(record, as: actor)
        case .mail, .rights: throw StrayJob(kind: job.kind.stored.name)
        }
    }

    private func tell(_ id: TargetID, attempt: Int) async throws -> AttemptOutcome {
        // Claimed this often without an outcome: the job takes its worker down each time.
        guard attempt <= Job.attemptsMaximum else {
            return .givenUp("given up after \(attempt - 1) attempts")
        }
        guard let details = try await engine.ask(TargetDetails(id)) else {
            return .givenUp("the target is gone")
        }
        if details.target.state == .confirmed { return .confirmed(details.target.answer ?? "") }
        if details.target.state == .cancelled { return .cancelled }
        let settings = try await engine.ask(ListConnectors())
            .first { $0.name == details.target.connector }
        // Removed by an operator, who has been told what becomes of what was open.
        guard let settings else { return .cancelled }
        do {
            let connector = try ConnectorKind(named: settings.kind).make(settings)
            let outcome = rule.outcome(await tell(connector, details), attempt)
            measure(outcome, of: details)
            return outcome
        } catch {
            // The settings themselves are wrong; waiting will not mend them.
            return .givenUp(error.description)
        }
    }

    /// Tells about each of the person's addresses in turn; the first failure ends it.
    private func tell(
        _ connector: any Connector,
        _ details: TargetDetails.Details
    ) async -> ConnectorAnswer {
        let conversation = Conversation(
            with: connector,
            over: transport,
            gate: gate,
            surroundings: surroundings,
            seconds: OptOutHandler.jobSecondsMaximum
        )
        var answer = ConnectorAnswer.alreadyDone("no address to tell about")
        for (index, address) in details.addresses.enumerated() {
            let id = details.target.id.text
            let notice = OptOutNotice(
                // One id an address, so that the other system can tell repeats from news.
                target: index == 0 ? id : "\(id)_\(index + 1)",
                address: address.delivery,
                extent: details.optOut.extent.name,
                contact: details.optOut.contact.text,
                requestedAt: details.optOut.requestedAt
            )
            answer = await conversation.walk { now throws(Refusal) in
                try connector.suppress(notice, at: now)
            }
            guard answer.isSuccess else { return answer }
        }
        return answer
    }

    private func measure(_ outcome: AttemptOutcome, of details: TargetDetails.Details) {
        let connector = details.target.connector
        switch outcome {
        case .confirmed:
            let waited = surroundings.now().milliseconds(since: details.optOut.requestedAt)
            metrics.attempted(connector: connector, .confirmed)
            metrics.confirmed(connector: connector, afterSeconds: Double(waited) / 1000)
        case .failed: metrics.attempted(connector: connector, .failed)
        case .givenUp: metrics.attempted(connector: connector, .givenUp)
        case .cancelled: break
        }
        metrics.breaker(connector: connector, open: gate.state(of: connector) != .closed)
    }
}
