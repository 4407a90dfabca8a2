// How much may be asked of each connector right now: its slots, its pace, and a circuit breaker.

import HeedConnectors
package import HeedConsent
package import HeedStore
import Synchronization

/// Keeps systems that are slow or down from holding up the others.
///
/// Each connector has slots and a pace of its own, from its `ProviderRules`. After five failures in
/// a row that say nothing about the request itself (no connection, no answer in time, 5xx), its
/// breaker opens: nothing is claimed for it until a pause is over, then a single job is tried. The
/// pause doubles from 15 seconds up to five minutes, so a provider that is back is noticed soon,
/// and none is hammered. A provider that says when to come back is left alone until then. An
/// operator who has a job tried again is not kept waiting: a single job is tried at once, whatever
/// the pause, for each time they say so.
///
/// The state is this process's own; another node finds out for itself.
package final class ConnectorGate: Sendable {
    /// Failures in a row after which nothing more is claimed.
    package static let failuresMaximum = 5
    /// The first pause, in seconds.
    package static let pauseSecondsMinimum: Int64 = 15
    /// The longest pause, in seconds.
    package static let pauseSecondsMaximum: Int64 = 300

    /// What an attempt says about the other system.
    package enum Experience: Hashable, Sendable {
        /// It answered, whatever it said.
        case answered
        /// It did not, or said that it is not well.
        case failed
        /// It asked to be left alone for so many seconds.
        case busy(seconds: Int64)
    }

    /// Whether a connector is asked at all.
    package enum State: String, Hashable, Sendable {
        /// As usual.
        case closed
        /// One job at a time, to find out.
        case trying
        /// Not before the pause is over.
        case open
    }

    private struct Entry {
        var running = 0
        var failures = 0
        var pause = ConnectorGate.pauseSecondsMinimum
        var notBefore: Timestamp?
        var isOpen = false
        var simultaneous: Int?
        var pace: Pace?
        /// The operator's word that room was given for, and the newest that a job was begun for.
        var asked: Timestamp?
        var heeded: Timestamp?

        /// True when a job that was redriven then may be tried during a pause.
        func mayTry(_ redrivenAt: Timestamp?) -> Bool {
            guard let redrivenAt else { return false }
            return heeded.map { redrivenAt > $0 } ?? true
        }
    }

    private let slots: Int
    private let surroundings: Surroundings
    private let entries = Mutex<[String: Entry]>([:])

    /// Takes how many jobs one connector may have under way at most, and the clock.
    package init(slots: Int, surroundings: Surroundings) {
        self.slots = slots
        self.surroundings = surroundings
    }

    /// How many more jobs of a connector may be begun now.
    ///
    /// - Parameters:
    ///   - connector: The connector.
    ///   - redrivenAt: When an operator last had one of the waiting jobs tried again, which is one
    ///     word for all jobs that were redriven until then; nil when nobody did.
    /// - Returns: How many, 0 while it is left alone.
    package func room(for connector: String, redrivenAt: Timestamp? = nil) -> Int {
        let now = surroundings.now()
        return entries.withLock { entries in
            let entry = entries[connector] ?? Entry()
            let isPausing = entry.notBefore.map { now < $0 } ?? false
            if isPausing {
                guard entry.mayTry(redrivenAt) else { return 0 }
                entries[connector]?.asked = redrivenAt
            }
            let isTrial = entry.isOpen || isPausing
            let most = isTrial ? 1 : min(slots, entry.simultaneous ?? slots)
            let free = max(0, most - entry.running)
            return min(free, entry.pace?.room(at: now) ?? free)
        }
    }

    /// A connector's state.
    package func state(of connector: String) -> State {
        let now = surroundings.now()
        return entries.withLock { entries in
            guard let entry = entries[connector], entry.isOpen else { return .closed }
            return entry.notBefore.map { now < $0 } ?? false ? .open : .trying
        }
    }

    /// Counts a job that begins.
    package func begin(_ connector: String) {
        entries.withLock { entries in
            entries[connector, default: Entry()].running += 1
            guard let asked = entries[connector]?.asked else { return }
            entries[connector]?.heeded = asked
            entries[connector]?.asked = nil
        }
    }

    /// Counts a job that is over.
    package func end(_ connector: String) {
        entries.withLock { $0[connector, default: Entry()].running -= 1 }
    }

    /// Learns how fast a connector may be asked.
    func learn(_ connector: String, _ rules: ProviderRules) {
        let now = surroundings.now()
        entries.withLock { entries in
            entries[connector, default: Entry()].simultaneous = rules.simultaneousRequests
            // Another one may have the name by now.
            let perMinute = rules.requestsPerMinute.map(Double.init)
            guard entries[connector]?.pace?.perMinute != perMinute else { return }
            entries[connector]?.pace = rules.requestsPerMinute.map { Pace($0, at: now) }
        }
    }

    /// Counts a request that goes out.
    func spend(_ connector: String) {
        let now = surroundings.now()
        entries.withLock { $0[connector]?.pace?.spend(at: now) }
    }

    /// Learns how an attempt went.
    func note(_ experience: Experience, of connector: String) {
        let now = surroundings.now()
        entries.withLock { entries in
            var entry = entries[connector] ?? Entry()
            switch experience {
            case .answered:
                entry.failures = 0
                entry.isOpen = false
                entry.pause = ConnectorGate.pauseSecondsMinimum
                entry.notBefore = nil
            case .busy(let seconds):
                let seconds = min(seconds, ConnectorGate.pauseSecondsMaximum)
                entry.notBefore = max(entry.notBefore ?? now, now.adding(seconds: seconds))
            case .failed:
                entry.failures += 1
                // A job that was under way when the breaker opened says nothing new.
                let isTrial = entry.isOpen && entry.notBefore.map { now >= $0 } ?? true
                if isTrial {
                    entry.pause = min(entry.pause * 2, ConnectorGate.pauseSecondsMaximum)
                    entry.notBefore = now.adding(seconds: entry.pause)
                } else if !entry.isOpen, entry.failures >= ConnectorGate.failuresMaximum {
                    entry.isOpen = true
                    entry.notBefore = now.adding(seconds: entry.pause)
                }
            }
            entries[connector] = entry
        }
    }
}

/// So many requests a minute, as a bucket of at most a tenth of that: no burst is longer.
private struct Pace {
    let perMinute: Double
    private var tokens: Double
    private var since: Timestamp

    init(_ perMinute: Int, at now: Timestamp) {
        self.perMinute = Double(perMinute)
        tokens = max(1, Double(perMinute) / 10)
        since = now
    }

    private func tokens(at now: Timestamp) -> Double {
        let passed = Double(max(0, now.microseconds - since.microseconds)) / 60_000_000
        return min(max(1, perMinute / 10), tokens + passed * perMinute)
    }

    func room(at now: Timestamp) -> Int { max(0, Int(tokens(at: now))) }

    mutating func spend(at now: Timestamp) {
        tokens = tokens(at: now) - 1
        since = max(since, now)
    }
}
