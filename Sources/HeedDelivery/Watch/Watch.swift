// Looks whether something needs a person, and tells operators: when it begins, while it lasts, and
// when it is over.

package import HeedConsent
package import HeedEngine
package import Logging
import ServiceLifecycle

/// Watches the queue, the deadlines and the log on every node; one of them tells.
///
/// What channels were told is in the database, so that neither a restart nor a second node tells
/// anew. It is written after a channel took a notice: one whose reply was lost is told twice, and
/// none is told never. A channel that fails is tried again at the next look and holds up no other.
package struct Watch: Service {
    /// Seconds after which another process may tell what this one left untold.
    ///
    /// Channels that take longer than this together may be told twice.
    package static let leaseSeconds: Int64 = 60
    /// Seconds for which the end of an incident waits to be told by another node.
    static let othersSeconds: Int64 = 86_400
    private static let leaseName = "watch"

    private let engine: Engine
    private let rules: AlertRules
    private let channels: [AlertChannel]
    private let holder: [UInt8]
    private let logger: Logger
    private let metrics: DeliveryMetrics

    /// Takes the door, the thresholds, whom to tell, 16 random bytes that name this process, and
    /// where to measure.
    package init(
        engine: Engine,
        rules: AlertRules,
        channels: [AlertChannel],
        holder: [UInt8],
        logger: Logger,
        metrics: DeliveryMetrics = DeliveryMetrics()
    ) {
        self.engine = engine
        self.rules = rules
        self.channels = channels
        self.holder = holder
        self.logger = logger
        self.metrics = metrics
    }

    /// The pause between looks: half a minute, or less where a threshold is short.
    static func pause(_ rules: AlertRules) -> Duration {
        let shortest = min(rules.oldJobSeconds, rules.repeatSeconds, rules.logBehindSeconds)
        return .milliseconds(min(30_000, max(250, shortest * 250)))
    }

    /// Works until graceful shutdown or cancellation.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let pause = Watch.pause(rules)
            repeat { await look() } while (try? await Task.sleep(for: pause)) != nil
        }
    }

    /// Looks once, and tells what there is to tell.
    func look() async {
        do {
            // While nothing is wrong nothing is written.
            guard plan(try await engine.ask(Watching(rules))).hasWork else { return }
            let isOurs = try await engine.beginPeriodic(
                Watch.leaseName,
                holder: holder,
                seconds: Watch.leaseSeconds
            )
            guard isOurs else { return }
        } catch {
            report(error)
            return
        }
        do {
            // Another process may have told meanwhile.
            let watched = try await engine.ask(Watching(rules))
            try await carryOut(plan(watched))
        } catch {
            report(error)
        }
        do {
            try await engine.endPeriodic(Watch.leaseName, holder: holder)
        } catch {
            report(error)
        }
    }

    private func report(_ error: any Error) {
        if error is CancellationError { return }
        logger.error("nobody could look for alerts", metadata: ["error": "\(error)"])
    }

    /// What one look comes to.
    private struct Plan: Sendable {
        /// Incidents that are new or have changed.
        var changed: [Incident] = []
        /// What each channel has to be told, in the order of the channels.
        var notices: [[AlertNotice]] = []
        /// Incidents that are over, with the channels that have yet to hear of it.
        var over: [Alert.Kind: Set<String>] = [:]
        /// The moment.
        var now: Timestamp

        var hasWork: Bool {
            !changed.isEmpty || notices.contains { !$0.isEmpty } || over.contains { $1.isEmpty }
        }
    }

    private func plan(_ watched: Watching.Watched) -> Plan {
        let now = watched.situation.now
        let alerts = rules.alerts(in: watched.situation)
        let incidents = rules.incidents(for: alerts, before: watched.incidents, at: now)
        var plan = Plan(now: now)
        plan.changed = incidents.filter { !watched.incidents.contains($0) }
        plan.notices = channels.map { channel in
            let told = watched.told[channel.name] ?? [:]
            return incidents.compactMap { incident in
                rules.notice(about: incident, after: told[incident.kind], at: now)
            }
        }
        for incident in incidents {
            guard let overAt = incident.overAt else { continue }
            let isFresh = now < overAt.adding(seconds: Watch.othersSeconds)
            // Another node may have channels of its own; one that is set up nowhere any more must
            // not keep an incident for ever.
            let others = isFresh ? watched.told.filter { $1[incident.kind] != nil }.map(\.key) : []
            plan.over[incident.kind] = Set(channels.map(\.name) + others).filter {
                watched.told[$0]?[incident.kind]?.reason != .resolved
            }
        }
        return plan
    }

    private func carryOut(_ plan: Plan) async throws {
        try await engine.keep(plan.changed)
        let taken = await withTaskGroup(of: [(Alert.Kind, String)].self) { group in
            for (channel, notices) in zip(channels, plan.notices) where !notices.isEmpty {
                group.addTask { await tell(channel, notices, at: plan.now) }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        var over = plan.over
        for (kind, channel) in taken { over[kind]?.remove(channel) }
        let done = over.filter(\.value.isEmpty).map(\.key)
        if !done.isEmpty { try await engine.forget(done) }
    }

    /// Tells one channel; the kinds it took, with its name.
    private func tell(
        _ channel: AlertChannel,
        _ notices: [AlertNotice],
        at now: Timestamp
    ) async -> [(Alert.Kind, String)] {
        var taken: [(Alert.Kind, String)] = []
        for notice in notices {
            let kind = notice.incident.kind
            let outcome = await channel.tell(notice)
            metrics.noticed(channel: channel.name, taken: outcome == .taken)
            var problem: String?
            switch outcome {
            case .taken:
                do {
                    let telling = Telling(notice.reason, at: now)
                    try await engine.keep(telling, about: kind, by: channel.name)
                    taken.append((kind, channel.name))
                } catch {
                    problem = "told, but not kept: \(error)"
                }
            case .failed(let reason): problem = reason
            }
            if let problem {
                logger.warning(
                    "an alert is to be told again",
                    metadata: [
                        "channel": "\(channel.name)", "alert": "\(kind.rawValue)",
                        "reason": "\(problem)",
                    ]
                )
            }
        }
        return taken
    }
}
