// A keyed hash has the same bytes as words, and the same order.

import HeedConsent
import Testing

@Suite("Key words")
struct KeyWordsTests {
    @Test func bytesAndOrderAreThoseOfTheHash() throws {
        var generator = SeededGenerator(seed: 1)
        let words = (0..<200).map { number in
            KeyWords(high: number < 100 ? 7 : generator.next(), low: generator.next())
        }
        for word in words {
            let id = try #require(ContactID(bytes: word.bytes))
            #expect(id.high == word.high && id.low == word.low)
        }
        let byBytes = words.map(\.bytes).sorted { $0.lexicographicallyPrecedes($1) }
        #expect(words.sorted().map(\.bytes) == byBytes)
    }
}
