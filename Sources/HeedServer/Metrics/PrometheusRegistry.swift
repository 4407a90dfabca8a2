// A back end of swift-metrics that keeps values in memory, for Prometheus to ask for (decision 17).

package import CoreMetrics
import Synchronization

/// Keeps every measurement by name and labels.
///
/// A name that `MetricFamily` does not have is not kept: dashboards could not know it. Each set of
/// labels is kept as long as the registry, so labels never hold what comes from outside.
package final class PrometheusRegistry: MetricsFactory {
    /// Labels with their values, in the order they were given.
    struct Labels: Hashable {
        let pairs: [Pair]

        struct Pair: Hashable {
            let name: String
            let value: String
        }

        init(_ dimensions: [(String, String)]) {
            pairs = dimensions.map { Pair(name: $0.0, value: $0.1) }
        }
    }

    /// What was measured.
    enum Value: Equatable {
        case number(Double)
        /// How many values are within each bound and not the one before; how many there are; sum.
        case distribution([Int], count: Int, sum: Double)
    }

    private let values: Mutex<[String: [Labels: Value]]>

    /// Starts with nothing measured.
    package init() { values = Mutex([:]) }

    /// What was measured under a name.
    func values(of name: String) -> [Labels: Value] { values.withLock { $0[name] ?? [:] } }

    fileprivate func set(_ value: Double, _ name: String, _ labels: Labels) {
        values.withLock { $0[name, default: [:]][labels] = .number(value) }
    }

    fileprivate func add(_ value: Double, _ name: String, _ labels: Labels) {
        values.withLock { values in
            var sum = value
            if case .number(let before) = values[name]?[labels] { sum += before }
            values[name, default: [:]][labels] = .number(sum)
        }
    }

    fileprivate func observe(_ value: Double, _ series: Series, _ bounds: [Double]) {
        values.withLock { values in
            var (counts, count, sum) = (bounds.map { _ in 0 }, 0, 0.0)
            if case .distribution(let earlier, let number, let total) =
                values[series.name]?[series.labels]
            {
                (counts, count, sum) = (earlier, number, total)
            }
            if let place = bounds.firstIndex(where: { value <= $0 }) { counts[place] += 1 }
            values[series.name, default: [:]][series.labels] =
                .distribution(counts, count: count + 1, sum: sum + value)
        }
    }

    // MARK: - MetricsFactory

    /// Counts.
    package func makeCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any CounterHandler { Series(self, label, dimensions) }

    /// Counts fractions, too.
    package func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler { Series(self, label, dimensions) }

    /// Keeps the last value, or a distribution where the family is a histogram.
    package func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler { Series(self, label, dimensions) }

    /// Keeps the last value, and adds to it.
    package func makeMeter(
        label: String,
        dimensions: [(String, String)]
    ) -> any MeterHandler { Series(self, label, dimensions) }

    /// Keeps a distribution of seconds.
    package func makeTimer(
        label: String,
        dimensions: [(String, String)]
    ) -> any TimerHandler { Series(self, label, dimensions) }

    /// Values stay: an instrument is made anew for each measurement.
    package func destroyCounter(_ handler: any CounterHandler) {}
    /// Values stay.
    package func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    /// Values stay.
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Values stay.
    package func destroyMeter(_ handler: any MeterHandler) {}
    /// Values stay.
    package func destroyTimer(_ handler: any TimerHandler) {}
}

/// One name with its labels, as swift-metrics wants it.
private final class Series: CounterHandler, FloatingPointCounterHandler, RecorderHandler,
    MeterHandler, TimerHandler
{
    private let registry: PrometheusRegistry
    let name: String
    let labels: PrometheusRegistry.Labels
    private let kind: MetricFamily.Kind?

    init(_ registry: PrometheusRegistry, _ name: String, _ dimensions: [(String, String)]) {
        self.registry = registry
        self.name = name
        labels = PrometheusRegistry.Labels(dimensions)
        kind = MetricFamily.named(name)?.kind
    }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        if kind != nil { registry.add(amount, name, labels) }
    }

    func decrement(by amount: Double) { increment(by: -amount) }

    func reset() { set(0.0) }

    func set(_ value: Int64) { set(Double(value)) }

    func set(_ value: Double) {
        if kind != nil { registry.set(value, name, labels) }
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        if case .histogram(let bounds) = kind {
            registry.observe(value, self, bounds)
        } else {
            set(value)
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1_000_000_000) }
}
