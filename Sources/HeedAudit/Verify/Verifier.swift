// Checks the whole database against the signed log, beside a running server, in short reads.

public import HeedConsent
public import HeedEngine
import HeedLedger
import HeedStore

/// Hashes every event again, rebuilds the tree, and compares everything that follows from the log.
///
/// Each page is one short read transaction, and what is to be read is fixed at the start, so it
/// works beside any number of writers. It writes nothing.
///
/// What it cannot see by itself: a log cut or replaced together with everything that follows from
/// it and signed again with the log's own key. A checkpoint kept outside shows that.
public struct Verifier: Sendable {
    /// Leaves in a page.
    static let leavesPerPage = 1024
    /// People in a page.
    static let peoplePerPage = 256
    /// Blocks in a page.
    static let blocksPerPage = 1024
    /// Batches of decisions before sends in a page.
    static let batchesPerPage = 1024
    /// Addresses that the guard is asked about at a time.
    static let addressesPerPage = 1024

    let engine: Engine
    private let key: String?
    private let outside: [OutsideCheckpoint]

    /// Takes the door, and what is known outside the database.
    ///
    /// - Parameters:
    ///   - engine: The door.
    ///   - key: The public key (vkey) the log is known by; nil for the one in the database.
    ///   - outside: Checkpoints kept elsewhere, which the log has to extend.
    public init(engine: Engine, key: String? = nil, outside: [OutsideCheckpoint] = []) {
        self.engine = engine
        self.key = key
        self.outside = outside
    }

    /// How far it is.
    public struct Progress: Hashable, Sendable {
        /// What it is at.
        public enum Pass: String, CaseIterable, Sendable {
            /// Events, leaves, tiles, checkpoints and consent records.
            case log
            /// Permissions, opt-outs and the blocks on people.
            case people
            /// All blocks.
            case blocks
            /// What the guard answers from memory.
            case `guard`
        }

        /// What it is at.
        public let pass: Pass
        /// Events, people and blocks looked at so far.
        public let done: Int
        /// How many there were at the start.
        public let total: Int
        /// Differences found so far.
        public let findings: Int
    }

    /// What it found.
    public struct Report: Sendable {
        /// When it began.
        public let startedAt: Timestamp
        /// When it ended.
        public internal(set) var finishedAt: Timestamp
        /// The leaves of the log.
        public let logSize: Int
        /// The newest checkpoint's size.
        public let checkpointSize: Int
        /// People, and blocks, that were compared.
        public internal(set) var people = 0
        /// Blocks that were compared.
        public internal(set) var blocks = 0
        /// Answers of the guard from memory that were compared with the database's.
        public internal(set) var answers = 0
        /// How many differences there are.
        public internal(set) var count = 0
        /// The first differences of each kind.
        public internal(set) var findings: [Finding] = []
        /// The people whose permissions differ.
        var toRebuild: [ContactID] = []

        /// True when nothing differs.
        public var isClean: Bool { count == 0 }
    }

    /// Verifies; `observe` is called after each page, and may take its time or throw to stop.
    public func run(
        _ observe: (Progress) async throws -> Void = { _ in }
    ) async throws -> Report {
        var run = Run(try await engine.ask(VerificationStart()), engine: engine)
        let opened = open(&run)
        for fault in try await engine.ask(StorageFaults()) {
            run.findings.add(.fileDamaged, at: "database", fault)
        }
        try await run.walkLog(opened, observe)
        try await run.walkPeople(observe)
        try await run.walkBlocks(observe)
        try await run.walkGuard(observe)
        return try await end(run)
    }

    /// Verifies the log and the records of its events, not what follows from them.
    public func runLog(
        _ observe: (Progress) async throws -> Void = { _ in }
    ) async throws -> Report {
        var run = Run(try await engine.ask(VerificationStart()), engine: engine)
        let opened = open(&run)
        try await run.walkLog(opened, observe)
        return try await end(run)
    }

    private func end(_ run: Run) async throws -> Report {
        var report = run.report
        report.finishedAt = try await engine.ask(VerificationStart.Present())
        report.count = run.findings.count
        report.findings = run.findings.kept
        return report
    }

    /// The key everything has to be signed by, and the outside checkpoints it has signed.
    private func open(_ run: inout Run) -> [OutsideCheckpoint.Opened] {
        let identity = run.start.extent.identity
        guard let text = key ?? identity?.verifier, let verifier = try? NoteVerifier(text: text)
        else {
            if run.start.extent.size > 0 || run.start.extent.head != nil || key != nil {
                run.findings.add(
                    .logIdentity,
                    at: "ledger_identity",
                    "the log's name and public key are gone or not readable"
                )
            }
            for file in outside {
                run.findings.add(
                    .outsideBeyond,
                    at: file.name,
                    "the database has no log that could extend it"
                )
            }
            return []
        }
        run.verifier = verifier
        if let identity, identity.verifier != text || identity.origin != verifier.name {
            run.findings.add(
                .logIdentity,
                at: "ledger_identity",
                "the database names another key or another log than \(verifier.name)"
            )
        }
        if let own = run.start.ownVerifier, own != text {
            run.findings.add(
                .logIdentity,
                at: "ledger_identity",
                "the installation's signing key is not the key of this log"
            )
        }
        return outside.compactMap { file in
            do throws(LedgerError) {
                return try file.open(by: verifier)
            } catch {
                run.findings.add(.outsideSignature, at: file.name, error.message)
                return nil
            }
        }
    }
}

/// What is to be read, fixed at the start.
struct VerificationStart: Query {
    /// The reach of everything, and the key this installation would sign with.
    struct Plan: Sendable {
        let now: Timestamp
        let extent: LogExtent
        let ownVerifier: String?
    }

    /// The present, as the database's transactions see it.
    struct Present: Query {
        func answer(in transaction: Transaction) throws -> Timestamp { transaction.now }
    }

    func answer(in transaction: Transaction) throws -> Plan {
        let extent = try transaction.logExtent()
        let own = try extent.identity.map { identity in
            try transaction.vault.logSigner(origin: identity.origin).verifier.text
        }
        return Plan(now: transaction.now, extent: extent, ownVerifier: own)
    }
}
