// Whether the process lives and whether it can do its work.

import HTTPTypes
import HeedEngine
import Hummingbird

/// `/healthz` says that the process answers, `/readyz` that the database does too.
struct HealthRoutes {
    let engine: Engine

    func addRoutes(to router: Router<HeedRequestContext>) {
        router.get("healthz") { _, _ in Response(json: Health(status: "ok", position: nil)) }
        router.get("readyz") { _, _ in
            let position = try await engine.ask(LogPosition())
            return Response(json: Health(status: "ready", position: position))
        }
    }

    private struct Health: Encodable {
        let status: String
        let position: Int64?
    }
}
