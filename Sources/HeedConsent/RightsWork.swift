// The steps that an erasure leaves in the queue, each of which may be repeated.

/// A step of a person's request.
///
/// A new kind needs its name in `Transaction.dueJobs` too, or nobody claims it.
public enum RightsWork: Hashable, Sendable {
    /// Begin, unless a legal hold stands.
    case start(RequestID)
    /// Tell one connector to remove the person.
    case tell(ErasureTargetID)
    /// Remove the person here and issue the receipt.
    case finish(RequestID)
    /// Take what was removed out of the database's files.
    case clean(RequestID)

    /// The stored name and the id it is about.
    package var stored: (name: String, subject: [UInt8]) {
        switch self {
        case .start(let id): ("erasure-start", id.bytes)
        case .tell(let id): ("erasure-tell", id.bytes)
        case .finish(let id): ("erasure-finish", id.bytes)
        case .clean(let id): ("storage-clean", id.bytes)
        }
    }

    /// Reads the stored form; nil when a newer version wrote it.
    package init?(stored name: String, subject: [UInt8]) {
        switch name {
        case "erasure-tell":
            guard let id = ErasureTargetID(bytes: subject) else { return nil }
            self = .tell(id)
        case "erasure-start", "erasure-finish", "storage-clean":
            guard let id = RequestID(bytes: subject) else { return nil }
            self =
                name == "erasure-start"
                ? .start(id)
                : name == "erasure-finish"
                    ? .finish(id)
                    : .clean(id)
        default: return nil
        }
    }
}
