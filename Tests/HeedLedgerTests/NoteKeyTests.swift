// Names and ids of note keys.

import HeedLedger
import Testing

@Suite struct NoteKeyTests {
    @Test(arguments: ["a", "example.com/log42", "oid/1.3.6.1", "é", "a=b"])
    func names(name: String) {
        #expect(NoteKey.isValidName(name))
    }

    @Test(arguments: [
        "", " ", "a b", "a+b", "a\nb", "a\tb", "a\u{a0}b", "a\u{85}", "\u{2003}", "\u{3000}a",
        "a\u{2028}", "a\u{0}b",
    ])
    func otherNames(name: String) {
        #expect(!NoteKey.isValidName(name))
    }

    @Test func idsDependOnNameKindAndKey() {
        let key = [UInt8](repeating: 1, count: 32)
        let ids: Set<UInt32> = [
            NoteKey.id(name: "a", algorithm: .ed25519, publicKey: key),
            NoteKey.id(name: "b", algorithm: .ed25519, publicKey: key),
            NoteKey.id(name: "a", algorithm: .cosignature, publicKey: key),
            NoteKey.id(name: "a", algorithm: .ed25519, publicKey: key.reversed() + [0]),
        ]
        #expect(ids.count == 4)
    }
}
