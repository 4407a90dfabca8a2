// The little of DER (ITU-T X.690) that reading a certificate needs.

/// A value in DER: its tag, its content, and all its bytes.
package struct DERValue {
    /// The tag's one byte; longer tags do not occur in a certificate.
    package let tag: UInt8
    /// The bytes of the content.
    package let content: ArraySlice<UInt8>
    /// The bytes with tag and length.
    package let whole: ArraySlice<UInt8>

    static let sequence: UInt8 = 0x30
    static let objectIdentifier: UInt8 = 0x06
    static let utcTime: UInt8 = 0x17
    static let generalizedTime: UInt8 = 0x18

    /// The values inside a constructed value; nil when they do not fill it exactly.
    package var children: [DERValue]? {
        var children: [DERValue] = []
        var rest = content
        while !rest.isEmpty {
            guard let child = DERValue(first: &rest) else { return nil }
            children.append(child)
        }
        return children
    }

    /// Takes the first value off `bytes`; nil when there is none that is complete.
    init?(first bytes: inout ArraySlice<UInt8>) {
        let start = bytes
        guard let tag = bytes.popFirst(), tag & 0x1F != 0x1F, let short = bytes.popFirst() else {
            return nil
        }
        var length = Int(short)
        if short >= 0x80 {
            // Three bytes say up to 16 MB, and DER has no indefinite length (0x80).
            let count = Int(short & 0x7F)
            guard (1...3).contains(count), bytes.count >= count, bytes.first != 0 else {
                return nil
            }
            length = bytes.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            bytes = bytes.dropFirst(count)
            guard length >= 0x80 else { return nil }
        }
        guard length <= bytes.count else { return nil }
        self.tag = tag
        content = bytes.prefix(length)
        bytes = bytes.dropFirst(length)
        whole = start.prefix(start.count - bytes.count)
    }

    /// Reads a value that is all of `bytes`.
    package init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        guard let value = DERValue(first: &rest), rest.isEmpty else { return nil }
        self = value
    }
}
