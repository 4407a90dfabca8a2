// Every measurement there is: its name, what it means, and how it adds up.

import HeedEngine

/// One name with what stands behind it.
struct MetricFamily: Sendable {
    /// How values add up over time.
    enum Kind: Hashable, Sendable {
        /// Goes up and down.
        case gauge
        /// Only goes up, and starts at 0 with the process.
        case counter
        /// Counts values up to each of these bounds, in seconds.
        case histogram([Double])

        /// The word of the format.
        var word: String {
            switch self {
            case .gauge: "gauge"
            case .counter: "counter"
            case .histogram: "histogram"
            }
        }
    }

    /// Its name.
    let name: String
    /// How it adds up.
    let kind: Kind
    /// One sentence for whoever looks at a graph of it.
    let help: String

    /// From a millisecond to ten seconds: what a commit may take.
    static let commitSeconds = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
    ]
    /// From a tenth of a second to ten days: what other systems and the law allow.
    static let cascadeSeconds: [Double] = [
        0.1, 0.5, 1, 5, 30, 60, 300, 900, 3600, 14_400, 86_400, 172_800, 864_000,
    ]

    /// All there are, in the order they are written.
    static let all = [
        MetricFamily("heed_build_info", .gauge, "The version of this program."),
        MetricFamily(
            "heed_journal_writable",
            .gauge,
            "1 while the journal of stops can be written; at 0 no stop can be acknowledged."
        ),
        MetricFamily("heed_log_size", .gauge, "Events under the newest checkpoint."),
        MetricFamily(
            "heed_log_unsequenced_events",
            .gauge,
            "Committed events that are not in the log yet."
        ),
        MetricFamily(
            "heed_log_checkpoint_age_seconds",
            .gauge,
            "Seconds since the newest checkpoint was signed."
        ),
        MetricFamily(
            "heed_verification_findings",
            .gauge,
            "Differences the last verification found; anything but 0 is an alert."
        ),
        MetricFamily(
            "heed_verification_age_seconds",
            .gauge,
            "Seconds since the last verification ended."
        ),
        MetricFamily(
            "heed_verification_events",
            .gauge,
            "Events the last verification hashed again."
        ),
        MetricFamily("heed_queue_jobs", .gauge, "Jobs in the queue by lane and state."),
        MetricFamily(
            "heed_queue_oldest_age_seconds",
            .gauge,
            "Seconds the oldest job of a lane has been due; 0 when none is."
        ),
        MetricFamily(
            "heed_connector_targets",
            .gauge,
            "Opt-outs a connector has yet to confirm (pending) or was given up on (buried)."
        ),
        MetricFamily("heed_optouts_open", .gauge, "Opt-outs that are not completed, by regime."),
        MetricFamily(
            "heed_optouts_past_deadline",
            .gauge,
            "Opt-outs that are not completed and past their legal deadline."
        ),
        MetricFamily(
            "heed_optout_deadline_margin_seconds",
            .gauge,
            "Seconds until the earliest deadline of an open opt-out; below 0 it is past."
        ),
        MetricFamily("heed_requests_open", .gauge, "People's requests not answered, by kind."),
        MetricFamily(
            "heed_requests_past_deadline",
            .gauge,
            "People's requests that are not answered and past their legal deadline."
        ),
        MetricFamily(
            "heed_request_deadline_days",
            .gauge,
            "Days until the earliest deadline of an open request; below 0 it is past."
        ),
        MetricFamily("heed_alerts_open", .gauge, "Whether an alert is open, by kind."),
        MetricFamily(
            "heed_guard_index_addresses",
            .gauge,
            "Addresses in this process' index of the guard; 0 while it cannot answer."
        ),
        MetricFamily(
            "heed_guard_index_bytes",
            .gauge,
            "Bytes of that index; 0 while it cannot answer."
        ),
        MetricFamily(
            "heed_guard_batches_total",
            .counter,
            "Lists of recipients the guard has answered about, from its index or by the database."
        ),
        MetricFamily(
            "heed_guard_index_reloaded_people_total",
            .counter,
            "People that were read into the index again because something happened to them."
        ),
        MetricFamily(
            "heed_guard_index_builds_total",
            .counter,
            "How often everything was read into the index; more than once means it lagged."
        ),
        MetricFamily(
            DeliveryMetrics.localEffect,
            .histogram(commitSeconds),
            "Seconds from an opt-out's arrival to the commit that every later check sees."
        ),
        MetricFamily(
            DeliveryMetrics.providerEffect,
            .histogram(cascadeSeconds),
            "Seconds from a person's request to a connector's confirmation."
        ),
        MetricFamily(
            DeliveryMetrics.attempts,
            .counter,
            "Attempts to tell a connector, by how they ended."
        ),
        MetricFamily(
            DeliveryMetrics.breakerOpen,
            .gauge,
            "Whether a connector is left alone for a while (1) because it kept failing."
        ),
        MetricFamily(
            DeliveryMetrics.webhookRejects,
            .counter,
            "Webhooks from other systems that were turned away, by reason."
        ),
        MetricFamily(
            DeliveryMetrics.notices,
            .counter,
            "Alerts handed to channels, by whether they were taken."
        ),
    ]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// The family of a name; nil for a name nobody wrote down here.
    static func named(_ name: String) -> MetricFamily? { byName[name] }

    private init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }
}
