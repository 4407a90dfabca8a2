// What other systems report: proven on the raw bytes, then taken event by event.

import HTTPTypes
import HeedConnectors
import HeedConsent
import HeedEngine
import HeedStore
import Hummingbird
import Logging

/// `POST /v1/webhooks/{connector}`: opened by the sender's signature, not by an API key.
///
/// - A message that is not proven changes nothing and is answered 401; who sent it is not told why.
/// - Every event is a command of its own, done once by its id, so a message that comes again, after
///   a lost answer or by somebody who overheard it, changes nothing.
/// - 503 says that not all of it is stored and it must be sent again.
struct WebhookRoutes {
    let engine: Engine
    let options: ServerOptions

    private var inbox: Inbox { options.inbox }

    func addRoutes(to router: RouterGroup<HeedRequestContext>) {
        // Mailchimp asks by GET whether there is anybody.
        router.get("webhooks/:connector") { _, _ in Response(status: .ok) }
        router.head("webhooks/:connector") { _, _ in Response(status: .ok) }
        router.post("webhooks/:connector", use: take)
    }

    @Sendable
    private func take(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let body = try await request.body.collect(upTo: options.webhookBytesMaximum)
        let name = context.parameters.get("connector") ?? ""
        guard let settings = try await engine.ask(FindConnector(name: name)) else {
            throw Problem(.notFound, "not-found", "there is no connector of this name")
        }
        let message = WebhookDelivery(
            query: request.uri.query ?? "",
            headers: request.headers.map { ($0.name.rawName, $0.value) },
            body: Array(body.readableBytesView)
        )
        let batch = try await prove(message, from: settings, context)
        var counts = Counts()
        counts.ignored = batch.ignored
        counts.unreadable = batch.unreadable
        for (index, event) in batch.events.enumerated() {
            let key = event.id ?? batch.replay.map { "\($0.token) \(index)" }
            try await take(event, key, from: settings, &counts)
        }
        // Last, so that whoever has become known by a "no" is known to the counts as well.
        try await count(batch.activities, from: settings, &counts)
        tell(counts, of: name, context)
        // Also when something could not be read: it would be no clearer when it is sent again.
        return Response(status: .noContent)
    }

    /// What became of a message's events.
    private struct Counts {
        /// Changed something.
        var news = 0
        /// Was known before.
        var known = 0
        /// Is older than the person's own "yes".
        var history = 0
        /// Means nothing for consent.
        var ignored = 0
        /// Has no address, or is of a shape nobody knows.
        var unreadable = 0
        /// Is in the counts of what became of messages.
        var counted = 0
    }

    private func tell(_ counts: Counts, of name: String, _ context: HeedRequestContext) {
        context.logger.info(
            "webhook",
            metadata: [
                "connector": "\(name)", "news": "\(counts.news)", "known": "\(counts.known)",
                "history": "\(counts.history)", "ignored": "\(counts.ignored)",
                "unreadable": "\(counts.unreadable)", "counted": "\(counts.counted)",
            ]
        )
        guard counts.unreadable > 0 else { return }
        DeliveryMetrics(options.registry).webhookRejected(connector: name, reason: "unreadable")
        context.logger.warning(
            "a webhook is proven, but cannot be read; what it reports is not taken",
            metadata: ["connector": "\(name)", "events": "\(counts.unreadable)"]
        )
    }

    private func prove(
        _ message: WebhookDelivery,
        from settings: ConnectorSettings,
        _ context: HeedRequestContext
    ) async throws -> InboundBatch {
        do {
            let connector = try settings.connector()
            return try await connector.receive(message, at: inbox.now())
                .walk(now: inbox.now, carry: inbox.carry)
        } catch let refusal as Refusal {
            DeliveryMetrics(options.registry).webhookRejected(
                connector: settings.name,
                reason: refusal.code == .malformed ? "malformed" : "not-proven"
            )
            context.logger.warning(
                "a webhook was refused",
                metadata: ["connector": "\(settings.name)", "reason": "\(refusal)"]
            )
            if refusal.code == .malformed { throw refusal }
            throw Problem(.unauthorized, "not-proven", "this message is not proven to be theirs")
        } catch let error as StoreError {
            throw error
        } catch {
            DeliveryMetrics(options.registry).webhookRejected(
                connector: settings.name,
                reason: "not-checked"
            )
            context.logger.error(
                "a webhook could not be checked",
                metadata: ["connector": "\(settings.name)", "error": "\(type(of: error))"]
            )
            throw Problem(
                .serviceUnavailable,
                "not-checked",
                "what proves this message could not be fetched; send it again",
                retryAfterSeconds: 30
            )
        }
    }

