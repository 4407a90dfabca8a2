// Instruments write under the names that dashboards ask for, with labels that are bounded.

import CoreMetrics
import HeedEngine
import Synchronization
import Testing

@Suite("DeliveryMetrics")
struct DeliveryMetricsTests {
    @Test func everyInstrumentWritesUnderItsName() {
        let kept = Kept()
        let metrics = DeliveryMetrics(kept)
        metrics.inForce(afterSeconds: 0.25)
        metrics.confirmed(connector: "crm", afterSeconds: 61)
        metrics.attempted(connector: "crm", .givenUp)
        metrics.breaker(connector: "crm", open: true)
        metrics.breaker(connector: "crm", open: false)
        metrics.webhookRejected(connector: "ses", reason: "signature")
        metrics.noticed(channel: "mail", taken: false)
        #expect(
            kept.lines == [
                "heed_optout_local_effect_seconds 0.25",
                "heed_optout_provider_effect_seconds connector=crm 61.0",
                "heed_connector_attempts_total connector=crm outcome=given-up +1",
                "heed_connector_breaker_open connector=crm 1.0",
                "heed_connector_breaker_open connector=crm 0.0",
                "heed_webhook_rejects_total connector=ses reason=signature +1",
                "heed_alert_notices_total channel=mail outcome=failed +1",
            ]
        )
    }

    @Test func withoutAFactoryNothingHappens() { DeliveryMetrics().inForce(afterSeconds: 1) }
}

/// A factory that keeps a line for each measurement.
private final class Kept: MetricsFactory {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    private func handler(_ label: String, _ dimensions: [(String, String)]) -> Handler {
        let name = ([label] + dimensions.map { "\($0.0)=\($0.1)" }).joined(separator: " ")
        return Handler { line in self.kept.withLock { $0.append("\(name) \(line)") } }
    }

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler {
        private let write: @Sendable (String) -> Void

        init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

        func increment(by amount: Int64) { write("+\(amount)") }
        func reset() {}
        func record(_ value: Int64) { write("\(Double(value))") }
        func record(_ value: Double) { write("\(value)") }
        func recordNanoseconds(_ duration: Int64) { write("\(duration) ns") }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(label, dimensions)
    }
    func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler { handler(label, dimensions) }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handler(label, dimensions)
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
