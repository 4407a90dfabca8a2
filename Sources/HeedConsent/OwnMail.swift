// The messages that Heed itself sends to people, by kind and by what each is about.

/// A message of Heed's own to one person.
///
/// It holds ids and keyed hashes only; a new kind needs its name in `Transaction.dueJobs` too, or
/// nobody claims it. What the message says, and to which address it goes, is read when it is sent.
public enum OwnMail: Hashable, Sendable {
    /// Asks for the confirmation of what these records asked for, all at once.
    case confirmation([ConsentID])
    /// Sends a link to the preference centre, in a language, to whoever has the address with this
    /// keyed hash; perhaps nobody has.
    case preferenceLink([UInt8], language: String)
    /// Sends a person a link to their data, in a language.
    case dataLink(ContactID, language: String)

    /// The stored name and what it is about.
    package var stored: (name: String, subject: [UInt8]) {
        switch self {
        case .confirmation(let ids): ("mail-confirmation", ids.flatMap(\.bytes))
        case .preferenceLink(let key, let language):
            ("mail-preference-link", key + Array(language.utf8))
        case .dataLink(let contact, let language):
            ("mail-data-link", contact.bytes + Array(language.utf8))
        }
    }

    /// Reads the stored form; nil when a newer version wrote it.
    package init?(stored name: String, subject: [UInt8]) {
        switch name {
        case "mail-confirmation":
            guard let ids = [ConsentID](joined: subject) else { return nil }
            self = .confirmation(ids)
        case "mail-preference-link", "mail-data-link":
            let language = String(decoding: subject.dropFirst(16), as: UTF8.self)
            guard subject.count > 16, (try? Contact.check(locale: language)) != nil,
                let contact = ContactID(bytes: subject.prefix(16))
            else { return nil }
            self =
                name == "mail-data-link"
                ? .dataLink(contact, language: language)
                : .preferenceLink(contact.bytes, language: language)
        default: return nil
        }
    }
}

extension OwnMail {
    /// Whether no message at all may go.
    ///
    /// Blocks of law, of operators and of dead addresses forbid every message. Those that the
    /// person's own act lifts do not: it may be on its way.
    package static func isBarred(by blocks: [Suppression]) -> Bool {
        blocks.contains {
            switch $0.reason {
            case .legal, .manual, .hardBounce, .restriction: true
            case .erasure, .complaint, .optOut, .optOutGlobal: false
            }
        }
    }
}

extension [ConsentID] {
    /// Reads ids that stand one after the other; nil for none and for half of one.
    package init?(joined bytes: [UInt8]) {
        guard !bytes.isEmpty else { return nil }
        self = []
        for start in stride(from: 0, to: bytes.count, by: 16) {
            let slice = bytes[start..<Swift.min(start + 16, bytes.count)]
            guard let id = ConsentID(bytes: slice) else { return nil }
            append(id)
        }
    }
}
