// Chance that repeats itself for a seed, so that a failure can be replayed.

package import HeedStore
import Synchronization

/// Splitmix64: the same numbers for the same seed, on every machine.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts at a seed.
    package init(seed: UInt64) { state = seed }

    /// The next number.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension Surroundings {
    /// The test's clock, and chance from a seed.
    ///
    /// Two installations need two seeds, or they share keys.
    package static func seeded(_ seed: UInt64, clock: TestClock) -> Surroundings {
        let generator = SeededSource(seed: seed)
        return Surroundings(now: { clock.now }, random: { generator.next() })
    }
}

private final class SeededSource: Sendable {
    private let generator: Mutex<SeededGenerator>

    init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }

    func next() -> UInt64 { generator.withLock { $0.next() } }
}
