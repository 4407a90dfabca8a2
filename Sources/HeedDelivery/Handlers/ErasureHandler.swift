// Does the work of one step of an erasure: begin, tell one connector, remove, clean the files.

import HeedConnectors
public import HeedConsent
public import HeedEngine
import HeedRights
public import HeedStore

/// Carries out erasures, step by step.
///
/// Every step may be repeated: the engine ignores what is known already, and the other system sees
/// one id for one target however often it is told.
public struct ErasureHandler: Sendable {
    private let engine: Engine
    private let gate: ConnectorGate
    private let transport: any Transport
    private let rule: AttemptRule
    private let surroundings: Surroundings
    private let actor = Actor.system("delivery")

    /// Takes the door, what may be asked of whom, the wire, and how long to wait.
    public init(
        engine: Engine,
        gate: ConnectorGate,
        transport: any Transport,
        retryPolicy: RetryPolicy,
        surroundings: Surroundings
    ) {
        self.engine = engine
        self.gate = gate
        self.transport = transport
        self.rule = AttemptRule(retryPolicy: retryPolicy, surroundings: surroundings)
        self.surroundings = surroundings
    }

    /// Does a job to its end and records the outcome.
    ///
    /// - Throws: when the outcome could not be recorded or the files not cleaned; the job's lease
    ///   then runs out and it is done again.
    public func handle(_ job: Job) async throws {
        guard case .rights(let work) = job.kind else { throw StrayJob(kind: job.kind.stored.name) }
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
        // Claimed this often without an outcome: the job takes its worker down each time.
        guard attempt <= Job.attemptsMaximum else {
            return .givenUp("given up after \(attempt - 1) attempts")
        }
        guard let details = try await engine.ask(ErasureDetails(id)) else {
            return .givenUp("the target is gone")
        }
        if details.target.state == .confirmed { return .confirmed(details.target.answer ?? "") }
        let settings = try await engine.ask(ListConnectors())
            .first { $0.name == details.target.connector }
        // Removed by an operator: there is nobody to tell.
        guard let settings else { return .cancelled }
        do {
            let connector = try ConnectorKind(named: settings.kind).make(settings)
            return rule.outcome(await tell(connector, details), attempt)
        } catch {
            // The settings themselves are wrong; waiting will not mend them.
            return .givenUp(error.description)
        }
    }

    /// Tells about each of the person's addresses in turn; the first failure ends it.
    private func tell(
        _ connector: any Connector,
        _ details: ErasureDetails.Details
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
            let notice = ErasureNotice(
                // One id an address, so that the other system can tell repeats from news.
                target: index == 0 ? id : "\(id)_\(index + 1)",
                address: address,
                contact: details.request.contact.text,
                requestedAt: details.request.requestedAt
            )
            answer = await conversation.walk { now throws(Refusal) in
                try connector.erase(notice, at: now)
            }
            guard answer.isSuccess else { return answer }
        }
        return answer
    }
}
