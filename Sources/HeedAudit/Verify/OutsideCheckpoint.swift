// A checkpoint that somebody keeps outside the database, which no rewriting of it can reach.

import HeedEngine
import HeedLedger

/// A signed checkpoint from a file, with a name to report it by.
public struct OutsideCheckpoint: Sendable {
    /// What it is called in findings, such as its file.
    public let name: String
    /// The signed note.
    public let note: [UInt8]

    /// Takes the bytes as they are; they are checked with the log.
    public init(name: String, note: [UInt8]) {
        self.name = name
        self.note = note
    }

    /// One whose signature is good.
    struct Opened: Sendable {
        let name: String
        let checkpoint: Checkpoint
    }

    /// Checks the signature.
    func open(by verifier: NoteVerifier) throws(LedgerError) -> Opened {
        let note = try SignedNote(bytes: note)
        let checkpoint = try Checkpoint(opening: note, origin: verifier.name, log: verifier)
        return Opened(name: name, checkpoint: checkpoint)
    }
}
