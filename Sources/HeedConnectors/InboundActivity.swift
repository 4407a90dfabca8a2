// What other systems tell about messages: deliveries, opens and the like, to be counted.

import Crypto
package import HeedConsent

/// Something that happened to a message, as another system tells it.
package struct InboundActivity: Hashable, Sendable {
    /// What happened.
    package let kind: ActivityKind
    /// To whom the message went, as the other system writes it.
    package let address: String
    /// When it happened.
    package let at: Timestamp
    /// What the other system calls the event; the same on every repetition.
    package let id: String
    /// What the other system calls the message.
    package var message: String?
    /// The campaign, as far as the other system says.
    package var campaign: String?
    /// The scope the message was sent in, where the settings say what it is called there.
    package var scope: String?
    /// From where a person opened or clicked.
    package var ip: String?
    /// By what a person opened or clicked.
    package var userAgent: String?

    /// Names what happened, to whom, when, and by what it is known again.
    package init(_ kind: ActivityKind, _ address: String, at: Timestamp, id: String) {
        self.kind = kind
        self.address = address
        self.at = at
        self.id = id
    }

    /// An id for an event whose teller has none: what tells it from others, as a hash.
    static func id(of parts: [String?]) -> String {
        var hash = SHA256()
        for part in parts {
            // Lengths first, so that no two lists of parts run together to the same bytes.
            hash.update(data: Array("\(part?.utf8.count ?? -1)|\(part ?? "")".utf8))
        }
        return hexadecimal(hash.finalize())
    }

    /// An id for the one of several recipients with this place in the message.
    static func id(_ id: String, _ index: Int) -> String { index == 0 ? id : "\(id)/\(index + 1)" }

    /// Takes the scope a place stands for, if it stands for one alone.
    mutating func setScope(_ extents: [String]) {
        guard extents.count == 1, extents[0] != OptOutNotice.globalExtent else { return }
        scope = extents[0]
    }
}

extension InboundActivity: CustomStringConvertible, CustomReflectable {
    /// What happened, without to whom.
    package var description: String { "<\(kind.rawValue) activity>" }

    /// Shows nothing, so that `dump` cannot leak the address.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
