// Checks a bundle of proofs file by file, and says of each that is wrong what is wrong with it.

import Crypto

extension ProofBundle {
    /// Something wrong with one file.
    public struct Finding: Hashable, Sendable {
        /// What kind of wrong.
        public enum Fault: String, Hashable, Sendable {
            /// Its bytes are not what they have to be.
            case bad
            /// It should be there.
            case missing
            /// Nothing of this name belongs into a bundle.
            case unexpected
        }

        /// The file.
        public let path: String
        /// The kind.
        public let fault: Fault
        /// One sentence.
        public let detail: String

        /// Makes a finding.
        public init(path: String, fault: Fault, detail: String) {
            self.path = path
            self.fault = fault
            self.detail = detail
        }
    }

    /// What a check found.
    public struct Report: Hashable, Sendable {
        /// The head of the log; nil where the file `checkpoint` is not good.
        public internal(set) var head: Checkpoint?
        /// Events whose bytes are there and proved.
        public internal(set) var entryCount = 0
        /// Events proved by their hash alone.
        public internal(set) var hashCount = 0
        /// Files that are as a list says which the log has the hash of; 0 without a list.
        public internal(set) var listedCount = 0
        /// Everything that is wrong, by path; empty for a good bundle.
        public internal(set) var findings: [Finding] = []
    }

    /// Checks every byte of a bundle.
    ///
    /// - Parameters:
    ///   - files: All files by their paths, with `/` between folders.
    ///   - log: The log's key, from another source than the bundle; its name is the log's.
    ///   - policy: How many of which witnesses must have cosigned.
    /// - Returns: What was proved, and what is wrong.
    public static func check(
        _ files: [String: [UInt8]],
        log: NoteVerifier,
        policy: WitnessPolicy = .none
    ) -> Report {
        var check = BundleCheck(files: files, log: log, policy: policy)
        check.run()
        check.report.findings.sort { ($0.path, $0.detail) < ($1.path, $1.detail) }
        return check.report
    }
}

/// One run over the files.
private struct BundleCheck {
    typealias Path = ProofBundle.Path

    let files: [String: [UInt8]]
    let log: NoteVerifier
    let policy: WitnessPolicy
    var report = ProofBundle.Report()
    /// Which event has claimed an index.
    private var claims: [Int: String] = [:]
    private var proofCount = 0
    /// Proofs that are good but carry other bytes than the file `checkpoint`.
    private var deviating: [String] = []
    /// SHA-256 of the list of files.
    private var manifestHash: String?
    /// The proved events that have it.
    private var vouchers: Set<String> = []

    init(files: [String: [UInt8]], log: NoteVerifier, policy: WitnessPolicy) {
        self.files = files
        self.log = log
        self.policy = policy
    }

    mutating func run() {
        attempt(Path.checkpoint) { check, bytes throws(LedgerError) in
            try check.head(bytes)
        }
        expect(Path.verifier, "\(log.text)\n", "it is not the key that was given")
        let list = files[ProofBundle.Manifest.path]
        manifestHash = list.map { BundleCheck.hash($0) }
        if list == nil, files.keys.contains(where: { ProofBundle.Manifest.names.contains($0) }) {
            find(ProofBundle.Manifest.path, .missing, "files are there that only it vouches for")
        }
        let readme = list == nil ? ProofBundle.readme : ProofBundle.Manifest.readme
        expect(Path.readme, readme, "it is not the text that belongs to the format")
        let names = names(listed: list.map { ProofBundle.Manifest($0) })
        if names.isEmpty { find(Path.events, .missing, "there is no event in it") }
        for name in names.sorted() { event(name) }
        if let list { listed(list) }
        for path in deviating { find(path, .bad, "its checkpoint is not the file `checkpoint`") }
        // Where no proof agrees with it, it is itself what was changed.
        if proofCount > 0, deviating.count == proofCount {
            find(Path.checkpoint, .bad, "no proof carries these bytes")
        }
    }

    /// The events' names; notes files that belong to none and to nothing else.
    private mutating func names(listed manifest: ProofBundle.Manifest??) -> Set<String> {
        var fixed: Set<String> = [Path.checkpoint, Path.verifier, Path.readme]
        if let manifest {
            fixed.formUnion(ProofBundle.Manifest.names.union([ProofBundle.Manifest.path]))
            fixed.formUnion(manifest.map { Set($0.hashes.keys) } ?? [])
        }
        var names: Set<String> = []
        for path in files.keys {
            if let name = BundleCheck.name(of: path) {
                names.insert(name)
            } else if !fixed.contains(path) {
                find(path, .unexpected, "nothing of this name belongs into a bundle")
            }
        }
        return names
    }

    /// Once the log vouches for the list, the list vouches for the files.
    private mutating func listed(_ bytes: [UInt8]) {
        let path = ProofBundle.Manifest.path
        guard !vouchers.isEmpty else {
            return find(path, .bad, "no event that is proved has the hash of this list")
        }
        guard let manifest = ProofBundle.Manifest(bytes) else {
            return find(path, .bad, "it is not written as the format has it")
        }
        for name in ProofBundle.Manifest.names
        where files[name] != nil && manifest.hashes[name] == nil {
            find(name, .unexpected, "the list of files does not have it")
        }
        // What is proved, but of somebody else, is not of this bundle.
        for path in files.keys {
            guard let name = BundleCheck.name(of: path), !vouchers.contains(name) else { continue }
            let isProof = path.hasSuffix(Path.proof)
            if manifest.hashes[isProof ? Path.events + name + Path.entry : path] == nil {
                find(path, .unexpected, "the list of files does not have its event")
            }
        }
        for (name, hash) in manifest.hashes {
            guard let file = files[name] else {
                find(name, .missing, "the list of files has it")
                continue
            }
            if BundleCheck.hash(file) == hash {
                report.listedCount += 1
            } else {
                find(name, .bad, "it is not the file that the list has")
            }
        }
    }

