// What a verifier has found so far.

import HeedConsent
import HeedEngine

/// The differences so far: all are counted, the first of each kind are kept.
///
/// A cap for each kind, not for all, so that a flood of one does not hide the others.
struct Findings: Sendable {
    /// How many of a kind are kept.
    static let keptOfEachCode = 20

    private(set) var counts: [Finding.Code: Int] = [:]
    private(set) var kept: [Finding] = []

    /// How many there are.
    var count: Int { counts.values.reduce(0, +) }

    mutating func add(_ code: Finding.Code, at place: String, _ sentence: String) {
        counts[code, default: 0] += 1
        guard counts[code, default: 0] <= Findings.keptOfEachCode else { return }
        kept.append(Finding(code, at: place, sentence))
    }
}
