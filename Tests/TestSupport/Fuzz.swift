// Good inputs spoiled by chance, so that a reader meets what nobody thought of; a seed replays it.

import Foundation

/// One run over a corpus.
///
/// Each case has a seed of its own: `HEED_FUZZ_SEED=… HEED_FUZZ_CASE=…` plays it alone, and
/// `HEED_FUZZ_CASES` says how many there are. Which case is under way stands in a file, since a
/// trap takes the process with it.
package struct Fuzz: Sendable {
    private let name: String
    private let cases: Int
    private let corpus: [[UInt8]]
    private let seed: UInt64

    /// What was found, with all it takes to see it again.
    package struct Failure: Error, CustomStringConvertible {
        /// The complaint, the seed, the case and its input in hexadecimal.
        package let description: String

        /// Takes a complaint.
        package init(description: String) { self.description = description }
    }

    /// Takes a name for reports, how many cases there are, and good inputs.
    package init(_ name: String, cases: Int, corpus: [[UInt8]]) {
        let environment = ProcessInfo.processInfo.environment
        self.name = name
        self.cases = environment["HEED_FUZZ_CASES"].flatMap { Int($0) } ?? cases
        self.corpus = corpus
        seed = environment["HEED_FUZZ_SEED"].flatMap { UInt64($0) } ?? 0x6865_6564
    }

    /// The same with texts.
    package init(_ name: String, cases: Int, corpus: [String]) {
        self.init(name, cases: cases, corpus: corpus.map { Array($0.utf8) })
    }

    /// Hands each case to a check, which says what is wrong, and nil when nothing is.
    ///
    /// An error that it throws is a failure, too.
    package func run(_ check: (Case) throws -> String?) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "heed-fuzz-\(name)")
        let one = ProcessInfo.processInfo.environment["HEED_FUZZ_CASE"].flatMap { Int($0) }
        for number in one.map({ $0...$0 }) ?? 1...max(1, cases) {
            var chance = SeededGenerator(seed: seed &+ UInt64(number) &* 0x1_0000_0001)
            let original = corpus.randomElement(using: &chance) ?? []
            let input = Mutator(corpus: corpus).mutate(original, by: &chance)
            try Data("HEED_FUZZ_SEED=\(seed) HEED_FUZZ_CASE=\(number)\n".utf8).write(to: file)
            let complaint: String?
            do {
                complaint = try check(Case(original: original, input: input, chance: chance))
            } catch {
                complaint = "threw \(type(of: error)): \(error)"
            }
            if let complaint { throw failure(complaint, number, input) }
        }
        try? FileManager.default.removeItem(at: file)
    }

    private func failure(_ complaint: String, _ number: Int, _ input: [UInt8]) -> Failure {
        let hex = input.prefix(4096).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        return Failure(
            description: "\(name): \(complaint)\nHEED_FUZZ_SEED=\(seed) HEED_FUZZ_CASE=\(number)\n"
                + "\(input.count) bytes: \(hex.joined())"
        )
    }

    /// One input, what it was made of, and chance for whatever else the check needs.
    package struct Case {
        /// A good input.
        package let original: [UInt8]
        /// What became of it; sometimes nothing.
        package let input: [UInt8]
        /// Goes on from where the input was made.
        package var chance: SeededGenerator

        /// The input as text, with signs for what is no UTF-8.
        package var text: String { String(decoding: input, as: UTF8.self) }
    }
}

/// Spoils bytes in the ways files and messages are spoiled.
private struct Mutator {
    let corpus: [[UInt8]]

    /// Bytes that mean something to some reader.
    private static let pieces: [[UInt8]] =
        [
            "\"", "\"\"", ",", ";", "\n", "\r", "\r\n", "\u{0}", "\u{FEFF}", "\u{301}", "@", ".",
            "-", "{", "}", "[", "]", "\\u", "\\ud800", "\\", "1e999", "-0", "99999999999999999999",
            "null", "true", "%", "%00", "&", "=", " ", "\t", "=1+1", "\u{2028}", "\u{202E}",
            "\u{1F468}\u{200D}\u{1F469}", "—", "\n\n", "<", "'", "::", "ﬁ", "İ", "ß",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
            [0x80], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0], [0x7F, 0xFF, 0xFF, 0xFF],
        ]

    /// One in sixteen stays as it was, so that good inputs are read, too.
    func mutate(_ original: [UInt8], by chance: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        guard Int.random(in: 0..<16, using: &chance) > 0 else { return bytes }
        for _ in 0..<Int.random(in: 1...4, using: &chance) { spoil(&bytes, by: &chance) }
        return Array(bytes.prefix(1 << 18))
    }

    private func spoil(_ bytes: inout [UInt8], by chance: inout SeededGenerator) {
        func place(_ count: Int, _ chance: inout SeededGenerator) -> Int {
            Int.random(in: 0...max(0, count), using: &chance)
        }
        func range(_ chance: inout SeededGenerator) -> Range<Int> {
            let (one, other) = (place(bytes.count, &chance), place(bytes.count, &chance))
            return min(one, other)..<max(one, other)
        }
        let piece = Mutator.pieces.randomElement(using: &chance) ?? []
        switch Int.random(in: 0..<10, using: &chance) {
        case 0...1 where !bytes.isEmpty:
            let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &chance)
            bytes[Int.random(in: 0..<bytes.count, using: &chance)] ^= bit
        case 2 where !bytes.isEmpty:
            let value = UInt8.random(in: 0...255, using: &chance)
            bytes[Int.random(in: 0..<bytes.count, using: &chance)] = value
        case 3: bytes.removeSubrange(range(&chance))
        case 4: bytes = Array(bytes.prefix(place(bytes.count, &chance)))
        case 5:
            bytes.insert(contentsOf: Array(bytes[range(&chance)]), at: place(bytes.count, &chance))
        case 6:
            let other = corpus.randomElement(using: &chance) ?? []
            let start = place(other.count, &chance)
            bytes = Array(bytes.prefix(place(bytes.count, &chance)) + other[start...])
        case 7:
            // Now and then long, since what is slow shows then only.
            let isLong = Int.random(in: 0..<64, using: &chance) == 0
            let count = Int.random(in: 2...(isLong ? 20_000 : 80), using: &chance)
            let repeated = [[UInt8]](repeating: piece, count: count).joined()
            bytes.insert(contentsOf: repeated, at: place(bytes.count, &chance))
        default: bytes.insert(contentsOf: piece, at: place(bytes.count, &chance))
        }
    }
}
