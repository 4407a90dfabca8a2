// Whether the process lives, and whether it can do its work.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import Hummingbird
import Synchronization

/// `/healthz` says that the process answers, `/readyz` that the database does too, and that stops
/// can be written into it and into the journal beside it.
struct HealthRoutes {
    let engine: Engine
    private let attempts = WriteAttempts()

    init(engine: Engine) { self.engine = engine }

    func addRoutes(to router: Router<HeedRequestContext>) {
        router.get("healthz") { _, _ in
            Response(json: Health(status: "ok", position: nil, log: nil))
        }
        router.get("readyz") { _, _ in
            let position = try await engine.ask(LogPosition())
            let log = Health.Log(try await engine.ask(LogStatus()))
            if let fault = await engine.journalFault() {
                throw NotWritable(what: "journal of stops", fault: fault)
            }
            if let fault = await attempts.newest({ await engine.writeFault() }) {
                throw NotWritable(what: "database", fault: fault)
            }
            return Response(json: Health(status: "ready", position: position, log: log))
        }
    }

    private struct Health: Encodable {
        let status: String
        let position: Int64?
        let log: Log?

        struct Log: Encodable {
            let size: Int
            let signedAt: String?
            let unsequenced: Int
            let verifiedAt: String?
            let findings: Int?

            init(_ status: LogStatus.Status) {
                size = status.size
                signedAt = status.signedAt?.text
                unsequenced = status.unsequenced
                verifiedAt = status.verification?.finishedAt.text
                findings = status.verification?.findings
            }
        }
    }
}

/// The database answers, and it or its journal cannot be written.
struct NotWritable: Error {
    /// Which of them.
    let what: String
    /// Why, for the log alone: it has the path.
    let fault: StoreError
}

/// Writes once in a few seconds at most, however often it is asked, because anybody may ask.
private final class WriteAttempts: Sendable {
    private static let pause = Duration.seconds(5)

    private let wentWell = Mutex<ContinuousClock.Instant?>(nil)

    func newest(_ attempt: () async -> StoreError?) async -> StoreError? {
        let now = ContinuousClock.now
        if let last = wentWell.withLock({ $0 }), last.duration(to: now) < WriteAttempts.pause {
            return nil
        }
        let fault = await attempt()
        wentWell.withLock { $0 = fault == nil ? now : nil }
        return fault
    }
}
