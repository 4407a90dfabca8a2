// One line of a campaign's list, and pieces of bytes put together into lines.

import Foundation

/// Reads the address of a line: JSON with `address`, `email` or `recipient`, JSON text, or plain.
package enum RecipientLine {
    private struct Object: Decodable {
        let address: String?
        let email: String?
        let recipient: String?
    }

    /// What a line says.
    package struct Reading: Hashable, Sendable {
        /// The address; empty when there is none.
        package let address: String
        /// Why there is none.
        package let problem: String?
    }

    /// Reads a line in whichever form it has.
    package static func read(_ line: String) -> Reading {
        switch line.utf8.first {
        case UInt8(ascii: "{"): object(line)
        case UInt8(ascii: "\""):
            Reading(
                address: (try? JSONDecoder().decode(String.self, from: Data(line.utf8))) ?? line,
                problem: nil
            )
        default: Reading(address: line, problem: nil)
        }
    }

    private static func object(_ text: String) -> Reading {
        do {
            let value = try JSONDecoder().decode(Object.self, from: Data(text.utf8))
            if let address = value.address ?? value.email ?? value.recipient {
                return Reading(address: address, problem: nil)
            }
            return Reading(address: "", problem: "there is no address, email or recipient in it")
        } catch DecodingError.typeMismatch {
            return Reading(address: "", problem: "address, email and recipient have to be text")
        } catch {
            return Reading(address: "", problem: "the line is not JSON")
        }
    }
}

/// Bytes as they arrive, cut into lines; blank ones are counted and left out.
package struct LineBuffer: Sendable {
    /// No longer line is kept; the rest of it is dropped, so that it cannot fill the memory.
    package static let bytesMaximum = 65_536

    /// A line without white space around it.
    package struct Line: Hashable, Sendable {
        /// Which line of all it is, from 1.
        package let number: Int
        /// Its text.
        package let text: String
        /// Whether the end of it was dropped.
        package let isCut: Bool
    }

    private var lines: [Line] = []
    /// How many of `lines` are taken.
    private var taken = 0
    private var rest: [UInt8] = []
    private var isCut = false
    private var number = 0

    /// Starts with nothing.
    package init() {}

    /// Adds what has arrived.
    package mutating func add(_ bytes: some Collection<UInt8>) {
        var bytes = bytes[...]
        while let end = bytes.firstIndex(of: 0x0A) {
            keep(bytes[..<end])
            endLine()
            bytes = bytes[bytes.index(after: end)...]
        }
        keep(bytes)
    }

    /// Says that nothing follows: what is left is a line, too.
    package mutating func end() { if !rest.isEmpty { endLine() } }

    /// Takes the next line; nil when none is complete.
    package mutating func next() -> Line? {
        guard taken < lines.count else { return nil }
        defer {
            taken += 1
            if taken == lines.count {
                lines.removeAll(keepingCapacity: true)
                taken = 0
            }
        }
        return lines[taken]
    }

    private mutating func keep(_ bytes: some Collection<UInt8>) {
        let room = LineBuffer.bytesMaximum - rest.count
        if bytes.count > room { isCut = true }
        rest += bytes.prefix(room)
    }

    /// The text without white space around it.
    ///
    /// Foundation knows all of Unicode's, and copies the text several times to find none of it; it
    /// is asked only where a line begins or ends in something else than ASCII.
    private static func trimmed(_ bytes: [UInt8]) -> String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || 0x09...0x0D ~= byte }
        let start = bytes.firstIndex { !isSpace($0) } ?? bytes.endIndex
        let end = bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? start
        let inner = bytes[start..<end]
        let text = String(decoding: inner, as: UTF8.self)
        guard let first = inner.first, let last = inner.last, first >= 0x80 || last >= 0x80 else {
            return text
        }
        return text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private mutating func endLine() {
        number += 1
        // A packed list may be gigabytes of nothing.
        if rest.isEmpty { return }
        // A byte order mark is no part of the first line.
        if number == 1, rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest.removeFirst(3) }
        let line = LineBuffer.trimmed(rest)
        if !line.isEmpty { lines.append(Line(number: number, text: line, isCut: isCut)) }
        isCut = false
        rest.removeAll(keepingCapacity: true)
    }
}
