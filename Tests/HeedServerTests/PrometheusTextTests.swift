// The text of measurements: families in order, labels escaped, histograms cumulative.

import CoreMetrics
import HeedEngine
import Testing

@testable import HeedServer

@Suite("PrometheusText")
struct PrometheusTextTests {
    /// The lines about one family.
    private func lines(_ name: String, of registries: PrometheusRegistry...) -> [String] {
        let lines = PrometheusText.text(of: registries).split(separator: "\n").map(String.init)
        return lines.filter { line in
            line.split(separator: " ").first { !["#", "HELP", "TYPE"].contains($0) }?
                .hasPrefix(name) == true
        }
    }

    @Test func everyFamilyIsAnnouncedOnceAndInOrder() {
        let text = PrometheusText.text(of: [])
        let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }
        #expect(types.count == MetricFamily.all.count)
        #expect(text.split(separator: "\n").count == 2 * MetricFamily.all.count)
        #expect(text.hasSuffix("\n"))
    }

    /// What the format and its customs ask of names (prometheus.io, "Metric and label naming").
    @Test func namesFollowTheCustom() {
        #expect(Set(MetricFamily.all.map(\.name)).count == MetricFamily.all.count)
        for family in MetricFamily.all {
            #expect(family.name.wholeMatch(of: /heed_[a-z]+(_[a-z]+)*/) != nil)
            #expect(family.name.hasSuffix("_total") == (family.kind == .counter))
            if case .histogram(let bounds) = family.kind {
                #expect(family.name.hasSuffix("_seconds"))
                #expect(bounds == Set(bounds).sorted())
            }
            #expect(family.help.hasSuffix("."))
        }
    }

    @Test func valuesOfBothRegistriesInTheOrderOfTheirLabels() {
        let (one, two) = (PrometheusRegistry(), PrometheusRegistry())
        func set(_ registry: PrometheusRegistry, _ lane: String, _ value: Double) {
            let dimensions = [("lane", lane), ("state", "ready")]
            Gauge(label: "heed_queue_jobs", dimensions: dimensions, factory: registry).record(value)
        }
        set(one, "b", 2)
        set(two, "a", 0.5)
        set(one, "c", -1)
        #expect(
            lines("heed_queue_jobs", of: one, two) == [
                "# HELP heed_queue_jobs Jobs in the queue by lane and state.",
                "# TYPE heed_queue_jobs gauge",
                #"heed_queue_jobs{lane="a",state="ready"} 0.5"#,
                #"heed_queue_jobs{lane="b",state="ready"} 2"#,
                #"heed_queue_jobs{lane="c",state="ready"} -1"#,
            ]
        )
    }

    @Test func labelsAreEscaped() {
        let registry = PrometheusRegistry()
        let dimensions = [("version", "x\\y\n\"z\"\u{301}")]
        Gauge(label: "heed_build_info", dimensions: dimensions, factory: registry).record(1)
        let line = lines("heed_build_info", of: registry).last
        // Byte by byte: an accent on a quote leaves it a quote.
        let expected = #"heed_build_info{version="x\\y\n\"z\""# + "\u{301}\"} 1"
        #expect(line.map { Array($0.utf8) } == Array(expected.utf8))
    }

    @Test func histogramsAreCumulative() {
        let registry = PrometheusRegistry()
        let metrics = DeliveryMetrics(registry)
        for seconds in [0.05, 61, 61, 1e6] {
            metrics.confirmed(connector: "crm", afterSeconds: seconds)
        }
        let found = lines(DeliveryMetrics.providerEffect, of: registry).dropFirst(2)
        let name = "heed_optout_provider_effect_seconds"
        #expect(found.first == "\(name)_bucket{connector=\"crm\",le=\"0.1\"} 1")
        #expect(found.contains("\(name)_bucket{connector=\"crm\",le=\"60\"} 1"))
        #expect(found.contains("\(name)_bucket{connector=\"crm\",le=\"300\"} 3"))
        #expect(
            found.suffix(3) == [
                "\(name)_bucket{connector=\"crm\",le=\"+Inf\"} 4",
                "\(name)_sum{connector=\"crm\"} 1000122.05",
                "\(name)_count{connector=\"crm\"} 4",
            ]
        )
        #expect(found.count == MetricFamily.cascadeSeconds.count + 3)
    }
}
