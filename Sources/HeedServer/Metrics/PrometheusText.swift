// Measurements in Prometheus' text format, version 0.0.4.

/// The text that Prometheus reads.
enum PrometheusText {
    /// The media type of the format.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All families in their order, each with what the registries hold of it.
    ///
    /// A family without values is announced all the same, so that a reader can know of it.
    static func text(of registries: [PrometheusRegistry]) -> String {
        var text = ""
        for family in MetricFamily.all {
            text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
            text += "# TYPE \(family.name) \(family.kind.word)\n"
            let lines = registries.flatMap { registry in
                registry.values(of: family.name).map { labels, value in
                    (pairs(labels), PrometheusText.lines(family, pairs(labels), value))
                }
            }
            for line in lines.sorted(by: { $0.0.lexicographicallyPrecedes($1.0) }).flatMap(\.1) {
                text += line + "\n"
            }
        }
        return text
    }

    private static func lines(
        _ family: MetricFamily,
        _ pairs: [String],
        _ value: PrometheusRegistry.Value
    ) -> [String] {
        switch value {
        case .number(let value): return ["\(family.name)\(braces(pairs)) \(number(value))"]
        case .distribution(let counts, let count, let sum):
            guard case .histogram(let bounds) = family.kind else { return [] }
            var lines: [String] = []
            var total = 0
            for (bound, count) in zip(bounds, counts) {
                total += count
                let labels = braces(pairs + ["le=\"\(number(bound))\""])
                lines.append("\(family.name)_bucket\(labels) \(total)")
            }
            lines.append("\(family.name)_bucket\(braces(pairs + ["le=\"+Inf\""])) \(count)")
            lines.append("\(family.name)_sum\(braces(pairs)) \(number(sum))")
            lines.append("\(family.name)_count\(braces(pairs)) \(count)")
            return lines
        }
    }

    private static func pairs(_ labels: PrometheusRegistry.Labels) -> [String] {
        labels.pairs.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
    }

    private static func braces(_ pairs: [String]) -> String {
        pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
    }

    /// Whole numbers without a fraction, as people expect to read them.
    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { String($0) } ?? String(value)
    }

    /// A backslash and a line feed are escaped everywhere, a quote in label values.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        // By scalars: with a mark that joins it, a quote is no character of its own.
        text.unicodeScalars.map { scalar -> String in
            switch scalar {
            case "\\": "\\\\"
            case "\n": "\\n"
            case "\"" where quotes: "\\\""
            default: String(scalar)
            }
        }.joined()
    }
}
