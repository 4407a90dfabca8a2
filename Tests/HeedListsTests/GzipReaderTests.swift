// Gzip as it arrives: whole, joined, cut, damaged, and far larger than it looks.

import Foundation
import HeedConsent
import TestSupport
import Testing

@testable import HeedLists

@Suite("Gzip reader")
struct GzipReaderTests {
    private static let text = Array("ada@mail.example\nmary@mail.example\n".utf8)

    private func unpacked(_ bytes: [UInt8], size: Int = 1 << 16) throws -> [UInt8] {
        let reader = try GzipReader(field: "body", bytesMaximum: .max)
        var all: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.add(Array(bytes[start..<min(start + size, bytes.count)]))
            while let piece = try reader.next() { all += piece }
        }
        try reader.end()
        return all
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func howItIsCutDoesNotShow(_ size: Int) throws {
        let packed = try Gzip.pack(GzipReaderTests.text)
        #expect(GzipReader.begins(packed))
        #expect(try unpacked(packed, size: size) == GzipReaderTests.text)
        // Files that were joined are one file (RFC 1952 §2.2), and tapes fill up with zeros.
        let joined = packed + packed + [0, 0, 0]
        #expect(try unpacked(joined, size: size) == GzipReaderTests.text + GzipReaderTests.text)
        #expect(try unpacked(Gzip.pack([]), size: size).isEmpty)
    }

    /// Wherever it ends too early, that is an error and no shorter list.
    @Test func aCutStreamIsAnError() throws {
        let packed = try Gzip.pack(GzipReaderTests.text)
        for count in 0..<packed.count {
            let error = #expect(throws: Refusal.self) { try unpacked(Array(packed[..<count])) }
            #expect(error?.field == "body" && error?.message.contains("cut off") == true)
        }
    }

    @Test func aDamagedStreamIsAnError() throws {
        let packed = try Gzip.pack(GzipReaderTests.text)
        // A byte of the header, of what is packed, of the checksum, of the length.
        for place in [2, 15, packed.count - 6, packed.count - 2] {
            var bytes = packed
            bytes[place] ^= 0x55
            #expect(throws: Refusal.self) { try unpacked(bytes) }
        }
        let error = #expect(throws: Refusal.self) { try unpacked(packed + [1, 2, 3]) }
        #expect(error?.message == "the gzip stream is damaged")
        #expect(throws: Refusal.self) { try unpacked(Array("plain".utf8)) }
    }

    @Test func moreThanMayComeOutIsAnError() throws {
        let packed = try Gzip.pack(GzipReaderTests.text)
        func count(_ maximum: Int) throws -> Int {
            let reader = try GzipReader(field: "body", bytesMaximum: maximum)
            reader.add(packed)
            var count = 0
            while let piece = try reader.next() { count += piece.count }
            return count
        }
        let size = GzipReaderTests.text.count
        #expect(try count(size) == size)
        let error = #expect(throws: Refusal.self) { try count(size - 1) }
        #expect(error?.code == .tooLarge && error?.field == "body")
        #expect(error?.message == "unpacked it is more than \(size - 1) bytes; send it in parts")
    }

    /// A few bytes that stand for many come out in small pieces.
    @Test func aBombComesOutPieceByPiece() throws {
        let packed = try Gzip.pack([UInt8](repeating: 0x61, count: 8 << 20))
        #expect(packed.count < 16 << 10)
        let reader = try GzipReader(field: "body", bytesMaximum: .max)
        reader.add(packed)
        var count = 0
        while let piece = try reader.next() {
            #expect(piece.count <= 65_536)
            count += piece.count
        }
        try reader.end()
        #expect(count == 8 << 20)
    }

    @Test(arguments: [[], [0x1F], [0x61], Array("ada@mail.example".utf8)] as [[UInt8]])
    func whatIsNotPackedStaysAsItIs(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        let chunk = try GzipReader.unpacking(field: "file", bytesMaximum: .max) {
            rest.popFirst().map { [$0] }
        }
        var all: [UInt8] = []
        while let piece = try chunk() { all += piece }
        #expect(all == bytes)
    }
}
