// The measurements of `/metrics` in Prometheus' text format, version 0.0.4.

/// Measurements in the order they are added, one family after the other.
struct Metrics {
    /// What a number means over time.
    enum Kind: String {
        case gauge
        case counter
    }

    /// A value with its labels.
    struct Sample {
        let labels: KeyValuePairs<String, String>
        let value: Double

        init(_ value: Double, _ labels: KeyValuePairs<String, String> = [:]) {
            self.labels = labels
            self.value = value
        }
    }

    /// The media type of the format.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    /// Adds a family with one value a set of labels; one without values is left out.
    mutating func add(
        _ name: String,
        _ kind: Kind = .gauge,
        help: String,
        _ samples: [Sample]
    ) {
        guard !samples.isEmpty else { return }
        text += "# HELP \(name) \(Metrics.escaped(help, quotes: false))\n"
        text += "# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let pairs = sample.labels.map {
                "\($0.key)=\"\(Metrics.escaped($0.value, quotes: true))\""
            }
            let suffix = pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}"
            text += "\(name)\(suffix) \(Metrics.number(sample.value))\n"
        }
    }

    /// Adds a family of one value; nothing where there is no value yet.
    mutating func add(_ name: String, help: String, _ value: Double?) {
        add(name, help: help, value.map { [Sample($0)] } ?? [])
    }

    /// Whole numbers without a fraction, as people expect to read them.
    private static func number(_ value: Double) -> String {
        Int64(exactly: value).map { String($0) } ?? String(value)
    }

    /// A backslash and a line feed are escaped everywhere, a quote in label values.
    private static func escaped(_ text: String, quotes: Bool) -> String {
        let plain = text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        return quotes ? plain.replacing("\"", with: "\\\"") : plain
    }
}
