// Unpacks deflated data (RFC 1951) piece by piece, with the system's zlib.

import CZlib

/// A stream that is being unpacked; its memory is a window of 32 KiB and one piece.
@safe final class Inflater {
    /// Why data cannot be unpacked.
    struct Broken: Error {}

    private static let pieceBytes = 65_536

    private let stream: UnsafeMutablePointer<z_stream>
    /// True after the last byte.
    private(set) var isAtEnd = false
    /// CRC-32 of everything that came out.
    private(set) var checksum: UInt = 0

    init() throws(Broken) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe heed_inflate_start(stream) == Z_OK else { throw Broken() }
    }

    deinit {
        _ = unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Unpacks a piece; what comes out is handed over in pieces as well.
    func unpack(_ packed: [UInt8], _ take: ([UInt8]) -> Void) throws(Broken) {
        var packed = packed
        var rest = packed.count
        while !isAtEnd {
            var output = [UInt8](repeating: 0, count: Inflater.pieceBytes)
            let offset = packed.count - rest
            let code = unsafe packed.withUnsafeMutableBufferPointer { input in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe stream.pointee.next_in = input.baseAddress.map { unsafe $0 + offset }
                    unsafe stream.pointee.avail_in = UInt32(rest)
                    unsafe stream.pointee.next_out = output.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(output.count)
                    return unsafe inflate(stream, Z_NO_FLUSH)
                }
            }
            rest = Int(unsafe stream.pointee.avail_in)
            let count = Inflater.pieceBytes - Int(unsafe stream.pointee.avail_out)
            output.removeLast(output.count - count)
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                throw Broken()
            }
            isAtEnd = code == Z_STREAM_END
            count32(output)
            if !output.isEmpty { take(output) }
            // All was read, and what came out did not fill its place: nothing more is in there.
            if rest == 0, count < Inflater.pieceBytes { return }
        }
    }

    /// Counts bytes that were stored as they are.
    func count32(_ bytes: [UInt8]) {
        checksum = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe crc32(checksum, bytes.baseAddress, UInt32(bytes.count))
        }
    }
}
