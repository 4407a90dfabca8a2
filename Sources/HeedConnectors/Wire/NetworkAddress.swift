// Where an IP address leads, so that a request goes to no machine it must not go to.

/// How far away what an address names is.
package enum Reach: Hashable, Sendable {
    /// The link itself, a cloud's metadata service, multicast, or what no machine has.
    ///
    /// Nobody's provider is there, and a metadata service gives credentials to whoever asks.
    case linkLocal
    /// This machine.
    case thisMachine
    /// A private network.
    case inside
    /// The Internet.
    case outside
}

/// An IP address, of 4 or 16 bytes.
///
/// One that carries an IPv4 address (IPv4-mapped, NAT64, 6to4, Teredo) leads where that one leads.
package struct NetworkAddress: Hashable, Sendable {
    private let bytes: [UInt8]

    /// Takes 4 or 16 bytes, the first of the address first.
    package init?(bytes: some Collection<UInt8>) {
        guard [4, 16].contains(bytes.count) else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads a URL's host; nil when that is a name, or an address that is spelled unusually.
    package init?(host: String) {
        if let bytes = dottedBytes(host) {
            self.bytes = bytes
        } else {
            let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
            let inner = isBracketed ? String(host.dropFirst().dropLast()) : host
            // A zone names a network card, and only addresses of the link have one (RFC 6874).
            let text = inner.split(separator: "%", omittingEmptySubsequences: false)[0]
            guard let bytes = colonBytes(String(text)) else { return nil }
            self.bytes = bytes
        }
    }

    /// Where it leads.
    package var reach: Reach { bytes.count == 4 ? fourReach(of: bytes) : sixReach }

    /// What its holder is known by: the first half of an IPv6 address, whose other half the holder
    /// chooses (RFC 4291 §2.5.1); an IPv4 address as it is, also inside `::ffff:0:0/96`.
    package var holder: String {
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        if bytes.count == 4 || bytes.starts(with: mapped) {
            return bytes.suffix(4).map(String.init).joined(separator: ".")
        }
        let groups = stride(from: 0, to: 8, by: 2).map { place in
            String(Int(bytes[place]) << 8 | Int(bytes[place + 1]), radix: 16)
        }
        return groups.joined(separator: ":") + "::/64"
    }

    private var sixReach: Reach {
        let bytes = bytes
        let isZero = bytes.dropLast(4).allSatisfy { $0 == 0 }
        if isZero, bytes.suffix(4).elementsEqual([0, 0, 0, 1]) { return .thisMachine }
        if let inner = carriedBytes { return fourReach(of: inner) }
        if metadataServices.contains(bytes) { return .linkLocal }
        switch (bytes[0], bytes[1]) {
        case (0xFE, 0x80...0xBF), (0xFF, _): return .linkLocal
        // Site-local (RFC 3879) and unique local (RFC 4193).
        case (0xFE, 0xC0...0xFF), (0xFC...0xFD, _): return .inside
        // NAT64 of a network's own (RFC 8215).
        case (0, 0x64) where bytes.starts(with: [0, 0x64, 0xFF, 0x9B, 0, 1]): return .inside
        default: return .outside
        }
    }

    /// The IPv4 address in an IPv6 address, in whichever way it is there.
    private var carriedBytes: [UInt8]? {
        let zeros = [UInt8](repeating: 0, count: 12)
        let last = Array(bytes.suffix(4))
        // ::ffff:a.b.c.d and the older ::a.b.c.d (RFC 4291 §2.5.5).
        if bytes.starts(with: zeros.prefix(10) + [0xFF, 0xFF]) { return last }
        if bytes.starts(with: zeros) { return last }
        // NAT64's well-known prefix (RFC 6052).
        if bytes.starts(with: [0, 0x64, 0xFF, 0x9B] + zeros.prefix(8)) { return last }
        // 6to4 (RFC 3056) and Teredo, which turns every bit around (RFC 4380).
        if bytes.starts(with: [0x20, 0x02]) { return Array(bytes[2..<6]) }
        if bytes.starts(with: [0x20, 0x01, 0, 0]) { return last.map { ~$0 } }
        return nil
    }
}

/// Clouds' metadata services that are not in 169.254.0.0/16: Alibaba, Azure, Oracle; AWS, Google
/// and Oracle by IPv6.
private let metadataServices: Set<[UInt8]> = [
    [100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192],
    [0xFD, 0, 0x0E, 0xC2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54],
    [0xFD, 0x20, 0, 0xCE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54],
    [0xFD, 0, 0, 0xC1, 0, 0, 0, 0, 0, 0, 0, 0, 0xA9, 0xFE, 0xA9, 0xFE],
]

/// Where an IPv4 address leads (IANA's registry of special addresses, RFC 6890).
private func fourReach(of four: [UInt8]) -> Reach {
    if metadataServices.contains(four) { return .linkLocal }
    switch (four[0], four[1]) {
    case (0, _), (169, 254), (224...255, _): return .linkLocal
    case (127, _): return .thisMachine
    case (10, _), (172, 16...31), (192, 168), (100, 64...127), (198, 18...19): return .inside
    case (192, 0) where four[2] == 0: return .inside
    default: return .outside
    }
}

/// Four plain decimal numbers with dots between them.
private func dottedBytes(_ text: some StringProtocol) -> [UInt8]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part in UInt8(part).flatMap { String($0) == part ? $0 : nil } }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
}

/// An IPv6 address as text (RFC 4291 §2.2).
private func colonBytes(_ text: String) -> [UInt8]? {
    guard text.utf8.count <= 45, text.contains(":") else { return nil }
    let halves = text.split(separator: "::", omittingEmptySubsequences: false)
    guard halves.count <= 2 else { return nil }
    var sides: [[UInt8]] = []
    for (number, half) in halves.enumerated() {
        var bytes: [UInt8] = []
        let groups =
            half.isEmpty ? [] : half.split(separator: ":", omittingEmptySubsequences: false)
        for (index, group) in groups.enumerated() {
            if number == halves.count - 1, index == groups.count - 1, let four = dottedBytes(group)
            {
                bytes += four
            } else {
                guard (1...4).contains(group.utf8.count), group.allSatisfy(\.isHexDigit),
                    let number = UInt16(group, radix: 16)
                else { return nil }
                bytes += [UInt8(number >> 8), UInt8(number & 0xFF)]
            }
        }
        sides.append(bytes)
    }
    let count = sides.joined().count
    if sides.count == 1 { return count == 16 ? sides[0] : nil }
    // "::" stands for one group at least.
    guard count <= 14 else { return nil }
    return sides[0] + [UInt8](repeating: 0, count: 16 - count) + sides[1]
}
