// One line of a campaign's list, and pieces of bytes put together into lines.

import Foundation

/// Reads the address of a line: JSON with `address`, `email` or `recipient`, JSON text, or plain.
package enum RecipientLine {
    private struct Object: Decodable {
        let address: String?
        let email: String?
        let recipient: String?
    }

    /// The address in a line; empty when there is none.
    package static func address(in line: String) -> String {
        switch line.utf8.first {
        case UInt8(ascii: "{"): address(inJSON: line)
        case UInt8(ascii: "\""):
            (try? JSONDecoder().decode(String.self, from: Data(line.utf8))) ?? line
        default: line
        }
    }

    /// The address in a JSON object; empty when there is none.
    package static func address(inJSON text: String) -> String {
        let value = try? JSONDecoder().decode(Object.self, from: Data(text.utf8))
        return value?.address ?? value?.email ?? value?.recipient ?? ""
    }
}

/// Bytes as they arrive, cut into lines; blank ones are left out.
package struct LineBuffer {
    /// No longer line is kept; the rest of it is dropped, so that it cannot fill the memory.
    package static let bytesMaximum = 65_536

    private var lines: [String] = []
    private var rest: [UInt8] = []

    /// Starts with nothing.
    package init() {}

    /// How many lines are complete and not taken.
    package var count: Int { lines.count }

    /// Adds what has arrived.
    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            if byte == 0x0A {
                endLine()
            } else if rest.count < LineBuffer.bytesMaximum {
                rest.append(byte)
            }
        }
    }

    /// Says that nothing follows: what is left is a line, too.
    package mutating func end() { endLine() }

    /// Takes up to `maximum` lines.
    package mutating func take(_ maximum: Int) -> [String] {
        let taken = Array(lines.prefix(maximum))
        lines.removeFirst(taken.count)
        return taken
    }

    private mutating func endLine() {
        let line = String(decoding: rest, as: UTF8.self).trimmingCharacters(
            in: .whitespacesAndNewlines
        )
        if !line.isEmpty { lines.append(line) }
        rest.removeAll(keepingCapacity: true)
    }
}
