// How far an import has come: written with the rows, so that it can go on where it broke off.

import Crypto
import Foundation
import HeedConsent
import HeedLists

/// A place between two rows of an import, and what became of the rows before it.
struct ImportPosition: Codable, Hashable, Sendable {
    /// SHA-256 over the names and sizes of the files, in the order they are read in.
    var files = ""
    /// Which file, from 0.
    var file = 0
    /// How many of its rows are done; blank lines are none.
    var row = 0
    /// Rows that recorded consent.
    var granted = 0
    /// Rows that recorded an opt-out without a complaint.
    var optedOut = 0
    /// Rows that recorded a complaint.
    var complaints = 0
    /// Rows that recorded a hard bounce.
    var hardBounces = 0
    /// Rows whose consent was refused, by reason.
    var refusals: [String: Int] = [:]
    /// Rows Heed knew already.
    var unchanged = 0
    /// Rows read, over all files.
    var rows = 0
    /// Rows that came before in the import.
    var duplicates = 0
    /// Rows that could not be read.
    var invalid = 0
    /// Rows that say nothing of what Heed keeps.
    var passedOver = 0
    /// Bytes read, over all files.
    var bytesDone = 0
    /// Bytes of all files.
    var bytesAll = 0

    /// Counts a row, in one count.
    mutating func add(_ outcome: RowOutcome) {
        // Each row is in one count: who complained left, too, and is counted as who complained.
        if outcome.complaint {
            complaints += 1
        } else if outcome.optedOut {
            optedOut += 1
        } else if outcome.hardBounce {
            hardBounces += 1
        } else if outcome.granted {
            granted += 1
        } else if let reason = outcome.refused {
            refusals[reason, default: 0] += 1
        } else {
            unchanged += 1
        }
    }

    /// The counts so far, named as at the end; people are counted at the end alone.
    var counts: [String: Int] {
        [
            "rows": rows, "granted": granted, "optedOut": optedOut, "complaints": complaints,
            "hardBounces": hardBounces, "duplicates": duplicates,
            "refused": refusals.values.reduce(0, +), "unchanged": unchanged, "invalid": invalid,
            "passedOver": passedOver,
        ]
    }

    /// Names the files.
    static func fingerprint(_ sources: [ImportSource]) -> String {
        let text = sources.map { "\($0.name)\u{0}\($0.byteCount)\n" }.joined()
        return hexadecimal(Array(SHA256.hash(data: Array(text.utf8))))
    }

    /// The text that is stored.
    var text: String {
        get throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            return String(decoding: try encoder.encode(self), as: UTF8.self)
        }
    }

    /// Starts with nothing done.
    init() {}

    /// Reads what was stored; nil for anything else.
    init?(text: String) {
        guard let position = try? JSONDecoder().decode(Self.self, from: Data(text.utf8)) else {
            return nil
        }
        self = position
    }
}
