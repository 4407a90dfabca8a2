// Does the work of one step of an erasure: begin, tell one connector, remove, clean the files.

import HeedConnectors
package import HeedConsent
import HeedEngine
import HeedRights
import HeedStore

/// Carries out erasures, step by step.
///
/// Every step may be repeated: the engine ignores what is known already, and the other system sees
/// one id for one target however often it is told.
package struct ErasureHandler: Sendable {
    private let telling: ConnectorTelling
    private let actor = Actor.system("delivery")

    /// Takes what speaks to other systems.
    package init(_ telling: ConnectorTelling) { self.telling = telling }

    /// Does a job to its end and records the outcome.
    ///
    /// - Throws: when the outcome could not be recorded or the files not cleaned; the job's lease
    ///   then runs out and it is done again.
    package func handle(_ job: Job) async throws {
        guard case .rights(let work) = job.kind else { throw StrayJob(kind: job.kind.stored.name) }
        let engine = telling.engine
        switch work {
        case .start(let id):
            _ = try await engine.perform(StartErasure(id, job: job.id), as: actor)
        case .tell(let id):
            let outcome = try await tell(id, attempt: job.attempts + 1)
            let record = RecordErasureOutcome(target: id, outcome: outcome, job: job.id)
            _ = try await engine.perform(record, as: actor)
        case .finish(let id):
            _ = try await engine.perform(FinishErasure(id, job: job.id), as: actor)
        case .clean:
            try await engine.cleanStorage()
            _ = try await engine.perform(FinishCleaning(job: job.id), as: actor)
        }
    }

    private func tell(_ id: ErasureTargetID, attempt: Int) async throws -> AttemptOutcome {
        if let end = ConnectorTelling.end(before: attempt) { return end }
        guard let details = try await telling.engine.ask(ErasureDetails(id)) else {
            return .givenUp("the target is gone")
        }
        if details.target.state == .confirmed { return .confirmed(details.target.answer ?? "") }
        do {
            guard let connector = try await telling.connector(named: details.target.connector)
            else { return .cancelled }
            let order = ConnectorTelling.Order(
                target: details.target.id.text,
                addresses: details.addresses,
                attempt: attempt
            )
            return await telling.tell(connector, order) { recipient, now throws(Refusal) in
                let notice = ErasureNotice(
                    target: recipient.target,
                    address: recipient.address,
                    contact: details.request.contact.text,
                    requestedAt: details.request.requestedAt
                )
                return try connector.erase(notice, at: now)
            }
        } catch let refusal as Refusal {
            return .givenUp(refusal.description)
        }
    }
}
