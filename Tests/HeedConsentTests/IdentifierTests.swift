// UUIDv7 by the vector of RFC 9562, its two forms, its order, and hexadecimal.

import Testing

@testable import HeedConsent

@Suite("Identifier")
struct IdentifierTests {
    /// RFC 9562 appendix A.6: the time, `rand_a` and `rand_b` of the published UUIDv7.
    @Test func theVectorOfTheStandard() throws {
        let time = try instant("2022-02-22T14:22:22-05:00")
        #expect(time.microseconds == 0x017F_22E2_79B0 * 1_000)
        let id = ContactID(at: time, random: (0xCC3, 0x18C4_DC0C_0C07_398F))
        #expect(id.text == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
    }

    @Test func randomBitsNeverTouchTimeVersionAndVariant() {
        let time = Timestamp(microseconds: 0x017F_22E2_79B0 * 1_000 + 999)
        let ones = ContactID(at: time, random: (.max, .max))
        let zeros = ContactID(at: time, random: (0, 0))
        #expect(ones.text == "017f22e2-79b0-7fff-bfff-ffffffffffff")
        #expect(zeros.text == "017f22e2-79b0-7000-8000-000000000000")
    }

    @Test func aTimeBefore1970CountsAsZero() {
        let id = ContactID(at: Timestamp(microseconds: -1), random: (1, 2))
        #expect(id.text == "00000000-0000-7001-8000-000000000002")
    }

    @Test func bothFormsComeBack() throws {
        var generator = SeededGenerator(seed: 0x1D)
        for _ in 0..<1_000 {
            let id = JobID(high: generator.next(), low: generator.next())
            try #require(JobID(text: id.text) == id)
            try #require(JobID(text: id.text.uppercased()) == id)
            try #require(JobID(bytes: id.bytes) == id)
            try #require(id.bytes.count == 16 && id.text.utf8.count == 36)
        }
    }

    @Test(arguments: [
        "", "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b07-cc3-98c4-dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c073}",
        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c0739é",
    ])
    func otherTextsAreNone(_ text: String) {
        #expect(ContactID(text: text) == nil)
    }

    @Test(arguments: [0, 15, 17, 32])
    func otherCountsOfBytesAreNone(_ count: Int) {
        #expect(ContactID(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test func ordersByTimeThenByBytes() {
        let early = ContactID(at: Timestamp(seconds: 1), random: (.max, .max))
        let late = ContactID(at: Timestamp(seconds: 2), random: (0, 0))
        let high = ContactID(high: late.high, low: late.low + 1)
        #expect(early < late && late < high && !(late < early))
        #expect(early.text < late.text && late.text < high.text)
    }

    @Test func printsItsEndOnly() {
        let id = ContactID(high: 0x1122_3344_5566_7788, low: 0x99AA_BBCC_DDEE_FF00)
        var dumped = ""
        dump([id], to: &dumped)
        #expect("\(id)" == "…ff00")
        for text in ["\(id)", String(reflecting: id), "\([id])", "\(["k": id])", dumped] {
            #expect(!text.contains("11223344") && !text.contains("\(id.high)"))
        }
    }
}

@Suite("Hexadecimal")
struct HexadecimalTests {
    @Test func everyByteInBothCases() {
        let all = (UInt8.min...UInt8.max).map { $0 }
        let text = hexadecimal(all)
        #expect(text.hasPrefix("000102030405060708090a0b") && text.hasSuffix("fdfeff"))
        #expect(bytes(hexadecimal: text) == all)
        #expect(bytes(hexadecimal: text.uppercased()) == all)
        #expect(bytes(hexadecimal: "") == [])
    }

    @Test(arguments: ["0", "000", "0g", "g0", " 0", "0x", "é", "-1", "٠٠"])
    func otherTextsAreNone(_ text: String) {
        #expect(bytes(hexadecimal: text) == nil)
    }
}
