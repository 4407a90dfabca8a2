// The list of a bundle's files with their hashes, which an event of the log has the hash of.

extension ProofBundle {
    /// The files of a bundle by their SHA-256, a line each: what evidence is made of.
    ///
    /// A line is 64 hexadecimal digits, two spaces and the path, as `sha256sum` writes and checks
    /// it. An event of the kind `evidence.exported` in the same bundle has the SHA-256 of the whole
    /// list as its `details`, and a proof.
    public struct Manifest: Sendable {
        /// Where it stands in a bundle.
        public static let path = "manifest.txt"
        /// The text of `README.txt` in a bundle that has it.
        public static let readme = ProofBundle.evidenceReadme
        /// What an event that binds a list is called.
        static let eventKind = "evidence.exported"
        /// Files beside the proofs, so that their names are known when the list is not good.
        static let names: Set<String> = ["evidence.json", "evidence.html"]

        /// The hash of each file, in lower-case hexadecimal.
        public private(set) var hashes: [String: String] = [:]

        /// Starts an empty list.
        public init() {}

        /// Reads a list; nil unless it is written as `bytes` writes it.
        public init?(_ bytes: [UInt8]) {
            for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: true) {
                let text = String(decoding: line, as: UTF8.self)
                let hash = String(text.prefix(64))
                let path = String(text.dropFirst(66))
                guard text.utf8.count > 66, text.dropFirst(64).hasPrefix("  "),
                    (try? Hex.decode(hash.utf8))?.count == 32,
                    hashes.updateValue(hash, forKey: path) == nil
                else { return nil }
            }
            guard self.bytes == bytes else { return nil }
        }

        /// Adds a file.
        public mutating func add(_ path: String, sha256: [UInt8]) {
            hashes[path] = Hex.encode(sha256)
        }

        /// The lines, by path.
        public var bytes: [UInt8] {
            var bytes: [UInt8] = []
            for (path, hash) in hashes.sorted(by: { $0.key < $1.key }) {
                bytes += Array("\(hash)  \(path)\n".utf8)
            }
            return bytes
        }
    }

    /// The longest file of this path that a bundle may hold.
    ///
    /// Evidence of a busy month is some tens of megabytes.
    public static func bytesMaximum(of path: String) -> Int {
        let isLong = Manifest.names.contains(path) || path == Manifest.path
        return isLong ? 256 << 20 : fileBytesMaximum
    }

    /// The text of `README.txt` beside evidence, for good: bundles of years ago hold it.
    fileprivate static let evidenceReadme = """
        This folder is evidence: what was recorded about one person, or in one period, with
        proofs that nothing in it was changed since.

        evidence.html        for people; prints
        evidence.json        the same for programs
        events/ID.json       an event of the audit log, exactly as it was logged
        events/ID.document   a document the event speaks of, such as a receipt; the event's
                             "details" are the SHA-256 of its bytes
        events/ID.tlog-proof the proof that the event is in the log (c2sp.org/tlog-proof)
        manifest.txt         the SHA-256 of the files above, of this one and of verifier.txt; the
                             event "evidence.exported" has the SHA-256 of manifest.txt as its
                             "details", so that the log vouches for every byte
        checkpoint           the head of the log, signed by it and perhaps by witnesses
        verifier.txt         the log's public key

        To check all of it, without a network and without a database:

            heed log verify --bundle DIRECTORY --key KEY

        Take KEY from a contract or from any other place than these files. Whoever could change
        them could change verifier.txt, too.

        Without heed: `sha256sum -c manifest.txt` checks the files against the list. The proofs
        are c2sp.org/signed-note, c2sp.org/tlog-checkpoint and c2sp.org/tlog-proof; the hash of an
        event is SHA-256 over a zero byte and the bytes of its .json file (RFC 9162, section
        2.1.1).

        What this shows: these events were logged, in this order, and the files say what was
        recorded when they were made. It does not show that there are no other events. The whole
        log does.

        """
}
