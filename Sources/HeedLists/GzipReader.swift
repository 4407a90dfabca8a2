// Unpacks gzip (RFC 1952) as it arrives, never more of it than one piece at a time.

import CZlib
package import HeedConsent

/// A stream that is being unpacked.
///
/// What comes out is asked for piece by piece, so that a few bytes that stand for a gigabyte fill
/// no memory. Its checksum and length are checked: a cut or damaged stream is an error.
@safe package final class GzipReader {
    private static let pieceBytes = 65_536

    private let stream: UnsafeMutablePointer<z_stream>
    private let field: String
    private let bytesMaximum: Int
    private var unpackedCount = 0
    private var packed: [UInt8] = []
    private var offset = 0
    /// True between two members, and after the last.
    private var isBetween = false

    /// Names the field that an error is about, and how many bytes may come out.
    package init(field: String, bytesMaximum: Int) throws(Refusal) {
        self.field = field
        self.bytesMaximum = bytesMaximum
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe heed_gunzip_start(stream) == Z_OK else { throw broken("cannot be unpacked") }
    }

    deinit {
        _ = unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// True when a file begins as gzip does.
    package static func begins(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

    /// Adds what has arrived, once `next` has answered nil.
    package func add(_ bytes: [UInt8]) {
        packed = offset == packed.count ? bytes : Array(packed[offset...]) + bytes
        offset = 0
    }

    /// The next bytes, at most 64 KiB; nil when all that was added is unpacked.
    package func next() throws(Refusal) -> [UInt8]? {
        while true {
            if isBetween {
                // Files may be joined, and filled up with zeros.
                while offset < packed.count, packed[offset] == 0 { offset += 1 }
                guard offset < packed.count else { return nil }
                guard unsafe inflateReset(stream) == Z_OK else { throw damaged }
                isBetween = false
            }
            let piece = try unpack()
            unpackedCount += piece.count
            guard unpackedCount <= bytesMaximum else {
                throw Refusal(
                    .tooLarge,
                    field: field,
                    "unpacked it is more than \(bytesMaximum) bytes; send it in parts"
                )
            }
            if !piece.isEmpty { return piece }
            if !isBetween, offset == packed.count { return nil }
        }
    }

    /// Says that nothing follows; throws when the stream is not at its end.
    package func end() throws(Refusal) {
        guard isBetween, offset == packed.count else {
            throw broken("ends before its end; it was cut off")
        }
    }

    private func unpack() throws(Refusal) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: GzipReader.pieceBytes)
        let offset = offset
        let code = unsafe packed.withUnsafeMutableBufferPointer { input in
            unsafe output.withUnsafeMutableBufferPointer { output in
                unsafe stream.pointee.next_in = input.baseAddress.map { unsafe $0 + offset }
                unsafe stream.pointee.avail_in = UInt32(input.count - offset)
                unsafe stream.pointee.next_out = output.baseAddress
                unsafe stream.pointee.avail_out = UInt32(output.count)
                return unsafe inflate(stream, Z_NO_FLUSH)
            }
        }
        self.offset = packed.count - Int(unsafe stream.pointee.avail_in)
        output.removeLast(Int(unsafe stream.pointee.avail_out))
        // Nothing to do is no fault: the rest has not arrived.
        guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else { throw damaged }
        isBetween = code == Z_STREAM_END
        return output
    }

    private var damaged: Refusal { broken("is damaged") }

    private func broken(_ how: String) -> Refusal {
        Refusal(.malformed, field: field, "the gzip stream \(how)")
    }
}

extension GzipReader {
    /// The bytes of a source as they are, or unpacked where they begin as gzip does.
    package static func unpacking(
        field: String,
        bytesMaximum: Int,
        _ chunk: @escaping () throws -> [UInt8]?
    ) throws -> () throws -> [UInt8]? {
        var begin: [UInt8] = []
        while begin.count < 2, let more = try chunk() { begin += more }
        guard begins(begin) else {
            var held: [UInt8]? = begin
            return {
                guard let first = held, !first.isEmpty else { return try chunk() }
                held = nil
                return first
            }
        }
        let reader = try GzipReader(field: field, bytesMaximum: bytesMaximum)
        reader.add(begin)
        return {
            while true {
                if let piece = try reader.next() { return piece }
                guard let bytes = try chunk() else {
                    try reader.end()
                    return nil
                }
                reader.add(bytes)
            }
        }
    }
}
