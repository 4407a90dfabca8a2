// What a rule decided: the events that happened, the work they leave, and the answer to the caller.

/// The outcome of a command, before anything was written.
public struct Decision<Receipt: Sendable>: Sendable {
    /// What happened, in order.
    public var events: [Event]
    /// What it does to the queue.
    public var jobs: [JobChange]
    /// What the caller is told once it is committed.
    public var receipt: Receipt

    /// Makes a decision.
    public init(_ receipt: Receipt, events: [Event] = [], jobs: [JobChange] = []) {
        self.receipt = receipt
        self.events = events
        self.jobs = jobs
    }
}