    private mutating func head(_ bytes: [UInt8]) throws(LedgerError) {
        let note = try SignedNote(bytes: bytes)
        let head = try Checkpoint(opening: note, origin: log.name, log: log, policy: policy)
        guard note.bytes == bytes else { throw BundleCheck.spelling }
        report.head = head
    }

    private mutating func event(_ name: String) {
        let (entry, hash) = (Path.events + name + Path.entry, Path.events + name + Path.hash)
        let proof = Path.events + name + Path.proof
        guard files[proof] != nil else { return find(proof, .missing, "its event is there") }
        var leaf: Hash?
        if let bytes = files[entry] {
            if files[hash] != nil { find(hash, .unexpected, "the event itself is there") }
            if BundleCheck.says(bytes, name) {
                leaf = .leaf(bytes)
            } else {
                find(entry, .bad, "it is not the event of this id")
            }
        } else if files[hash] != nil {
            attempt(hash) { _, bytes throws(LedgerError) in
                var lines = Lines(bytes)
                leaf = try Hash(base64: lines.next())
                guard lines.isAtEnd else { throw BundleCheck.spelling }
            }
        } else {
            find(entry, .missing, "its proof is there")
        }
        document(of: name)
        guard let leaf else { return }
        let content = files[entry] == nil ? hash : entry
        attempt(proof) { check, bytes throws(LedgerError) in
            try check.prove(leaf, name, by: bytes, in: (content, proof))
        }
    }

    /// A document is what its event says it is, or is worth nothing.
    private mutating func document(of name: String) {
        let path = Path.events + name + Path.document
        guard let bytes = files[path] else { return }
        guard let entry = files[Path.events + name + Path.entry] else {
            return find(path, .unexpected, "the event that speaks of it is not there")
        }
        let hash = BundleCheck.hash(bytes)
        if !BundleCheck.has(entry, "\"details\":\"\(hash)\"") {
            find(path, .bad, "it is not the document of its event")
        }
    }

    /// A pair that does not match may be wrong in either file, so both are named.
    private mutating func prove(
        _ leaf: Hash,
        _ name: String,
        by bytes: [UInt8],
        in paths: (content: String, proof: String)
    ) throws(LedgerError) {
        let proof = try TLogProof(bytes: bytes)
        guard proof.bytes == bytes, proof.extra == nil else { throw BundleCheck.spelling }
        do throws(LedgerError) {
            _ = try proof.verify(leaf: leaf, origin: log.name, log: log, policy: policy)
        } catch {
            if error.code == .proofMismatch || error.code == .outOfRange {
                find(paths.content, .bad, "it does not match its proof")
            }
            throw error
        }
        if let other = claims.updateValue(name, forKey: proof.index) {
            throw LedgerError(.proofMismatch, "it proves the entry of \(other)")
        }
        proofCount += 1
        note(files[paths.content] ?? [], name)
        if report.head != nil, proof.checkpoint.bytes != files[Path.checkpoint] {
            deviating.append(paths.proof)
        }
        if paths.content.hasSuffix(Path.entry) {
            report.entryCount += 1
        } else {
            report.hashCount += 1
        }
    }

    /// A proved event may be the one that has the hash of the list of files.
    private mutating func note(_ entry: [UInt8], _ name: String) {
        guard let hash = manifestHash,
            BundleCheck.has(entry, "\"kind\":\"\(ProofBundle.Manifest.eventKind)\""),
            BundleCheck.has(entry, "\"details\":\"\(hash)\"")
        else { return }
        vouchers.insert(name)
    }

    // MARK: - Noting

    private mutating func find(
        _ path: String,
        _ fault: ProofBundle.Finding.Fault,
        _ detail: String
    ) {
        report.findings.append(ProofBundle.Finding(path: path, fault: fault, detail: detail))
    }

    /// Runs a check of one file and notes what it throws.
    private mutating func attempt(
        _ path: String,
        _ body: (inout BundleCheck, [UInt8]) throws(LedgerError) -> Void
    ) {
        guard let bytes = files[path] else { return find(path, .missing, "every bundle has it") }
        do throws(LedgerError) { try body(&self, bytes) } catch {
            find(path, .bad, error.message)
        }
    }

    private mutating func expect(_ path: String, _ text: String, _ complaint: String) {
        guard let bytes = files[path] else { return find(path, .missing, "every bundle has it") }
        if !bytes.elementsEqual(text.utf8) { find(path, .bad, complaint) }
    }

    /// The event's name in a path of one of its files.
    private static func name(of path: String) -> String? {
        guard path.utf8.starts(with: Path.events.utf8) else { return nil }
        let file = path.dropFirst(Path.events.count)
        for ending in [Path.proof, Path.entry, Path.hash, Path.document]
        where file.hasSuffix(ending) {
            let name = file.dropLast(ending.count)
            return name.isEmpty || name.contains("/") ? nil : String(name)
        }
        return nil
    }

    /// Whether an entry names itself so.
    private static func says(_ entry: [UInt8], _ name: String) -> Bool {
        has(entry, "\"id\":\"\(name)\"")
    }

    private static func hash(_ bytes: [UInt8]) -> String {
        Hex.encode(Array(SHA256.hash(data: bytes)))
    }

    private static func has(_ entry: [UInt8], _ text: String) -> Bool {
        let member = Array(text.utf8)
        return entry.indices.contains { entry[$0...].starts(with: member) }
    }

    private static let spelling = LedgerError(
        .malformed,
        "it is not written as the format has it"
    )
}
