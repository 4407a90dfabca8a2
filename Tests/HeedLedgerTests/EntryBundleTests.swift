// Entry bundles both ways, at their limits and cut short.

import HeedLedger
import Testing

@Suite struct EntryBundleTests {
    @Test func bytesOfASmallBundle() throws {
        let bytes = try EntryBundle.encode([[1, 2, 3], [], [4]])
        #expect(bytes == [0, 3, 1, 2, 3, 0, 0, 0, 1, 4])
        #expect(try EntryBundle.decode(bytes) == [[1, 2, 3], [], [4]])
        #expect(try EntryBundle.decode([]).isEmpty)
    }

    @Test func theLongestEntryAndTheFullBundle() throws {
        let long = [UInt8](repeating: 7, count: EntryBundle.maximumEntryByteCount)
        let bytes = try EntryBundle.encode([long])
        #expect(bytes.prefix(2) == [0xff, 0xff])
        #expect(try EntryBundle.decode(bytes) == [long])
        #expect(refusal { _ = try EntryBundle.encode([long + [7]]) } == .tooLarge)
        let many = [[UInt8]](repeating: [1], count: 257)
        #expect(refusal { _ = try EntryBundle.encode(many) } == .tooLarge)
        let full = try EntryBundle.encode(Array(many.dropLast()))
        #expect(try EntryBundle.decode(full).count == 256)
        #expect(refusal { _ = try EntryBundle.decode(full + [0, 0]) } == .tooLarge)
    }

    @Test func everyCutIsRefused() throws {
        let bytes = try EntryBundle.encode([[1, 2, 3], [4]])
        for length in 1..<bytes.count where length != 5 {
            #expect(
                refusal { _ = try EntryBundle.decode(Array(bytes.prefix(length))) } == .malformed
            )
        }
    }

    @Test func pathsOutsideTheFormatAreRefused() {
        #expect(refusal { _ = try EntryBundle.path(index: -1, width: 1) } == .outOfRange)
    }
}
