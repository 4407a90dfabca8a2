// What tests tell about messages, and what is counted of it.

package import HeedConsent
package import HeedEngine

extension Sample {
    /// An event about a message.
    package static func report(
        _ id: String,
        _ kind: ActivityKind,
        _ subject: Subject,
        at: Timestamp,
        message: String? = nil,
        campaign: String? = "spring",
        scope: ScopeName? = newsletter
    ) throws -> ActivityReport {
        let details = try ActivityDetails(
            message: message,
            ip: "203.0.113.77",
            userAgent: "SearchableBrowser/9.1"
        )
        let activity = try Activity(
            kind,
            at: at,
            campaign: campaign,
            scope: scope,
            details: details
        )
        return try ActivityReport(id: id, subject: subject, activity: activity)
    }
}

extension Installation {
    /// Tells what happened to a message now.
    @discardableResult
    package func tell(
        _ id: String,
        _ kind: ActivityKind,
        _ address: Address,
        message: String? = nil,
        campaign: String? = "spring"
    ) async throws -> ActivityOutcome? {
        let report = try Sample.report(
            id,
            kind,
            .address(address),
            at: clock.now,
            message: message,
            campaign: campaign
        )
        return try await engine.take([report], as: Sample.actor).outcomes.first
    }

    /// Counts and rates by day, of everything there is.
    package func statistics(
        by period: ReportPeriod = .day
    ) async throws -> ActivityStatistics.Report {
        let filter = ActivityStatistics.Filter(
            from: clock.now.adding(days: -30),
            to: clock.now.adding(days: 1)
        )
        return try await engine.ask(ActivityStatistics(filter, by: period))
    }
}
