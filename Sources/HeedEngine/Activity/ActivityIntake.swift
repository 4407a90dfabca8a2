// A whole batch of a sender's reports: what harms nobody together, and each "no" by itself.

public import HeedConsent

extension Engine {
    /// What became of a batch.
    public struct ActivityBatch: Sendable {
        /// One outcome for each report, in their order.
        public let outcomes: [ActivityOutcome]
        /// The log's position after all of it.
        public let position: Int64
    }

    /// The teller of what comes by the API, whichever key brings it.
    public static let apiTeller = "api"

    /// Takes a batch by the API.
    ///
    /// A failure leaves some of it recorded; the same batch sent again records the rest.
    public func take(
        _ reports: [ActivityReport],
        as actor: Actor
    ) async throws -> ActivityBatch {
        var outcomes = [ActivityOutcome](repeating: .duplicate, count: reports.count)
        var position: Int64?
        for places in Engine.parts(of: reports) {
            let command = RecordActivities(
                places.map { reports[$0] },
                from: Engine.apiTeller,
                stops: .obeyed
            )
            let done = try await perform(command, as: actor)
            for (place, outcome) in zip(places, done.receipt) { outcomes[place] = outcome }
            position = done.position
        }
        if let position { return ActivityBatch(outcomes: outcomes, position: position) }
        return ActivityBatch(outcomes: outcomes, position: try await ask(LogPosition()))
    }

    /// The reports of each transaction: stops come one by one, behind all others.
    private static func parts(of reports: [ActivityReport]) -> [[Int]] {
        var parts: [[Int]] = []
        var harmless: [Int] = []
        for place in reports.indices where !reports[place].activity.kind.isStop {
            harmless.append(place)
            guard harmless.count == RecordActivities.reportsMaximum else { continue }
            parts.append(harmless)
            harmless = []
        }
        if !harmless.isEmpty { parts.append(harmless) }
        return parts + reports.indices.filter { reports[$0].activity.kind.isStop }.map { [$0] }
    }
}
