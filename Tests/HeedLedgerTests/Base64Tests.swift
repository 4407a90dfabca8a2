// Base64 against the RFC's vectors, and every text that has a twin refused.

import HeedLedger
import Testing

@Suite struct Base64Tests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
        ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
    func vectors(plain: String, text: String) throws {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(try Base64.decode(text.utf8) == Array(plain.utf8))
    }

    @Test func everyByteReturns() throws {
        for length in 0...66 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 * 37 + length) }
            #expect(try Base64.decode(Base64.encode(bytes).utf8) == bytes)
        }
        let all = Array(UInt8.min...UInt8.max)
        #expect(try Base64.decode(Base64.encode(all).utf8) == all)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zh==", "Zm9=", "Zg==\n", "Z\ng==", "Zm9v Zm9v", "Zm-v", "Zm_v", "Zm9vé===",
        "====", "Z===", "=Zg=", "Zg==Zg==", "Zm8=Zm8=", "A=A=", "=",
    ])
    func otherTextsAreRefused(text: String) {
        #expect(refusal { _ = try Base64.decode(text.utf8) } == .malformed)
    }

    @Test func onlyOneTextDecodesToEachByte() throws {
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=".utf8
        )
        var accepted = 0
        for first in alphabet {
            for second in alphabet {
                let text = [first, second, UInt8(ascii: "="), UInt8(ascii: "=")]
                guard let bytes = try? Base64.decode(text) else { continue }
                accepted += 1
                #expect(Array(Base64.encode(bytes).utf8) == text)
            }
        }
        #expect(accepted == 256)
    }
}
