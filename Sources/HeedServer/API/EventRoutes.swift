// What became of messages over HTTP: batches in, counts and rates out.

import HTTPTypes
import HeedConsent
package import HeedEngine
import Hummingbird

/// `POST /v1/events` and `GET /v1/stats`.
struct EventRoutes {
    let engine: Engine
    let options: ServerOptions

    /// Takes a batch: good rows are recorded, bad ones are listed by index and field.
    @Sendable
    func record(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
        var fields = try Fields(body: body)
        guard let items = try fields.optionalItems("events"), !items.isEmpty else {
            throw Refusal(.missing, field: "events", "this field is needed: a list of events")
        }
        try fields.finish()
        guard items.count <= RecordActivities.reportsMaximum else {
            throw Refusal(
                .tooLarge,
                field: "events",
                "a batch has at most \(RecordActivities.reportsMaximum) events"
            )
        }
        var answer = EventsAnswer()
        var reports: [ActivityReport] = []
        var places: [Int] = []
        for (index, item) in items.enumerated() {
            do throws(Refusal) {
                reports.append(try EventRoutes.report(item))
                places.append(index)
            } catch {
                answer.add(.refused(error), at: index)
            }
        }
        let batch = try await engine.take(reports, as: context.actor)
        for (index, outcome) in zip(places, batch.outcomes) { answer.add(outcome, at: index) }
        answer.position = batch.position
        return Response(json: answer.ordered)
    }

    private static func report(_ item: Fields?) throws(Refusal) -> ActivityReport {
        guard var fields = item else { throw Refusal(.invalid, "an event has to be an object") }
        let id = try fields.string("id")
        let subject = try fields.subject()
        let kind = try kind(&fields)
        let at = try fields.optionalTime("at")
        let details = try ActivityDetails(
            message: fields.optionalString("message"),
            ip: fields.optionalString("ip"),
            userAgent: fields.optionalString("userAgent")
        )
        let campaign = try fields.optionalString("campaign")
        let scope = try fields.optionalString("scope").map { text throws(Refusal) in
            try ScopeName(text)
        }
        guard let at else { throw Refusal(.missing, field: "at", "this field is needed") }
        try fields.finish()
        let activity = try Activity(
            kind,
            at: at,
            campaign: campaign,
            scope: scope,
            details: details
        )
        return try ActivityReport(id: id, subject: subject, activity: activity)
    }

    /// What callers write for a kind.
    private enum Word: String, CaseIterable {
        case sent, delivered, opened, clicked, bounced, complained, unsubscribed
    }

    private enum Bounce: String, CaseIterable {
        case hard, soft
    }

    private static func kind(_ fields: inout Fields) throws(Refusal) -> ActivityKind {
        let word = try fields.word("kind", as: Word.self)
        let bounce = try fields.optionalWord("bounce", as: Bounce.self)
        switch (word, bounce) {
        case (.bounced, .hard): return .hardBounced
        case (.bounced, .soft): return .softBounced
        case (.bounced, nil):
            throw Refusal(
                .missing,
                field: fields.name("bounce"),
                "a bounce is hard or soft: say which"
            )
        case (_, .some):
            throw Refusal(.invalid, field: fields.name("bounce"), "only a bounce has this")
        case (.sent, nil): return .sent
        case (.delivered, nil): return .delivered
        case (.opened, nil): return .opened
        case (.clicked, nil): return .clicked
        case (.complained, nil): return .complained
        case (.unsubscribed, nil): return .unsubscribed
        }
    }

    /// Counts and rates.
    @Sendable
    func statistics(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        var fields = try QueryFields(request)
        let filter = ActivityStatistics.Filter(
            from: try fields.time("from"),
            to: try fields.time("to"),
            campaign: fields.take("campaign"),
            scope: try fields.take("scope").map { text throws(Refusal) in try ScopeName(text) }
        )
        let period: ReportPeriod = try fields.word("period") ?? .month
        try fields.finish()
        let report = try await engine.ask(ActivityStatistics(filter, by: period))
        return Response(json: StatisticsAnswer(report))
    }
}

/// The JSON form of what became of a batch.
private struct EventsAnswer: Encodable {
    private struct Bad: Encodable {
        let index: Int
        let field: String?
        let detail: String
    }

    private var recorded = 0
    private var anonymous = 0
    private var duplicate = 0
    private var invalid = 0
    private var errors: [Bad] = []
    var position: Int64 = 0

    mutating func add(_ outcome: ActivityOutcome, at index: Int) {
        switch outcome {
        case .recorded: recorded += 1
        case .anonymous: anonymous += 1
        case .duplicate: duplicate += 1
        case .refused(let refusal):
            invalid += 1
            // The index says where, so the field's own name is enough.
            let place = "events[\(index)]."
            let field = refusal.field.map { name in
                name.hasPrefix(place) ? String(name.dropFirst(place.count)) : name
            }
            errors.append(Bad(index: index, field: field, detail: refusal.message))
        }
    }

    /// The same with the bad rows in the order of the batch.
    var ordered: EventsAnswer {
        var answer = self
        answer.errors.sort { $0.index < $1.index }
        return answer
    }
}

/// The JSON form of counts and rates; the command line prints the same.
package struct StatisticsAnswer: Encodable, Sendable {
    private let from: String
    private let to: String
    private let period: String
    private let totals: Numbers
    private let rows: [Row]

    private struct Count: Encodable, Sendable {
        let total: Int64
        let unique: Int64
    }

    private struct Numbers: Encodable, Sendable {
        let counts: [String: Count]
        let rates: [String: Double?]

        init(_ counts: ActivityCounts) {
            self.counts = Dictionary(
                uniqueKeysWithValues: ActivityKind.allCases.map { kind in
                    (kind.rawValue, Count(total: counts[kind].total, unique: counts[kind].unique))
                }
            )
            rates = Dictionary(
                uniqueKeysWithValues: ActivityCounts.Rate.allCases.map { ($0.rawValue, counts[$0]) }
            )
        }
    }

    private struct Row: Encodable, Sendable {
        let from: String
        let to: String
        let campaign: String?
        let scope: String?
        let counts: [String: Count]
        let rates: [String: Double?]
    }

    /// Takes the engine's report.
    package init(_ report: ActivityStatistics.Report) {
        from = report.from.text
        to = report.to.text
        period = report.period.rawValue
        totals = Numbers(report.total)
        rows = report.rows.map { row in
            let numbers = Numbers(row.counts)
            return Row(
                from: row.span.from.text,
                to: row.span.to.text,
                campaign: row.campaign,
                scope: row.scope,
                counts: numbers.counts,
                rates: numbers.rates
            )
        }
    }
}
