// One of the things that must be true of an installation, and how it is looked at.

/// A property that every installation must have, with the way to find out whether this one has it.
public struct Check: Sendable {
    /// How bad it is when it is not so.
    public enum Severity: String, CaseIterable, Sendable {
        /// People are written to who said no, or nothing can be proved.
        case critical
        /// A right of a person's, or a part of the proof, is at risk.
        case high
        /// It works, and will not when it matters.
        case medium
        /// It works worse than it should.
        case low
        /// Nobody is worse off, and an auditor has more to do.
        case info
    }

    typealias Look = @Sendable (AuditContext, inout Inspection) async throws -> Void

    /// Its name, as in docs/operations/audit.md.
    public let id: String
    /// How bad it is when it is not so.
    public let severity: Severity
    /// What must be true, in a sentence.
    public let title: String
    /// What to do when it is not.
    public let remedy: String
    /// Tries and reads; what it cannot carry out is a fault, too.
    let look: Look

    init(
        _ id: String,
        _ severity: Severity,
        _ title: String,
        remedy: String,
        look: @escaping Look
    ) {
        self.id = id
        self.severity = severity
        self.title = title
        self.remedy = remedy
        self.look = look
    }

    /// The twenty of docs/operations/audit.md, in its order.
    public static let all: [Check] = storage + optOuts + rights + trail
}

/// What a check has tried and seen so far.
struct Inspection: Sendable {
    /// What was tried or read, and what came back.
    private(set) var evidence: [String] = []
    /// What is not as it must be.
    private(set) var faults: [String] = []

    /// Writes down what was seen.
    mutating func note(_ fact: String) { evidence.append(fact) }

    /// Writes down what is wrong.
    mutating func fault(_ fault: String) { faults.append(fault) }

    /// Writes down a fact if it is one, else what is wrong.
    mutating func expect(_ isSo: Bool, _ fact: String, else fault: String) {
        if isSo { note(fact) } else { faults.append(fault) }
    }

    /// Writes down what is wrong if it is.
    mutating func require(_ isSo: Bool, else fault: @autoclosure () -> String) {
        if !isSo { faults.append(fault()) }
    }

    /// Takes what another look has seen.
    mutating func add(_ other: Inspection) {
        evidence += other.evidence
        faults += other.faults
    }
}
