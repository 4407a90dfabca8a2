// The text of measurements: families in order, labels escaped, nothing for what has no value.

import Testing

@testable import HeedServer

@Suite("Metrics")
struct MetricsTests {
    @Test func oneFamilyAfterTheOther() {
        var metrics = Metrics()
        metrics.add("a_total", .counter, help: "All.", [Metrics.Sample(3)])
        metrics.add("b", help: "Half.", 0.5)
        metrics.add("c", help: "Absent.", nil)
        metrics.add("d", help: "None.", [])
        #expect(
            metrics.text == """
                # HELP a_total All.
                # TYPE a_total counter
                a_total 3
                # HELP b Half.
                # TYPE b gauge
                b 0.5

                """
        )
    }

    @Test func labelsAndHelpAreEscaped() {
        var metrics = Metrics()
        metrics.add("a", help: "x\\y\n\"z\"", [Metrics.Sample(-1, ["l": "x\\y\n\"z\"", "m": ""])])
        #expect(
            metrics.text == #"""
                # HELP a x\\y\n"z"
                # TYPE a gauge
                a{l="x\\y\n\"z\"",m=""} -1

                """#
        )
    }
}
