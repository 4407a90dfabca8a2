// The messages that Heed itself sends to people, by kind and by what each is about.

/// A message of Heed's own to one person.
///
/// It holds ids only; a new kind needs its name in `Transaction.dueJobs` too, or nobody claims it.
/// What the message says, and to which address it goes, is read when it is sent.
public enum OwnMail: Hashable, Sendable {
    /// Asks for the confirmation of the double opt-in that this record asked for.
    case confirmation(ConsentID)

    /// The stored name and the id it is about.
    package var stored: (name: String, subject: [UInt8]) {
        switch self {
        case .confirmation(let id): ("mail-confirmation", id.bytes)
        }
    }

    /// Reads the stored form; nil when a newer version wrote it.
    package init?(stored name: String, subject: [UInt8]) {
        switch name {
        case "mail-confirmation":
            guard let id = ConsentID(bytes: subject) else { return nil }
            self = .confirmation(id)
        default: return nil
        }
    }
}
