// Hexadecimal both ways, and what is not lower-case hexadecimal.

import HeedLedger
import Testing

@Suite struct HexTests {
    @Test func everyByteReturns() throws {
        let all = Array(UInt8.min...UInt8.max)
        #expect(try Hex.decode(Hex.encode(all).utf8) == all)
        #expect(Hex.encode([0x00, 0x0f, 0xa0, 0xff]) == "000fa0ff")
    }

    @Test(arguments: ["0", "0G", "AA", " 0", "0x00", "é"])
    func otherTextsAreRefused(text: String) {
        #expect(refusal { _ = try Hex.decode(text.utf8) } == .malformed)
    }
}
