// A folder of proofs that anybody can check with nothing but the log's public key.

/// Proofs of events against one checkpoint, as files with their paths.
///
/// - `checkpoint`: the signed note that every proof leads to.
/// - `verifier.txt`: the log's key, for convenience; a checker has it from elsewhere.
/// - `README.txt`: how to check. Its text belongs to the format, so that it cannot be made to lie.
/// - `events/<name>.json`: the exact bytes of the entry, or `events/<name>.hash` where they were
///   purged: the leaf hash in base64.
/// - `events/<name>.document`: a document whose SHA-256 the entry has, as `"details":"<hex>"`.
/// - `events/<name>.tlog-proof`: the entry's proof.
///
/// An entry that is there says its name itself, as `"id":"<name>"`. No byte of a bundle can change
/// unseen; that a pair of files is missing altogether, only the whole log shows.
public struct ProofBundle: Sendable {
    /// One event.
    public struct Event: Sendable {
        /// What is left of an entry.
        public enum Content: Hashable, Sendable {
            /// Its bytes.
            case entry([UInt8])
            /// Its leaf hash.
            case hash(Hash)
        }

        /// The event's id.
        public let name: String
        /// What is left of it.
        public let content: Content
        /// Its proof.
        public let proof: TLogProof

        /// Puts an event together.
        public init(name: String, content: Content, proof: TLogProof) {
            self.name = name
            self.content = content
            self.proof = proof
        }
    }

    /// The checkpoint that every proof leads to, with its signatures.
    public let checkpoint: SignedNote
    /// The log's key.
    public let verifier: NoteVerifier
    /// The events.
    public let events: [Event]
    /// Documents that events speak of, by the event's name.
    ///
    /// The event's member `details` is the SHA-256 of the document's bytes in hexadecimal.
    public var documents: [String: [UInt8]] = [:]

    /// Puts a bundle together; `check` is what says whether the parts belong to each other.
    public init(checkpoint: SignedNote, verifier: NoteVerifier, events: [Event]) {
        self.checkpoint = checkpoint
        self.verifier = verifier
        self.events = events
    }

    /// The longest file a bundle may hold.
    public static let fileBytesMaximum = TLogProof.maximumByteCount

    /// The files by their paths.
    public var files: [String: [UInt8]] {
        var files = [
            Path.checkpoint: checkpoint.bytes,
            Path.verifier: Array("\(verifier.text)\n".utf8),
            Path.readme: Array(ProofBundle.readme.utf8),
        ]
        for event in events {
            files[Path.events + event.name + Path.proof] = event.proof.bytes
            switch event.content {
            case .entry(let bytes): files[Path.events + event.name + Path.entry] = bytes
            case .hash(let hash):
                files[Path.events + event.name + Path.hash] = Array("\(hash.base64)\n".utf8)
            }
        }
        for (name, bytes) in documents {
            files[Path.events + name + Path.document] = bytes
        }
        return files
    }

    enum Path {
        static let checkpoint = "checkpoint"
        static let verifier = "verifier.txt"
        static let readme = "README.txt"
        static let events = "events/"
        static let proof = ".tlog-proof"
        static let entry = ".json"
        static let hash = ".hash"
        static let document = ".document"
    }

    /// The text of `README.txt`, for good: bundles of years ago hold it.
    static let readme = """
        These files prove that events are in an append-only log.

        checkpoint           the head of the log, signed by it and perhaps by witnesses
        verifier.txt         the log's public key
        events/ID.json       an event, exactly as it was logged
        events/ID.hash       instead of that, the hash of an event that was purged at the end of
                             its retention
        events/ID.document   a document the event speaks of, such as a receipt; the event's
                             "details" are the SHA-256 of its bytes
        events/ID.tlog-proof the proof that the event is in the log (c2sp.org/tlog-proof)

        To check all of it, without a network and without a database:

            heed log verify --bundle DIRECTORY --key KEY

        Take KEY from a contract or from any other place than these files. Whoever could change them
        could change verifier.txt, too.

        Other programs read these files as well. The formats are c2sp.org/signed-note,
        c2sp.org/tlog-checkpoint and c2sp.org/tlog-proof. The hash of an event is SHA-256 over a
        zero byte and the bytes of its .json file (RFC 9162, section 2.1.1).

        These files do not show that there are no other events. The whole log does.

        """
}
