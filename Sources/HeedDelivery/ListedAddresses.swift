// Which addresses another system lists and where: keyed hashes in memory, nothing that can be read.

import HeedConnectors
import HeedConsent
import HeedEngine

/// The whole list of another system, as keyed hashes with a bit for each place.
///
/// An address takes 24 bytes in a table that is at most three quarters full: between 32 and 64 MB
/// for a million, and half as much again while it grows.
struct ListedAddresses {
    /// More places than there are bits would need another table.
    static let placesMaximum = 64

    private var bits: [String: UInt64] = [:]
    private var seen: [AddressKey: UInt64] = [:]

    /// Adds what a line says; refuses more places than can be told apart.
    mutating func add(_ key: AddressKey, at places: [String]) throws(Refusal) {
        var mask: UInt64 = 0
        for place in places { mask |= try bit(of: place) }
        guard mask != 0 else { return }
        seen[key, default: 0] |= mask
    }

    /// True when the list shows the sign of an opt-out for an address.
    func show(_ sign: OptOutSign, for key: AddressKey) -> Bool {
        let mask = seen[key] ?? 0
        switch sign {
        case .seen(let places): return places.allSatisfy { mask & (bits[$0] ?? 0) != 0 }
        case .unseen(let places): return places.allSatisfy { mask & (bits[$0] ?? 0) == 0 }
        }
    }

    private mutating func bit(of place: String) throws(Refusal) -> UInt64 {
        if let bit = bits[place] { return bit }
        guard bits.count < ListedAddresses.placesMaximum else {
            throw Refusal(
                .tooLarge,
                field: "connector",
                "at most \(ListedAddresses.placesMaximum) places can be compared"
            )
        }
        let bit = UInt64(1) << UInt64(bits.count)
        bits[place] = bit
        return bit
    }
}
