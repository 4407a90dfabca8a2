// A database that was put back from a backup, and what its log is called from then on.

/// One return to a backup.
///
/// The log that was shown to others may have been longer than the backup's, so it is never signed
/// again under its old name: from `sinceSize` leaves on the same tree goes on under a new one.
public struct Restore: Hashable, Sendable {
    /// The first, second, … of this installation; also the epoch of the journal from then on.
    public let number: Int64
    /// When the backup was marked as put back.
    public let startedAt: Timestamp
    /// When everything that was stopped after the backup had been stopped again.
    public var finishedAt: Timestamp?
    /// What the log is called from then on.
    public let origin: String
    /// The log's public key under that name.
    public let verifier: String
    /// The leaves that had been signed under the names before.
    public let sinceSize: Int64
    /// The position of the backup's last event.
    public let sincePosition: Int64

    /// Takes all parts.
    public init(
        number: Int64,
        startedAt: Timestamp,
        finishedAt: Timestamp? = nil,
        origin: String,
        verifier: String,
        sinceSize: Int64,
        sincePosition: Int64
    ) {
        self.number = number
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.origin = origin
        self.verifier = verifier
        self.sinceSize = sinceSize
        self.sincePosition = sincePosition
    }

    /// What the log's line says.
    var facts: [String: String] {
        [
            "number": String(number), "origin": origin, "sinceSize": String(sinceSize),
            "sincePosition": String(sincePosition),
        ]
    }
}
