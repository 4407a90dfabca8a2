// Reading the line-based formats of C2SP by bytes, so that no Unicode rule joins or splits lines.

/// A cursor over newline-terminated lines.
///
/// It works on bytes: to Swift, CR LF is one character and two spellings of é are equal, and
/// neither may be true of bytes somebody signed.
package struct Lines {
    private static let newline = UInt8(ascii: "\n")
    /// What has not been read yet.
    package private(set) var rest: ArraySlice<UInt8>

    /// Starts before the first line.
    package init(_ bytes: some Collection<UInt8>) {
        rest = ArraySlice(bytes)
    }

    /// Whether all lines have been read.
    package var isAtEnd: Bool { rest.isEmpty }

    /// The next line without its newline; a last line without one is malformed.
    package mutating func next() throws(LedgerError) -> ArraySlice<UInt8> {
        guard let end = rest.firstIndex(of: Self.newline) else {
            throw LedgerError(.malformed, "a line does not end in a newline")
        }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    /// The hashes, one on each line in base64, up to the blank line, which is consumed.
    package mutating func hashesToBlankLine(limit: Int) throws(LedgerError) -> [Hash] {
        var hashes: [Hash] = []
        while true {
            let line = try next()
            if line.isEmpty { return hashes }
            guard hashes.count < limit else {
                throw LedgerError(.tooLarge, "a proof has at most \(limit) hashes")
            }
            hashes.append(try Hash(base64: line))
        }
    }
}

extension ArraySlice<UInt8> {
    /// What follows `prefix`, or nil where the slice starts otherwise.
    package func dropping(prefix: String) -> ArraySlice<UInt8>? {
        starts(with: prefix.utf8) ? dropFirst(prefix.utf8.count) : nil
    }

    /// Reads an ASCII decimal: digits only, no leading zero but in `0`, at most 2^63 − 1.
    package func decimal() throws(LedgerError) -> Int {
        guard let first, first != UInt8(ascii: "0") || count == 1 else {
            throw LedgerError(.malformed, "a number is empty or starts with a zero")
        }
        var value = 0
        for digit in self {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else {
                throw LedgerError(.malformed, "a number holds something else than digits")
            }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(digit - UInt8(ascii: "0")))
            guard !overflow, !carry else {
                throw LedgerError(.outOfRange, "a number is larger than 2^63 - 1")
            }
            value = sum
        }
        return value
    }

    /// Reads UTF-8 strictly.
    package func text() throws(LedgerError) -> String {
        guard let text = String(validating: self, as: UTF8.self) else {
            throw LedgerError(.malformed, "the text is not UTF-8")
        }
        return text
    }
}

extension String {
    /// Whether two texts have the same bytes; `==` calls canonically equivalent ones equal too.
    package func hasSameBytes(as other: String) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}
