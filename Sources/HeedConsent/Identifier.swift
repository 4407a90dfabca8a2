// Random, time-ordered identifiers (UUIDv7) that say which thing they name and never print in full.

/// A UUIDv7 (RFC 9562 §5.7) that names one `Subject`.
///
/// `description` is shortened so that a log line cannot be joined with the database; `text` is
/// the full form for answers and canonical bytes.
public struct Identifier<Subject>: Hashable, Comparable, Sendable {
    /// The first eight bytes, big-endian.
    public let high: UInt64
    /// The last eight bytes, big-endian.
    public let low: UInt64

    /// Makes an identifier from its 128 bits.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a UUIDv7: 48 bits of milliseconds, then 74 of the 128 random bits given.
    public init(at time: Timestamp, random: (UInt64, UInt64)) {
        let milliseconds = UInt64(max(0, time.microseconds / 1000)) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | random.0 & 0x0FFF
        low = 0x8000_0000_0000_0000 | random.1 & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// Reads sixteen big-endian bytes; nil for any other count.
    @inlinable
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var words = (UInt64(0), UInt64(0))
        for byte in bytes { words = (words.0 << 8 | words.1 >> 56, words.1 << 8 | UInt64(byte)) }
        self.init(high: words.0, low: words.1)
    }

    /// Reads the 36-character form, in either case; nil for anything else.
    public init?(text: some StringProtocol) {
        let characters = Array(text.utf8)
        guard characters.count == 36, [8, 13, 18, 23].allSatisfy({ characters[$0] == 0x2D })
        else { return nil }
        var words = (UInt64(0), UInt64(0))
        for (index, character) in characters.enumerated() {
            if [8, 13, 18, 23].contains(index) { continue }
            guard let digit = hexDigit(character) else { return nil }
            words = (words.0 << 4 | words.1 >> 60, words.1 << 4 | UInt64(digit))
        }
        self.init(high: words.0, low: words.1)
    }

    /// When the id was made, to the millisecond.
    package var createdAt: Timestamp { Timestamp(microseconds: Int64(high >> 16) * 1000) }

    /// Sixteen big-endian bytes, as the databases store it.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: high >> UInt64(shift)))
        }
        for shift in stride(from: 56, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: low >> UInt64(shift)))
        }
        return bytes
    }

    /// The full 36-character lower-case form.
    public var text: String {
        var characters: [UInt8] = []
        characters.reserveCapacity(36)
        appendText(to: &characters)
        return String(decoding: characters, as: UTF8.self)
    }

    /// Writes the full form behind other text.
    func appendText(to characters: inout [UInt8]) {
        appendHexadecimal(high >> 32, digits: 8, to: &characters)
        for word in [high >> 16, high, low >> 48] {
            characters.append(UInt8(ascii: "-"))
            appendHexadecimal(word, digits: 4, to: &characters)
        }
        characters.append(UInt8(ascii: "-"))
        appendHexadecimal(low, digits: 12, to: &characters)
    }

    /// Orders by creation time first, as UUIDv7 is laid out.
    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}

extension Identifier: CustomStringConvertible, CustomReflectable {
    /// The last four hex digits, enough to tell two apart in a log and no more.
    public var description: String { "…" + hexadecimal(bytes.suffix(2)) }

    /// Shows nothing more, so that `dump` does not print it in full.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Names a person.
public typealias ContactID = Identifier<Contact>
/// Names a consent record.
public typealias ConsentID = Identifier<ConsentRecord>
/// Names an opt-out.
public typealias OptOutID = Identifier<OptOut>
/// Names what one connector has to be told about one opt-out.
public typealias TargetID = Identifier<OptOutTarget>
/// Names a job.
public typealias JobID = Identifier<Job>
/// Names an audit event.
public typealias EventID = Identifier<AuditEvent>
/// Names a person's request.
public typealias RequestID = Identifier<RightsRequest>
/// Names what one connector has to be told about one erasure.
public typealias ErasureTargetID = Identifier<ErasureTarget>
/// Names an import batch.
public typealias ImportID = Identifier<ImportBatch>
/// The name of an export of a list.
public typealias ExportID = Identifier<ListExport>

/// Lower-case hexadecimal of some bytes.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(2 * bytes.underestimatedCount)
    appendHexadecimal(bytes, to: &text)
    return String(decoding: text, as: UTF8.self)
}

/// Writes lower-case hexadecimal behind other text.
func appendHexadecimal(_ bytes: some Sequence<UInt8>, to text: inout [UInt8]) {
    for byte in bytes { appendHexadecimal(UInt64(byte), digits: 2, to: &text) }
}

/// Writes the last digits of a number.
private func appendHexadecimal(_ number: UInt64, digits: Int, to text: inout [UInt8]) {
    for shift in stride(from: 4 * digits - 4, through: 0, by: -4) {
        let digit = UInt8(truncatingIfNeeded: number >> UInt64(shift)) & 15
        text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
}

/// Reads hexadecimal in either case; nil when a character is not a digit or one is left over.
public func bytes(hexadecimal text: some StringProtocol) -> [UInt8]? {
    let digits = text.utf8.map(hexDigit)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
        guard let high = digits[index], let low = digits[index + 1] else { return nil }
        bytes.append(high << 4 | low)
    }
    return bytes
}

private func hexDigit(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x41...0x46: character - 0x37
    case 0x61...0x66: character - 0x57
    default: nil
    }
}
