// `/metrics`: what this process has measured, and how queue, deadlines and log stand.

import CoreMetrics
import HeedConsent
import HeedEngine
import HeedStore
import Hummingbird

/// Answers Prometheus.
///
/// What the database knows is read when it is asked for, into a registry that lives as long as the
/// answer, so that what is gone leaves no value behind.
struct MetricsRoutes {
    let engine: Engine
    /// The version of the program.
    let version: String
    /// What this process has measured.
    let registry: PrometheusRegistry

    func addRoutes(to router: Router<HeedRequestContext>) {
        router.get("metrics") { _, _ in
            let found = PrometheusRegistry()
            let gauges = Gauges(registry: found)
            gauges.set("heed_build_info", 1, ["version": version])
            gauges.set(try await engine.ask(Measurements()))
            gauges.set(engine.index.figures)
            gauges.set("heed_journal_writable", await engine.journalFault() == nil ? 1 : 0)
            return Response(
                status: .ok,
                headers: [.contentType: PrometheusText.contentType, .cacheControl: "no-store"],
                body: .init(
                    byteBuffer: ByteBuffer(string: PrometheusText.text(of: [found, registry]))
                )
            )
        }
    }
}

/// Writes numbers that are looked up when asked for through swift-metrics.
private struct Gauges {
    let registry: PrometheusRegistry

    /// Sets one gauge; nothing where there is no value yet.
    func set(_ name: String, _ value: Double?, _ labels: KeyValuePairs<String, String> = [:]) {
        guard let value else { return }
        let dimensions = labels.map { ($0.key, $0.value) }
        Gauge(label: name, dimensions: dimensions, factory: registry).record(value)
    }

    /// Sets all of them.
    func set(_ answer: Measurements.Answer) {
        set(answer.log)
        set(answer.queue)
        for open in answer.open {
            let labels: KeyValuePairs = ["regime": open.regime]
            let margin = open.deadlineAt.microseconds - answer.queue.now.microseconds
            set("heed_optouts_open", Double(open.count), labels)
            set("heed_optouts_past_deadline", Double(open.past), labels)
            set("heed_optout_deadline_margin_seconds", Double(margin / 1000) / 1000, labels)
        }
        for kind in RightsRequest.Kind.allCases {
            let open = answer.requests.first { $0.kind == kind }
            let labels: KeyValuePairs = ["kind": kind.rawValue]
            set("heed_requests_open", Double(open?.count ?? 0), labels)
            set("heed_requests_past_deadline", Double(open?.past ?? 0), labels)
            let margin = open.map { $0.deadlineAt.microseconds - answer.queue.now.microseconds }
            set("heed_request_deadline_days", margin.map { Double($0) / 86_400_000_000 }, labels)
        }
        for kind in Alert.Kind.allCases {
            let isOpen = answer.alerts.contains(kind)
            set("heed_alerts_open", isOpen ? 1 : 0, ["kind": kind.rawValue])
        }
    }

    /// Sets what this process' index of the guard has done since it started.
    func set(_ index: GuardIndex.Figures) {
        set("heed_guard_index_addresses", Double(index.addresses))
        set("heed_guard_index_bytes", Double(index.bytes))
        count("heed_guard_batches_total", index.answered, [("by", "index")])
        count("heed_guard_batches_total", index.passed, [("by", "database")])
        count("heed_guard_index_reloaded_people_total", index.reloaded)
        count("heed_guard_index_builds_total", index.built)
    }

    private func count(_ name: String, _ value: Int, _ labels: [(String, String)] = []) {
        Counter(label: name, dimensions: labels, factory: registry).increment(by: value)
    }

    private func set(_ status: LogStatus.Status) {
        func age(_ time: Timestamp?) -> Double? {
            time.map { Double(status.now.milliseconds(since: $0)) / 1000 }
        }
        set("heed_log_size", Double(status.size))
        set("heed_log_unsequenced_events", Double(status.unsequenced))
        set("heed_log_checkpoint_age_seconds", age(status.signedAt))
        set("heed_verification_findings", status.verification.map { Double($0.findings) })
        set("heed_verification_age_seconds", age(status.verification?.finishedAt))
        set("heed_verification_events", status.verification.map { Double($0.events) })
    }

    private func set(_ queue: QueueOverview.Overview) {
        for lane in queue.lanes {
            for state in ListJobs.states {
                let labels: KeyValuePairs = ["lane": lane.name, "state": state]
                set("heed_queue_jobs", Double(lane.counts[state] ?? 0), labels)
            }
            let age = lane.oldest.map { Double(queue.now.milliseconds(since: $0.dueSince)) / 1000 }
            set("heed_queue_oldest_age_seconds", age ?? 0, ["lane": lane.name])
        }
        for connector in queue.connectors {
            for (state, count) in [("pending", connector.pending), ("buried", connector.buried)] {
                let labels: KeyValuePairs = ["connector": connector.name, "state": state]
                set("heed_connector_targets", Double(count), labels)
            }
        }
    }
}
