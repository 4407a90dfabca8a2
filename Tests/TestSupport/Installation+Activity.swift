// What tests tell about messages, and what is counted of it.

package import HeedConsent
package import HeedEngine
import HeedStore

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

    /// What a person is told about messages to them: each by the names of its columns.
    package func activities(of contact: ContactID) async throws -> [[String: String]] {
        let span = PersonalSpan(contact: contact, through: clock.now.adding(days: 1))
        return try await database.read { transaction in
            let category = PersonalCategory.all.first { $0.name == "events" }
            guard let category else { return [] }
            let page = try category.page(
                of: span,
                after: PersonalPlace(),
                limit: 1000,
                in: transaction
            )
            return page.rows.map { row in
                var texts: [String: String] = [:]
                for case (let column, .text(let text)) in zip(category.columns, row) {
                    texts[column.name] = text
                }
                return texts
            }
        }
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
