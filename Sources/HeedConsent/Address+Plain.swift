// The short way through address normalising, for plain ASCII addresses, which nearly all are.

/// An address of lower-case letters, digits and a few marks after lower-casing: the same result as
/// the full rules in a tenth of the time, since a guard normalises a million of these a campaign.
struct PlainAddress {
    /// The part before the `@`, lower-cased.
    let local: String
    /// The part after it, lower-cased.
    let domain: String
    /// Both.
    let match: String

    /// Nil when the text needs the full rules: quotes, Unicode, white space, odd marks, any error.
    init?(_ text: String) {
        let bytes = text.utf8.span
        guard (3...254).contains(bytes.count) else { return nil }
        var lowered: [UInt8] = []
        lowered.reserveCapacity(bytes.count)
        var at: Int?
        var labelStart = 0
        for index in bytes.indices {
            let byte = bytes[index]
            switch byte {
            case 0x61...0x7A, 0x30...0x39: lowered.append(byte)
            case 0x41...0x5A: lowered.append(byte | 0x20)
            case 0x2E:
                guard PlainAddress.isLabel(lowered[labelStart...], isHost: at != nil) else {
                    return nil
                }
                lowered.append(byte)
                labelStart = index + 1
            case 0x40:
                guard at == nil, index <= 64,
                    PlainAddress.isLabel(lowered[labelStart...], isHost: false)
                else { return nil }
                at = index
                lowered.append(byte)
                labelStart = index + 1
            case 0x2D, 0x5F: lowered.append(byte)
            case 0x2B, 0x27:
                guard at == nil else { return nil }
                lowered.append(byte)
            default: return nil
            }
        }
        guard let at, PlainAddress.isLabel(lowered[labelStart...], isHost: true) else { return nil }
        match = String(decoding: lowered, as: UTF8.self)
        local = String(decoding: lowered[..<at], as: UTF8.self)
        domain = String(decoding: lowered[(at + 1)...], as: UTF8.self)
    }

    /// What stands between two dots: something, and in a domain 63 bytes at most with no hyphen at
    /// an end.
    private static func isLabel(_ label: ArraySlice<UInt8>, isHost: Bool) -> Bool {
        guard let first = label.first, let last = label.last else { return false }
        return !isHost || (label.count <= 63 && first != 0x2D && last != 0x2D)
    }
}
