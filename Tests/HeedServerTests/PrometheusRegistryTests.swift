// The back end of swift-metrics: what instruments do to values, and what is not kept.

import CoreMetrics
import HeedEngine
import Testing

@testable import HeedServer

@Suite("PrometheusRegistry")
struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry()
    private let none = PrometheusRegistry.Labels([])

    @Test func countersAddUp() {
        let labels = [("connector", "crm"), ("outcome", "failed")]
        for amount in [1, 2] {
            Counter(label: DeliveryMetrics.attempts, dimensions: labels, factory: registry)
                .increment(by: amount)
        }
        FloatingPointCounter(label: DeliveryMetrics.attempts, dimensions: labels, factory: registry)
            .increment(by: 0.5)
        let values = registry.values(of: DeliveryMetrics.attempts)
        #expect(values == [PrometheusRegistry.Labels(labels): .number(3.5)])
    }

    @Test func gaugesKeepTheLastValue() {
        let gauge = Gauge(label: "heed_log_size", factory: registry)
        gauge.record(5)
        gauge.record(3)
        #expect(registry.values(of: "heed_log_size") == [none: .number(3)])
        let meter = Meter(label: "heed_log_size", factory: registry)
        meter.increment(by: 2)
        meter.decrement(by: 1)
        #expect(registry.values(of: "heed_log_size") == [none: .number(4)])
        meter.set(9)
        #expect(registry.values(of: "heed_log_size") == [none: .number(9)])
    }

    /// A value on a bound is within it; one above all bounds is counted all the same.
    @Test func histogramsCountByBound() {
        for seconds in [0.0005, 0.001, 0.0011, 10, 10.5] {
            Recorder(label: DeliveryMetrics.localEffect, factory: registry).record(seconds)
        }
        CoreMetrics.Timer(label: DeliveryMetrics.localEffect, factory: registry)
            .recordNanoseconds(1_000_000)
        guard
            case .distribution(let counts, let count, let sum) =
                registry.values(of: DeliveryMetrics.localEffect)[none]
        else {
            Issue.record("nothing was kept")
            return
        }
        #expect(counts == [3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
        #expect(count == 6 && abs(sum - 20.5036) < 1e-9)
    }

    @Test func aNameNobodyWroteDownIsNotKept() {
        Counter(label: "heed_invented_total", factory: registry).increment()
        Gauge(label: "heed_invented", factory: registry).record(1)
        Recorder(label: "heed_invented_seconds", factory: registry).record(1)
        for name in ["heed_invented_total", "heed_invented", "heed_invented_seconds"] {
            #expect(registry.values(of: name).isEmpty)
        }
    }
}
