// Two rates measured in turn in one run, and the ratio pair by pair.

import Foundation

/// What is measured, against what, and the ratio that must be reached.
struct Goal {
    /// What is measured.
    let name: String
    /// What it is measured against.
    let reference: String
    /// The ratio that must be reached; nil for one that is only reported.
    let ratio: Double?
}

/// A measurement against its reference.
struct Comparison: Encodable {
    /// What is measured.
    let name: String
    /// What it is measured against.
    let reference: String
    /// Operations a second, one a repetition.
    let rates: [Double]
    /// The reference's operations a second, one a repetition.
    let referenceRates: [Double]
    /// The ratio that must be reached; nil for one that is only reported.
    let goal: Double?
    /// What the numbers are.
    var unit = "/s"

    /// Measures A, B, A, B, … so that a machine that drifts carries both along.
    static func interleaved(
        _ goal: Goal,
        _ measure: () async throws -> Double,
        _ measureReference: () async throws -> Double
    ) async throws -> Comparison {
        _ = try await (measure(), measureReference())
        var rates: [Double] = []
        var references: [Double] = []
        for _ in 0..<5 {
            rates.append(try await measure())
            references.append(try await measureReference())
        }
        progress("\(goal.name): \(rates.map { Int($0) }) to \(references.map { Int($0) })")
        return Comparison(
            name: goal.name,
            reference: goal.reference,
            rates: rates,
            referenceRates: references,
            goal: goal.ratio
        )
    }

    /// The ratio of each pair.
    var ratios: [Double] { zip(rates, referenceRates).map { $0 / $1 } }

    /// True when the median ratio reaches the goal.
    var isMet: Bool { goal.map { median(ratios) >= $0 } ?? true }

    /// A Markdown table.
    static func table(_ results: [Comparison]) -> String {
        var lines = [
            "| what | reference in the same run | Heed | reference | ratio (min–max) | must |",
            "|---|---|---|---|---|---|",
        ]
        for result in results {
            let ratios = result.ratios.sorted()
            let range = "\(rounded(ratios.first ?? 0))–\(rounded(ratios.last ?? 0))"
            let cells = [
                result.name, result.reference, result.words(result.rates),
                result.words(result.referenceRates),
                "**\(rounded(median(ratios)))×** (\(range))",
                result.goal.map { "≥ \(rounded($0))×" } ?? "—",
            ]
            lines.append("| " + cells.joined(separator: " | ") + " |")
        }
        return lines.joined(separator: "\n")
    }

    private func words(_ values: [Double]) -> String {
        let value = median(values)
        return (value < 100 ? String((value * 100).rounded() / 100) : String(Int(value)))
            + " \(unit)"
    }
}

/// The middle of some numbers.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
        ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

private func rounded(_ value: Double) -> String { String((value * 100).rounded() / 100) }

/// Says on standard error how far a run is, since the table comes last.
func progress(_ words: String) { FileHandle.standardError.write(Data("\(words)\n".utf8)) }
