// What must hold after every step of a simulated history, by name, and how it is said that it does
// not.

/// What must hold after every step.
enum Invariant: String, CaseIterable, Sendable {
    /// Nobody is allowed who was told that they are not written to any more.
    case stopsHold
    /// Permissions are what the records make of them.
    case permissionsFollowRecords
    /// Each event is in the log once, in order, and no checkpoint has another history.
    case logIsExact
    /// What is still to be told has a job, and in the end every job was done or buried.
    case workGoesOn
    /// Of somebody who was erased nothing can be read.
    case erasedIsGone
    /// A repeated request gets the first answer and changes nothing.
    case answersRepeat
    /// The guard says the same from memory as from the tables.
    case guardsAgree
}

/// An invariant that does not hold.
struct Violation: Error, CustomStringConvertible {
    let invariant: Invariant
    let detail: String

    init(_ invariant: Invariant, _ detail: String) {
        self.invariant = invariant
        self.detail = detail
    }

    var description: String { "\(invariant.rawValue): \(detail)" }
}
