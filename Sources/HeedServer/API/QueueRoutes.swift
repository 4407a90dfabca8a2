// The queue and the windows over HTTP, for whoever runs Heed; no address is in them.

import HTTPTypes
package import HeedConsent
package import HeedEngine
import Hummingbird

/// `GET /v1/queue` and `GET /v1/windows`.
struct QueueRoutes {
    /// Jobs on a page unless the caller says.
    private static let pageByDefault = 50

    let engine: Engine
    let options: ServerOptions

    /// Numbers by lane and connector, and a page of jobs.
    @Sendable
    func queue(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        var fields = try QueryFields(request)
        let filter = ListJobs.Filter(
            state: fields.take("state"),
            lane: fields.take("lane"),
            connector: fields.take("connector")
        )
        let question = try ListJobs(
            filter,
            after: fields.id("after"),
            limit: fields.number("limit") ?? QueueRoutes.pageByDefault
        )
        try fields.finish()
        let overview = try await engine.ask(QueueOverview())
        return Response(json: QueueAnswer(overview, page: try await engine.ask(question)))
    }

    /// How long opt-outs took, by regime and period.
    @Sendable
    func windows(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        var fields = try QueryFields(request)
        let period: ReportPeriod = try fields.word("by") ?? .month
        let question = Windows(
            from: try fields.time("from"),
            to: try fields.time("to"),
            by: period,
            nearSeconds: options.nearDeadlineSeconds
        )
        try fields.finish()
        return Response(json: WindowsAnswer(try await engine.ask(question), by: period))
    }
}

/// The JSON form of the queue; the command line prints the same.
package struct QueueAnswer: Encodable, Sendable {
    private let lanes: [Lane]
    private let connectors: [Connector]
    private let jobs: [Job]
    private let next: String?

    private struct Lane: Encodable, Sendable {
        let lane: String
        let ready: Int64
        let leased: Int64
        let buried: Int64
        let oldest: Oldest?
    }

    private struct Oldest: Encodable, Sendable {
        let id: String
        let kind: String
        let dueSince: String
        let ageSeconds: Int64
    }

    private struct Connector: Encodable, Sendable {
        let connector: String
        let pending: Int64
        let buried: Int64
    }

    private struct Job: Encodable, Sendable {
        let id: String
        let kind: String
        let lane: String
        let state: String
        let attempts: Int
        let runAt: String
        let dueSince: String
        let leasedUntil: String?
        let optOutId: String?
        let connector: String?
        let answer: String?
    }

    /// Takes the engine's two answers.
    package init(_ overview: QueueOverview.Overview, page: ListJobs.Page) {
        lanes = overview.lanes.map { lane in
            Lane(
                lane: lane.name,
                ready: lane.counts["ready"] ?? 0,
                leased: lane.counts["leased"] ?? 0,
                buried: lane.counts["buried"] ?? 0,
                oldest: lane.oldest.map { job in
                    Oldest(
                        id: job.id.text,
                        kind: job.kind,
                        dueSince: job.dueSince.text,
                        ageSeconds: overview.now.milliseconds(since: job.dueSince) / 1000
                    )
                }
            )
        }
        connectors = overview.connectors.map {
            Connector(connector: $0.name, pending: $0.pending, buried: $0.buried)
        }
        jobs = page.jobs.map { job in
            Job(
                id: job.id.text,
                kind: job.kind,
                lane: job.lane,
                state: job.state,
                attempts: job.attempts,
                runAt: job.runAt.text,
                dueSince: job.dueSince.text,
                leasedUntil: job.leasedUntil?.text,
                optOutId: job.optOut?.text,
                connector: job.connector,
                answer: job.answer
            )
        }
        next = page.next?.text
    }
}

/// The JSON form of a report about windows.
package struct WindowsAnswer: Encodable, Sendable {
    private let now: String
    private let from: String
    private let to: String
    private let by: String
    private let windows: [Window]
    private let imported: Int64

    private struct Window: Encodable, Sendable {
        let from: String
        let to: String
        let regime: String
        let count: Int64
        let completed: Int64
        let ended: Int64
        let nearDeadline: Int64
        let pastDeadline: Int64
        let p50Ms: Int64?
        let p95Ms: Int64?
        let p99Ms: Int64?
        let maxMs: Int64?
    }

    /// Takes a report.
    package init(_ report: Windows.Report, by period: ReportPeriod) {
        now = report.now.text
        from = report.from.text
        to = report.to.text
        by = period.rawValue
        imported = report.imported
        windows = report.windows.map { window in
            Window(
                from: window.span.from.text,
                to: window.span.to.text,
                regime: window.regime,
                count: window.count,
                completed: window.completed,
                ended: window.ended,
                nearDeadline: window.nearDeadline,
                pastDeadline: window.pastDeadline,
                p50Ms: window.quantiles?.p50,
                p95Ms: window.quantiles?.p95,
                p99Ms: window.quantiles?.p99,
                maxMs: window.quantiles?.max
            )
        }
    }
}
