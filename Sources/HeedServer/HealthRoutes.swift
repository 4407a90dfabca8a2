// Whether the process lives, and whether it can do its work.

import HTTPTypes
import HeedConsent
import HeedEngine
import HeedStore
import Hummingbird

/// `/healthz` says that the process answers, `/readyz` that the database does too, and that stops
/// can be written into the journal beside it.
struct HealthRoutes {
    let engine: Engine

    func addRoutes(to router: Router<HeedRequestContext>) {
        router.get("healthz") { _, _ in
            Response(json: Health(status: "ok", position: nil, log: nil))
        }
        router.get("readyz") { _, _ in
            let position = try await engine.ask(LogPosition())
            let log = Health.Log(try await engine.ask(LogStatus()))
            if let fault = await engine.journalFault() { throw UnwritableJournal(fault: fault) }
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

/// The database answers, and its journal cannot be written.
struct UnwritableJournal: Error {
    /// Why, for the log alone: it has the path.
    let fault: StoreError
}
