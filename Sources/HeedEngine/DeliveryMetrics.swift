// What happens while opt-outs are honoured, as measurements; the one list of their names.

public import CoreMetrics

/// Instruments for whoever tells other systems or hears from them.
///
/// They go to the factory they are made with. No label may hold a name from outside: each new value
/// is kept for as long as the process lives.
public struct DeliveryMetrics: Sendable {
    /// Seconds from an opt-out's arrival to the commit from which on every check refuses.
    public static let localEffect = "heed_optout_local_effect_seconds"
    /// Seconds from a person's request to a connector's confirmation.
    public static let providerEffect = "heed_optout_provider_effect_seconds"
    /// Attempts to tell a connector, by how they ended.
    public static let attempts = "heed_connector_attempts_total"
    /// Whether a connector is left alone for a while, because it kept failing.
    public static let breakerOpen = "heed_connector_breaker_open"
    /// Webhooks from other systems that were turned away.
    public static let webhookRejects = "heed_webhook_rejects_total"
    /// Alerts handed to channels, by how that ended.
    public static let notices = "heed_alert_notices_total"

    /// How an attempt ended.
    public enum Outcome: String, Sendable {
        /// The other system has it.
        case confirmed
        /// It will be tried again.
        case failed
        /// It will not.
        case givenUp = "given-up"
    }

    private let factory: any MetricsFactory

    /// Takes where measurements go; to nowhere without a factory.
    public init(_ factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        self.factory = factory
    }

    /// An opt-out is in force.
    public func inForce(afterSeconds seconds: Double) {
        Recorder(label: DeliveryMetrics.localEffect, factory: factory).record(seconds)
    }

    /// A connector confirmed an opt-out.
    public func confirmed(connector: String, afterSeconds seconds: Double) {
        Recorder(
            label: DeliveryMetrics.providerEffect,
            dimensions: [("connector", connector)],
            factory: factory
        ).record(seconds)
    }

    /// An attempt to tell a connector has ended.
    public func attempted(connector: String, _ outcome: Outcome) {
        count(DeliveryMetrics.attempts, [("connector", connector), ("outcome", outcome.rawValue)])
    }

    /// A connector is left alone from now on, or no longer.
    public func breaker(connector: String, open: Bool) {
        Gauge(
            label: DeliveryMetrics.breakerOpen,
            dimensions: [("connector", connector)],
            factory: factory
        ).record(open ? 1 : 0)
    }

    /// A webhook was turned away; `connector` is one that is set up, `reason` one of a few words.
    public func webhookRejected(connector: String, reason: String) {
        count(DeliveryMetrics.webhookRejects, [("connector", connector), ("reason", reason)])
    }

    /// A channel took a notice to operators, or did not.
    public func noticed(channel: String, taken: Bool) {
        let outcome = taken ? "taken" : "failed"
        count(DeliveryMetrics.notices, [("channel", channel), ("outcome", outcome)])
    }

    private func count(_ label: String, _ dimensions: [(String, String)]) {
        Counter(label: label, dimensions: dimensions, factory: factory).increment()
    }
}
