// DER: complete values are taken, and nothing that is cut, padded or without end.

import HeedConnectors
import Testing

@Suite("DER")
struct DERTests {
    @Test func valuesHaveTagContentAndBytes() throws {
        let value = try #require(DERValue([0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0x07]))
        #expect(value.tag == 0x30)
        let children = try #require(value.children)
        #expect(children.map(\.tag) == [0x02, 0x04])
        #expect(children.map { Array($0.content) } == [[5], [7]])
        #expect(Array(children[1].whole) == [0x04, 0x01, 0x07])
    }

    @Test(arguments: [0, 1, 127, 128, 255, 256, 65_535, 65_536])
    func lengths(_ count: Int) throws {
        let content = [UInt8](repeating: 1, count: count)
        let length: [UInt8] =
            switch count {
            case ..<128: [UInt8(count)]
            case ..<256: [0x81, UInt8(count)]
            case ..<65_536: [0x82, UInt8(count >> 8), UInt8(count & 255)]
            default: [0x83, UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255)]
            }
        let value = try #require(DERValue([0x04] + length + content))
        #expect(Array(value.content) == content)
        #expect(DERValue([0x04] + length + content.dropLast()) == nil || count == 0)
        #expect(DERValue([0x04] + length + content + [0]) == nil)
    }

    @Test(
        arguments: [
            [], [0x30], [0x30, 0x80], [0x30, 0x80, 0, 0], [0x30, 0x81, 0x01, 0x00],
            [0x30, 0x82, 0x00, 0x80], [0x30, 0x84, 0, 0, 0, 1, 0], [0x1F, 0x01, 0x00],
            [0x30, 0x81], [0x30, 0xFF, 0, 0, 0],
        ] as [[UInt8]]
    )
    func otherBytesAreNone(_ bytes: [UInt8]) {
        #expect(DERValue(bytes) == nil)
    }

    @Test func childrenFillTheirParent() throws {
        let value = try #require(DERValue([0x30, 0x04, 0x02, 0x01, 0x05, 0x04]))
        #expect(value.children == nil)
    }
}
