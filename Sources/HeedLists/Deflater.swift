// Packs data by deflate (RFC 1951) piece by piece, with the system's zlib.

import CZlib

/// A stream that is being packed; its memory is that of zlib and one piece.
@safe package final class Deflater {
    /// Why data cannot be packed: there is no memory for it.
    package struct Broken: Error {}

    private static let pieceBytes = 65_536

    private let stream: UnsafeMutablePointer<z_stream>
    /// CRC-32 of everything that went in.
    package private(set) var checksum: UInt = 0

    /// Begins.
    package init() throws(Broken) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe heed_deflate_start(stream) == Z_OK else { throw Broken() }
    }

    deinit {
        _ = unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Packs a piece; what is ready comes back, perhaps nothing yet.
    package func pack(_ bytes: [UInt8]) throws(Broken) -> [UInt8] {
        checksum = unsafe bytes.withUnsafeBufferPointer { bytes in
            unsafe crc32(checksum, bytes.baseAddress, UInt32(bytes.count))
        }
        return try run(bytes, Z_NO_FLUSH)
    }

    /// The rest, after the last piece.
    package func finish() throws(Broken) -> [UInt8] { try run([], Z_FINISH) }

    private func run(_ bytes: [UInt8], _ flush: Int32) throws(Broken) -> [UInt8] {
        var input = bytes
        var packed: [UInt8] = []
        var rest = input.count
        while true {
            var output = [UInt8](repeating: 0, count: Deflater.pieceBytes)
            let offset = input.count - rest
            let code = unsafe input.withUnsafeMutableBufferPointer { input in
                unsafe output.withUnsafeMutableBufferPointer { output in
                    unsafe stream.pointee.next_in = input.baseAddress.map { unsafe $0 + offset }
                    unsafe stream.pointee.avail_in = UInt32(rest)
                    unsafe stream.pointee.next_out = output.baseAddress
                    unsafe stream.pointee.avail_out = UInt32(output.count)
                    return unsafe deflate(stream, flush)
                }
            }
            rest = Int(unsafe stream.pointee.avail_in)
            let count = Deflater.pieceBytes - Int(unsafe stream.pointee.avail_out)
            packed += output.prefix(count)
            guard code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR else {
                throw Broken()
            }
            // What came out did not fill its place: everything was read.
            if code == Z_STREAM_END || count < Deflater.pieceBytes { return packed }
        }
    }
}
