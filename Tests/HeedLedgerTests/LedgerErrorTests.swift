// The text of an error, which is what operators read.

import HeedLedger
import Testing

@Suite struct LedgerErrorTests {
    @Test func descriptionNamesTheCode() {
        let error = LedgerError(.outOfRange, "a size is not negative")
        #expect("\(error)" == "outOfRange: a size is not negative")
        #expect(error == LedgerError(.outOfRange, "a size is not negative"))
        #expect(LedgerError.Code.outOfRange != .malformed)
    }
}
