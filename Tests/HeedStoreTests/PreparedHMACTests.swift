// The same codes as the library makes, and as RFC 4231 has them.

import Crypto
import HeedConsent
import Testing

@testable import HeedStore

@Suite("PreparedHMAC")
struct PreparedHMACTests {
    private func code(_ key: [UInt8], _ prefix: [UInt8], _ message: [UInt8]) -> [UInt8] {
        let hmac = PreparedHMAC(key: SymmetricKey(data: key), prefix: prefix)
        let (high, low) = unsafe message.withUnsafeBytes { unsafe hmac.words(over: $0) }
        return KeyWords(high: high, low: low).bytes
    }

    /// RFC 4231, 4.2, 4.3 and 4.7: a short key, one that is a word, and one longer than a block.
    @Test(
        arguments: [
            (Array(repeating: 0x0b, count: 20), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b"),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c7"
            ),
            (
                Array(repeating: 0xaa, count: 131),
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f"
            ),
        ] as [([UInt8], String, String)]
    )
    func codesAreThoseOfTheRFC(_ key: [UInt8], _ message: String, _ code: String) {
        #expect(hexadecimal(self.code(key, [], Array(message.utf8))) == code)
    }

    @Test func codesAreTheLibrarys() {
        for count in 0..<200 {
            let key = (0..<UInt8(count % 140)).map { $0 &* 7 }
            let prefix = Array("v1|email|".utf8.prefix(count % 10))
            let message = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let expected = HMAC<SHA256>.authenticationCode(
                for: prefix + message,
                using: SymmetricKey(data: key)
            )
            #expect(code(key, prefix, message) == Array(expected.prefix(16)))
        }
    }
}
