// A difference between what was signed and what is stored: which, where, and in a sentence.

/// One difference that a verifier found.
///
/// It names ids and positions, never an address or anything else about a person.
public struct Finding: Hashable, Sendable, CustomStringConvertible {
    /// The kind of difference; stable, for programs.
    public enum Code: String, CaseIterable, Sendable {
        /// An event's bytes are not those that its leaf was made of.
        case eventChanged = "event.changed"
        /// A leaf's event is gone, and no purge may have taken it.
        case eventMissing = "event.missing"
        /// An event stands at another position than its leaf says.
        case eventMoved = "event.moved"
        /// An event stands among those of the log and is in no leaf.
        case eventInserted = "event.inserted"
        /// The columns of an event say something else than its bytes.
        case eventMismatch = "event.mismatch"
        /// There are more or fewer rows missing than purges have logged.
        case purgeCount = "purge.count"
        /// A leaf is gone from the middle of the log.
        case leafMissing = "leaf.missing"
        /// The leaves are not in the order of positions.
        case leafOrder = "leaf.order"
        /// A tile is not the one that the leaves make.
        case tileChanged = "tile.changed"
        /// A tile is gone, or there is one where the log has none.
        case tileMissing = "tile.missing"
        /// A checkpoint was signed over other leaves.
        case checkpointRoot = "checkpoint.root"
        /// A checkpoint is not signed by the log's key.
        case checkpointSignature = "checkpoint.signature"
        /// The log ends before its newest checkpoint.
        case logCut = "log.cut"
        /// Leaves lie beyond the newest checkpoint.
        case logUnsigned = "log.unsigned"
        /// The log's name or key is not the one it should be.
        case logIdentity = "log.identity"
        /// A checkpoint kept outside is not signed by the log's key.
        case outsideSignature = "outside.signature"
        /// A checkpoint kept outside is over more leaves than the log has.
        case outsideBeyond = "outside.beyond"
        /// A checkpoint kept outside was signed over another history.
        case outsideForked = "outside.forked"
        /// A consent record says something else than its event.
        case recordChanged = "record.changed"
        /// The consent record of an event is gone.
        case recordMissing = "record.missing"
        /// No event speaks of a consent record.
        case recordUnlogged = "record.unlogged"
        /// Several events speak of one consent record.
        case recordRepeated = "record.repeated"
        /// A record says yes where no rule lets it.
        case recordImpossible = "record.impossible"
        /// An opt-out says something else than its events.
        case optOutChanged = "optout.changed"
        /// The opt-out of an event is gone.
        case optOutMissing = "optout.missing"
        /// No event speaks of an opt-out.
        case optOutUnlogged = "optout.unlogged"
        /// What a connector is said to have answered about an opt-out differs from its events.
        case targetChanged = "target.changed"
        /// What a connector answered about an opt-out is gone.
        case targetMissing = "target.missing"
        /// No event speaks of what a connector is said to have answered.
        case targetUnlogged = "target.unlogged"
        /// Decisions before sends are not those that their event has the hash of.
        case sendChanged = "send.changed"
        /// Decisions before sends are gone, and no purge may have taken them.
        case sendMissing = "send.missing"
        /// No event speaks of decisions before sends.
        case sendUnlogged = "send.unlogged"
        /// A permission is not what its records make.
        case permissionChanged = "permission.changed"
        /// A block that the log says stands is gone, or is weaker.
        case blockMissing = "block.missing"
        /// No event speaks of a block.
        case blockUnlogged = "block.unlogged"
        /// A legal hold that the log says stands is gone, so a purge may take what it kept.
        case holdMissing = "hold.missing"
        /// No event speaks of a legal hold, or it covers something else than its event says.
        case holdUnlogged = "hold.unlogged"
        /// A page of the database file is not what SQLite wrote, or an index lacks rows.
        case fileDamaged = "file.damaged"
        /// The guard says something else from memory than from the database.
        case guardDiffers = "guard.differs"
    }

    /// What kind of difference.
    public let code: Code
    /// Where: a position, a leaf, an id.
    public let place: String
    /// What differs.
    public let sentence: String

    /// Makes a finding.
    public init(_ code: Code, at place: String, _ sentence: String) {
        self.code = code
        self.place = place
        self.sentence = sentence
    }

    /// All three in a line.
    public var description: String { "\(code.rawValue)  \(place): \(sentence)" }
}
