// Work that a change leaves behind, committed with it and done later, at least once.

/// A piece of work in the queue.
///
/// Its payload is ids only.
public struct Job: Hashable, Sendable {
    /// What is to be done.
    public enum Kind: Hashable, Sendable {
        /// Begin to tell other systems about an opt-out.
        case startOptOut(OptOutID)
        /// Tell one connector about one opt-out.
        case tellConnector(TargetID)
        /// Send a message of Heed's own.
        case mail(OwnMail)
        /// Do a step of a person's request.
        case rights(RightsWork)

        /// The stored name and the id it is about.
        package var stored: (name: String, subject: [UInt8]) {
            switch self {
            case .startOptOut(let id): ("start-opt-out", id.bytes)
            case .tellConnector(let id): ("tell-connector", id.bytes)
            case .mail(let mail): mail.stored
            case .rights(let work): work.stored
            }
        }

        /// Reads the stored form; nil when a newer version wrote it.
        package init?(stored name: String, subject: [UInt8]) {
            switch name {
            case "start-opt-out":
                guard let id = OptOutID(bytes: subject) else { return nil }
                self = .startOptOut(id)
            case "tell-connector":
                guard let id = TargetID(bytes: subject) else { return nil }
                self = .tellConnector(id)
            default:
                if let mail = OwnMail(stored: name, subject: subject) {
                    self = .mail(mail)
                } else if let work = RightsWork(stored: name, subject: subject) {
                    self = .rights(work)
                } else {
                    return nil
                }
            }
        }
    }

    /// A queue of its own, with its own workers, so that opt-outs never wait
    /// behind anything else.
    public enum Lane: String, CaseIterable, Sendable {
        /// Opt-outs.
        case optOut = "opt-out"
        /// Everything else.
        case general
        /// Messages of Heed's own, which wait for a mail server.
        case mail
    }

    /// After so many attempts a job is buried.
    ///
    /// With the delays of `RetryPolicy` that is about two days.
    public static let attemptsMaximum = 12

    /// The priority of a job that an operator had tried again, until that attempt is over.
    ///
    /// It goes first, and shows every process that the operator wants to know now.
    package static let redrivenPriority: Int64 = -1

    /// Its name.
    public let id: JobID
    /// What is to be done.
    public let kind: Kind
    /// In which lane.
    public let lane: Lane
    /// Lower goes first within a lane.
    public let priority: Int
    /// Not before.
    public let runAt: Timestamp
    /// How often it was claimed.
    public let attempts: Int
    /// The connector that will be spoken to, so that one which is down holds up no other.
    public let connector: String?

    /// Makes a job.
    public init(
        id: JobID,
        kind: Kind,
        lane: Lane,
        priority: Int,
        runAt: Timestamp,
        attempts: Int = 0,
        connector: String? = nil
    ) {
        self.id = id
        self.kind = kind
        self.lane = lane
        self.priority = priority
        self.runAt = runAt
        self.attempts = attempts
        self.connector = connector
    }
}

/// What a decision does to the queue, and to the progress of long work, with its events.
public enum JobChange: Hashable, Sendable {
    /// Add a job.
    case add(Job)
    /// Take a job for a worker until `until`; a worker that dies loses it then.
    case lease(JobID, until: Timestamp)
    /// The job is done.
    case finish(JobID)
    /// Try again at `at`.
    case retry(JobID, at: Timestamp)
    /// Look again at `until`; it waits for something else than a worker, so it is not overdue.
    case postpone(JobID, until: Timestamp)
    /// Give up; an operator must look.
    case bury(JobID)
    /// Begin anew and at once, on an operator's word.
    case redrive(JobID)
    /// An import has come so far.
    case noteProgress(ImportID, String)
    /// What else is written down about an import beside its events.
    case noteImport(ImportID, ImportNote)
}
