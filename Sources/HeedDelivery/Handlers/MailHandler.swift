// Does the work of one mail job: composes the message, hands it over, and writes down the outcome.

package import HeedConsent
package import HeedEngine
import HeedRights
package import HeedStore
package import Logging

/// How messages of Heed's own leave.
package struct MailOutlet: Sendable {
    let mailer: SMTPMailer
    let sender: String
    let languages: PageLanguages
    let linkBase: @Sendable () -> String

    /// Takes the way out, the sender's address, the words, and the base of public links.
    ///
    /// - Throws: `Refusal`, naming `from`, for an address mail cannot come from.
    package init(
        mailer: SMTPMailer,
        sender: String,
        languages: PageLanguages,
        linkBase: @escaping @Sendable () -> String
    ) throws(Refusal) {
        _ = try MailMessage(from: sender, to: sender, subject: "check", text: "")
        self.mailer = mailer
        self.sender = sender
        self.languages = languages
        self.linkBase = linkBase
    }
}

/// Sends messages of Heed's own.
///
/// One whose outcome could not be recorded goes again; its Message-ID is the same, so a mailbox can
/// tell.
package struct MailHandler: Sendable {
    private let engine: Engine
    private let outlet: MailOutlet
    private let retryPolicy: RetryPolicy
    private let surroundings: Surroundings
    private let logger: Logger
    private let actor = Actor.system("mail")

    /// Takes the door, the way out, how long to wait, and where to log.
    package init(
        engine: Engine,
        outlet: MailOutlet,
        retryPolicy: RetryPolicy,
        surroundings: Surroundings,
        logger: Logger
    ) {
        self.engine = engine
        self.outlet = outlet
        self.retryPolicy = retryPolicy
        self.surroundings = surroundings
        self.logger = logger
    }

    /// Does a job to its end and records the outcome.
    ///
    /// - Throws: only when the outcome could not be recorded; the job's lease then runs out and it
    ///   is done again.
    package func handle(_ job: Job) async throws {
        guard case .mail(let mail) = job.kind else { throw StrayJob(kind: job.kind.stored.name) }
        let outcome = try await send(mail, job)
        _ = try await engine.perform(RecordMailOutcome(job: job.id, outcome: outcome), as: actor)
    }

    private func send(_ mail: OwnMail, _ job: Job) async throws -> RecordMailOutcome.Outcome {
        guard let outgoing = try await compose(mail) else { return .done }
        do {
            let message = try outgoing.mail(from: outlet.sender)
            let bytes = message.bytes(at: surroundings.now(), id: job.id.text)
            switch await outlet.mailer.send(message, bytes: bytes) {
            case .accepted: return .done
            case .tryLater(let reason): return later(reason, job)
            case .refused(let reason): return givenUp(reason, job)
            }
        } catch {
            return givenUp(error.description, job)
        }
    }

    /// The message as things are now; nil when nobody needs it any more.
    private func compose(_ mail: OwnMail) async throws -> OutgoingMessage? {
        let base = outlet.linkBase()
        switch mail {
        case .confirmation(let requests):
            return try await engine.ask(ConfirmationDetails(requests)).map { details in
                let locales = details.doubleOptIns.compactMap(\.locale)
                return .confirmation(details, in: outlet.languages.best(of: locales), base: base)
            }
        case .dataLink(let contact, let tag):
            return try await engine.ask(DataLinkDetails(contact: contact)).map { details in
                .dataLink(details, in: outlet.languages.best(of: [tag]), base: base)
            }
        case .preferenceLink(let key, let tag):
            return try await engine.ask(PreferenceLinkDetails(key: key)).map { details in
                .preferenceLink(details, in: outlet.languages.best(of: [tag]), base: base)
            }
        }
    }

    private func later(_ reason: String, _ job: Job) -> RecordMailOutcome.Outcome {
        let attempt = job.attempts + 1
        guard attempt < Job.attemptsMaximum else { return givenUp(reason, job) }
        logger.warning(
            "a message did not go and will be tried again",
            metadata: ["job": "\(job.id)", "reason": "\(reason)"]
        )
        return .failed(
            retryAt: retryPolicy.next(
                after: attempt,
                at: surroundings.now(),
                random: surroundings.random(),
                retryAfter: nil
            )
        )
    }

    private func givenUp(_ reason: String, _ job: Job) -> RecordMailOutcome.Outcome {
        logger.error(
            "a message was given up",
            metadata: ["job": "\(job.id)", "reason": "\(reason)"]
        )
        return .givenUp
    }
}

/// A job in the hands of a handler of another lane: a mistake in how lanes are served.
struct StrayJob: Error, CustomStringConvertible {
    let kind: String

    var description: String { "a job of kind \(kind) came to the wrong handler" }
}
