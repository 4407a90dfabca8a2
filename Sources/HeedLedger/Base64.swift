// Base64 with the standard alphabet and padding (RFC 4648 §4), strict and without Foundation.

/// Base64 in the one form that C2SP formats allow.
///
/// Decoding refuses line breaks, missing padding and non-zero bits behind the last byte
/// (RFC 4648 §3.5), so that each value has exactly one text and no two texts verify alike.
package enum Base64 {
    private static let alphabet = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8
    )
    private static let padding = UInt8(ascii: "=")
    private static let invalid: UInt8 = 0xff
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, character) in alphabet.enumerated() {
            values[Int(character)] = UInt8(value)
        }
        return values
    }()

    /// Writes bytes as text.
    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var position = 0
        while position < bytes.count {
            let count = min(3, bytes.count - position)
            var group = 0
            for offset in 0..<3 {
                group = group << 8 | (offset < count ? Int(bytes[position + offset]) : 0)
            }
            for digit in 0..<4 {
                text.append(digit <= count ? alphabet[group >> (18 - 6 * digit) & 63] : padding)
            }
            position += 3
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads text as bytes.
    package static func decode(_ text: some Collection<UInt8>) throws(LedgerError) -> [UInt8] {
        let text = Array(text)
        guard text.count.isMultiple(of: 4) else {
            throw LedgerError(.malformed, "base64 comes in groups of four characters")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        for start in stride(from: 0, to: text.count, by: 4) {
            var digits = 4
            if start + 4 == text.count {
                digits -= text[start + 3] == padding ? (text[start + 2] == padding ? 2 : 1) : 0
            }
            var group = 0
            for offset in 0..<4 {
                let value = offset < digits ? values[Int(text[start + offset])] : 0
                guard value != invalid else {
                    throw LedgerError(.malformed, "base64 holds a character outside its alphabet")
                }
                group = group << 6 | Int(value)
            }
            guard group & (0xffffff >> (8 * (digits - 1))) == 0 else {
                throw LedgerError(.malformed, "base64 ends in bits that are not zero")
            }
            for byte in 0..<(digits - 1) {
                bytes.append(UInt8(truncatingIfNeeded: group >> (16 - 8 * byte)))
            }
        }
        return bytes
    }
}