    /// Counts what became of messages; what cannot be kept of an event is left out of it.
    private func count(
        _ activities: [InboundActivity],
        from settings: ConnectorSettings,
        _ counts: inout Counts
    ) async throws {
        guard !activities.isEmpty else { return }
        let scopes = Set(try await engine.ask(ListScopes()).map(\.name.text))
        let now = inbox.now()
        var reports = activities.compactMap { ActivityReport($0, scopes: scopes, at: now) }[...]
        while !reports.isEmpty {
            let command = RecordActivities(
                Array(reports.prefix(RecordActivities.reportsMaximum)),
                from: "connector " + settings.name,
                stops: .counted
            )
            reports = reports.dropFirst(RecordActivities.reportsMaximum)
            let done = try await engine.perform(command, as: .system("webhook:" + settings.name))
            counts.counted += done.receipt.count { $0 == .recorded || $0 == .anonymous }
        }
    }

    /// Takes one event, once for each thing it covers, and counts what became of it.
    private func take(
        _ event: InboundEvent,
        _ key: String?,
        from settings: ConnectorSettings,
        _ counts: inout Counts
    ) async throws {
        // A resubscription is no consent, and a new address was given to somebody else.
        guard let kind = ProviderReport.Kind(event.kind) else {
            counts.ignored += 1
            return
        }
        guard let address = try? Address(email: event.address) else {
            counts.unreadable += 1
            return
        }
        let extents: [OptOut.Extent?] =
            event.extents.isEmpty ? [nil] : event.extents.map { try? OptOut.Extent($0) }
        for (index, extent) in extents.enumerated() {
            let report = ProviderReport(
                kind,
                address,
                extent: extent,
                place: event.plainPlace,
                at: event.at
            )
            let once = key.map {
                // One message may name several people under one id.
                RepeatKey(
                    key: "\(kind.rawValue) \(index) \(address.match) \($0)",
                    caller: "connector " + settings.name,
                    operation: "webhook",
                    body: []
                )
            }
            let performed = try await engine.perform(
                TakeReport(connector: settings.name, report: report),
                as: .system("webhook:" + settings.name),
                once: once
            )
            if performed.receipt.isNews {
                counts.news += 1
            } else if performed.receipt.isHistory == true {
                counts.history += 1
            } else {
                counts.known += 1
            }
        }
    }
}

extension ActivityReport {
    /// Takes what can be kept of what another system tells; nil where it names no address.
    fileprivate init?(_ activity: InboundActivity, scopes: Set<String>, at now: Timestamp) {
        let details = ActivityDetails(
            telling: activity.message,
            ip: activity.ip,
            userAgent: activity.userAgent
        )
        let scope = activity.scope.flatMap { scopes.contains($0) ? try? ScopeName($0) : nil }
        guard let address = try? Address(email: activity.address),
            let told = try? Activity(
                activity.kind,
                // Another system's clock may be ahead.
                at: min(activity.at, now),
                campaign: Activity.campaign(telling: activity.campaign),
                scope: scope,
                details: details
            )
        else { return nil }
        try? self.init(id: activity.id, subject: .address(address), activity: told)
    }
}

extension ProviderReport.Kind {
    fileprivate init?(_ kind: InboundEvent.Kind) {
        switch kind {
        case .unsubscribed: self = .unsubscribed
        case .complained: self = .complained
        case .bounced: self = .bounced
        case .resubscribed, .addressChanged: return nil
        }
    }
}
