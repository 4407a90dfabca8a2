// Lower-case hexadecimal, the form of key ids in note keys and of hashes in paths and logs.

/// Hexadecimal in its lower-case form.
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    /// Writes two digits for each byte.
    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads lower-case digits; upper case is refused so that each value has one text.
    package static func decode(_ text: some Collection<UInt8>) throws(LedgerError) -> [UInt8] {
        guard text.count.isMultiple(of: 2) else {
            throw LedgerError(.malformed, "hexadecimal comes in pairs of digits")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2)
        var high: Int?
        for character in text {
            guard let value = digits.firstIndex(of: character) else {
                throw LedgerError(.malformed, "hexadecimal holds a character outside 0-9a-f")
            }
            if let first = high {
                bytes.append(UInt8(first << 4 | value))
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
