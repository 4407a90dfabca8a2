// What is measured by looking at the database, in one snapshot.

public import HeedConsent
public import HeedStore

/// Asks for everything that is measured when somebody asks.
public struct Measurements: Query {
    /// Asks for all of it.
    public init() {}

    /// Opt-outs of one regime that are not completed.
    public struct OpenOptOuts: Hashable, Sendable {
        /// The regime with its version.
        public let regime: String
        /// How many there are.
        public let count: Int64
        /// How many are past their deadline.
        public let past: Int64
        /// The earliest deadline.
        public let deadlineAt: Timestamp
    }

    /// The measurements.
    public struct Answer: Sendable {
        /// How the log stands.
        public let log: LogStatus.Status
        /// The queue's numbers.
        public let queue: QueueOverview.Overview
        /// Opt-outs that are not completed, by regime.
        public let open: [OpenOptOuts]
        /// People's requests that are not answered, by kind.
        public let requests: [OpenRequests]
        /// The alerts that are open.
        public let alerts: Set<Alert.Kind>
    }

    /// Reads them.
    public func answer(in transaction: Transaction) throws -> Answer {
        let open = try transaction.openWindows().map { window in
            OpenOptOuts(
                regime: window.regime,
                count: window.count,
                past: window.past,
                deadlineAt: window.deadlineAt
            )
        }
        let alerts = try transaction.incidents().filter { $0.overAt == nil }.map(\.kind)
        return Answer(
            log: try LogStatus().answer(in: transaction),
            queue: try QueueOverview().answer(in: transaction),
            open: open,
            requests: try transaction.openRequestKinds(),
            alerts: Set(alerts)
        )
    }
}
