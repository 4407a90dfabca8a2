// What came of comparing a connector's list with ours: counts, and never an address.

/// One comparison of who is blocked here with who is blocked there.
public struct Reconciliation: Hashable, Sendable {
    /// The dotted name of the event in the log.
    public static let eventKind = "connector.reconciled"

    /// How it ended.
    public enum Outcome: Hashable, Sendable {
        /// Both lists were read to their ends.
        case compared
        /// The other system cannot be asked; only what it never confirmed was counted.
        case counted
        /// The list there was not read to its end, so nothing was concluded and nothing fixed.
        case brokenOff(String)
    }

    /// What is counted.
    public enum Count: String, CaseIterable, Sendable {
        /// Blocks here that ought to be there too.
        case here
        /// Lines of the list there.
        case there
        /// Blocks here that are not there.
        case missingThere
        /// Blocks there that are not here.
        case missingHere
        /// Blocks the other system is being told about just now.
        case underway
        /// Blocks of an address that Heed does not have in the clear, of erased people above all.
        case withoutAddress
        /// Blocks with no opt-out behind them, such as bounces, so there is nothing to tell.
        case withoutOptOut
        /// Blocks here whose scope the settings do not map.
        case unmappedHere
        /// Places there that the settings do not name, or that name a scope nobody added.
        case unmappedThere
        /// Lines there whose address cannot be read.
        case unreadable
        /// Opt-outs that the other system is told about again.
        case told
        /// Blocks of the other system that were recorded here.
        case recorded
    }

    /// The connector's name.
    public let connector: String
    /// Sixteen bytes that stand for the connector in the log.
    public let subject: [UInt8]
    /// True when differences were to be fixed.
    public let isFixing: Bool
    /// How it ended.
    public let outcome: Outcome
    private let counts: [Count: Int]

    /// Takes the counts; those that are not given are 0.
    public init(
        connector: String,
        subject: [UInt8],
        isFixing: Bool,
        outcome: Outcome,
        counts: [Count: Int]
    ) {
        self.connector = connector
        self.subject = subject
        self.isFixing = isFixing
        self.outcome = outcome
        self.counts = counts.filter { $0.value != 0 }
    }

    /// False when the list there was not read to its end, so that a count of 0 says nothing.
    public var isComplete: Bool {
        if case .brokenOff = outcome { return false }
        return true
    }

    /// The counts that say something: all of them, or what was counted until it broke off.
    public var known: [Count: Int] {
        guard isComplete else { return counts }
        return Dictionary(uniqueKeysWithValues: Count.allCases.map { ($0, self[$0]) })
    }

    /// One of the counts.
    public subscript(count: Count) -> Int { counts[count] ?? 0 }

    /// Blocks that are on one side only, and stayed so.
    public var differences: Int {
        max(0, self[.missingThere] + self[.missingHere] - self[.told] - self[.recorded])
    }

    /// The facts of the audit log's line.
    public var facts: [String: String] {
        var facts = ["connector": connector, "fix": isFixing ? "yes" : "no"]
        switch outcome {
        case .compared: facts["outcome"] = "compared"
        case .counted: facts["outcome"] = "counted"
        case .brokenOff(let answer):
            facts["outcome"] = "broken-off"
            facts["answer"] = answer
        }
        for (count, number) in known { facts[count.rawValue] = String(number) }
        return facts
    }

    /// Reads the facts of a line; nil when they are not those of a comparison.
    public init?(facts: [String: String], subject: [UInt8]) {
        guard let connector = facts["connector"], let fix = facts["fix"] else { return nil }
        let outcome: Outcome
        switch facts["outcome"] {
        case "compared": outcome = .compared
        case "counted": outcome = .counted
        case "broken-off": outcome = .brokenOff(facts["answer"] ?? "")
        default: return nil
        }
        var counts: [Count: Int] = [:]
        // A later version may count more, and an earlier one less.
        for count in Count.allCases { counts[count] = facts[count.rawValue].flatMap { Int($0) } }
        self.init(
            connector: connector,
            subject: subject,
            isFixing: fix == "yes",
            outcome: outcome,
            counts: counts
        )
    }
}
