// Whether the process lives, whether it can do its work, and how the log stands.

import HTTPTypes
import HeedConsent
import HeedEngine
import Hummingbird

/// `/healthz` says that the process answers, `/readyz` that the database does too, `/metrics` how
/// the log and the queue stand.
struct HealthRoutes {
    let engine: Engine
    /// The version of the program.
    let version: String

    func addRoutes(to router: Router<HeedRequestContext>) {
        router.get("healthz") { _, _ in
            Response(json: Health(status: "ok", position: nil, log: nil))
        }
        router.get("readyz") { _, _ in
            let position = try await engine.ask(LogPosition())
            let log = Health.Log(try await engine.ask(LogStatus()))
            return Response(json: Health(status: "ready", position: position, log: log))
        }
        router.get("metrics") { _, _ in
            let text = metrics(of: try await engine.ask(LogStatus()))
            return Response(
                status: .ok,
                headers: [.contentType: Metrics.contentType, .cacheControl: "no-store"],
                body: .init(byteBuffer: ByteBuffer(string: text))
            )
        }
    }

    private func metrics(of status: LogStatus.Status) -> String {
        func age(_ time: Timestamp?) -> Double? {
            time.map { Double(status.now.milliseconds(since: $0)) / 1000 }
        }
        var metrics = Metrics()
        metrics.add(
            "heed_build_info",
            help: "The version of this program.",
            [Metrics.Sample(1, ["version": version])]
        )
        metrics.add(
            "heed_log_size",
            help: "Events under the newest checkpoint.",
            Double(status.size)
        )
        metrics.add(
            "heed_log_unsequenced_events",
            help: "Committed events that are not in the log yet.",
            Double(status.unsequenced)
        )
        metrics.add(
            "heed_log_checkpoint_age_seconds",
            help: "Seconds since the newest checkpoint was signed.",
            age(status.signedAt)
        )
        metrics.add(
            "heed_verification_findings",
            help: "Differences the last verification found; anything but 0 is an alert.",
            status.verification.map { Double($0.findings) }
        )
        metrics.add(
            "heed_verification_age_seconds",
            help: "Seconds since the last verification ended.",
            age(status.verification?.finishedAt)
        )
        metrics.add(
            "heed_verification_events",
            help: "Events the last verification hashed again.",
            status.verification.map { Double($0.events) }
        )
        metrics.add(
            "heed_queue_jobs",
            help: "Jobs in the queue by lane and state.",
            status.queue.map {
                Metrics.Sample(Double($0.count), ["lane": $0.lane, "state": $0.state])
            }
        )
        return metrics.text
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
