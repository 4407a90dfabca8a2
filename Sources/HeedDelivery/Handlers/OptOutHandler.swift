// Does the work of one opt-out job: begin the cascade, or tell one connector and write down its
// answer.

import HeedConnectors
package import HeedConsent
package import HeedEngine
import HeedStore

/// Tells other systems about opt-outs.
///
/// Everything it does may be repeated: the engine ignores what is known already, and the other
/// system sees one id for one target however often it is told.
package struct OptOutHandler: Sendable {
    private let telling: ConnectorTelling
    private let metrics: DeliveryMetrics
    private let actor = Actor.system("delivery")

    /// Takes what speaks to other systems, and where to measure.
    package init(_ telling: ConnectorTelling, metrics: DeliveryMetrics = DeliveryMetrics()) {
        self.telling = telling
        self.metrics = metrics
    }

    /// Does a job to its end and records the outcome.
    ///
    /// - Throws: only when the outcome could not be recorded; the job's lease then runs out and it
    ///   is done again.
    package func handle(_ job: Job) async throws {
        switch job.kind {
        case .startOptOut(let id):
            _ = try await telling.engine.perform(StartOptOut(id, job: job.id), as: actor)
        case .tellConnector(let id):
            let outcome = try await tell(id, attempt: job.attempts + 1)
            let record = RecordOutcome(target: id, outcome: outcome, job: job.id)
            _ = try await telling.engine.perform(record, as: actor)
        case .mail, .rights: throw StrayJob(kind: job.kind.stored.name)
        }
    }

    private func tell(_ id: TargetID, attempt: Int) async throws -> AttemptOutcome {
        if let end = ConnectorTelling.end(before: attempt) { return end }
        guard let details = try await telling.engine.ask(TargetDetails(id)) else {
            return .givenUp("the target is gone")
        }
        if details.target.state == .confirmed { return .confirmed(details.target.answer ?? "") }
        if details.target.state == .cancelled { return .cancelled }
        do {
            // Whoever removed it has been told what becomes of what was open.
            guard let connector = try await telling.connector(named: details.target.connector)
            else { return .cancelled }
            let outcome = await tell(connector, details, attempt)
            measure(outcome, of: details)
            return outcome
        } catch let refusal as Refusal {
            return .givenUp(refusal.description)
        }
    }

    private func tell(
        _ connector: any Connector,
        _ details: TargetDetails.Details,
        _ attempt: Int
    ) async -> AttemptOutcome {
        let order = ConnectorTelling.Order(
            target: details.target.id.text,
            addresses: details.addresses.map(\.delivery),
            attempt: attempt
        )
        return await telling.tell(connector, order) { recipient, now throws(Refusal) in
            let notice = OptOutNotice(
                target: recipient.target,
                address: recipient.address,
                extent: details.optOut.extent.name,
                contact: details.optOut.contact.text,
                requestedAt: details.optOut.requestedAt
            )
            return try connector.suppress(notice, at: now)
        }
    }

    private func measure(_ outcome: AttemptOutcome, of details: TargetDetails.Details) {
        let connector = details.target.connector
        switch outcome {
        case .confirmed:
            let waited = telling.surroundings.now().milliseconds(since: details.optOut.requestedAt)
            metrics.attempted(connector: connector, .confirmed)
            metrics.confirmed(connector: connector, afterSeconds: Double(waited) / 1000)
        case .failed: metrics.attempted(connector: connector, .failed)
        case .givenUp: metrics.attempted(connector: connector, .givenUp)
        case .cancelled: break
        }
        metrics.breaker(connector: connector, open: telling.gate.state(of: connector) != .closed)
    }
}
