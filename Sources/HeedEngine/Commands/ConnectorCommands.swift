// What an operator does to connectors: set one up, change it, let it rest, end it.

public import HeedConsent
public import HeedStore

/// Sets up a connector, so that later opt-outs are told to it.
public struct AddConnector: Command {
    let settings: ConnectorSettings

    /// Names the connector.
    public init(_ settings: ConnectorSettings) { self.settings = settings }

    /// Refuses a name that is taken.
    public func decide(in transaction: Transaction) throws -> Decision<String> {
        guard try !transaction.connectorNames().contains(settings.name) else {
            throw Refusal(
                .conflict,
                field: "name",
                "there is a connector '\(settings.name)' already"
            )
        }
        return Decision(settings.name, events: [.connectorAdded(settings)])
    }
}

/// Changes a connector's settings; the next job speaks to it by the new ones.
public struct ChangeConnector: Command {
    let old: ConnectorSettings
    let new: ConnectorSettings

    /// Takes the settings as the caller saw them, and as they shall be.
    public init(from old: ConnectorSettings, to new: ConnectorSettings) {
        self.old = old
        self.new = new
    }

    /// The names of the options that changed.
    ///
    /// Refuses a connector nobody knows, another kind, and settings that changed since the caller
    /// saw them, since what was checked is what shall be kept.
    public func decide(in transaction: Transaction) throws -> Decision<[String]> {
        let found = try transaction.requireConnectorSettings(old.name)
        guard found.differences(from: old).isEmpty, found.kind == new.kind, found.name == new.name
        else {
            throw Refusal(
                .conflict,
                field: "name",
                "connector '\(old.name)' was changed by somebody else meanwhile; try again"
            )
        }
        let options = new.differences(from: old)
        guard !options.isEmpty else { return Decision([]) }
        return Decision(options, events: [.connectorChanged(new, options: options)])
    }
}

/// Lets a connector rest, or ends its rest.
///
/// A connector that rests is told nothing, but everything is kept for it: opt-outs that are
/// waiting for it stay open, and it is told when it is enabled.
public struct SwitchConnector: Command {
    /// Whether it is told.
    public enum Use: Hashable, Sendable {
        /// As usual.
        case enabled
        /// Not until it is enabled.
        case disabled
    }

    let name: String
    let use: Use

    /// Names the connector, and whether it is told from now on.
    public init(_ name: String, _ use: Use) {
        self.name = name
        self.use = use
    }

    /// False when it was so before; refuses a connector nobody knows.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        let found = try transaction.requireConnectorSettings(name)
        switch use {
        case .enabled where found.disabledAt != nil:
            return Decision(true, events: [.connectorEnabled(found)])
        case .disabled where found.disabledAt == nil:
            return Decision(true, events: [.connectorDisabled(found)])
        case .enabled, .disabled: return Decision(false)
        }
    }
}

/// Removes a connector: later opt-outs are not told to it, and its settings are gone.
///
/// What it was still to be told is ended by `CancelTellings`.
public struct RemoveConnector: Command {
    let name: String

    /// Names the connector.
    public init(_ name: String) { self.name = name }

    /// False when it was removed before and something is still open for it.
    ///
    /// Refuses a name nobody knows.
    public func decide(in transaction: Transaction) throws -> Decision<Bool> {
        try transaction.lockConnector(name)
        if let found = try transaction.connectors().first(where: { $0.name == name }) {
            return Decision(true, events: [.connectorRemoved(found)])
        }
        try transaction.requireConnector(name, field: "name")
        return Decision(false)
    }
}

/// Ends what a connector that was removed was still to be told, some of it at a time.
///
/// Each is an audit event of its own; an opt-out that waited for nothing else is completed.
public struct CancelTellings: Command {
    let connector: String
    let limit: Int

    /// Names the connector, and how many at most.
    public init(of connector: String, limit: Int) {
        self.connector = connector
        self.limit = limit
    }

    /// What was found.
    public struct Receipt: Sendable {
        /// How many were ended.
        public let cancelled: Int
        /// False when nothing is open for the connector any more.
        public let mayBeMore: Bool
    }

    /// Refuses a connector that was not removed.
    public func decide(in transaction: Transaction) throws -> Decision<Receipt> {
        guard try !transaction.connectorNames().contains(connector) else {
            throw Refusal(.conflict, field: "name", "connector '\(connector)' is not removed")
        }
        var events: [Event] = []
        var jobs: [JobChange] = []
        let work = try transaction.openWork(for: connector, limit: limit)
        var seen: Set<TargetID> = []
        var cancelled = 0
        for (id, job) in work {
            if let job { jobs.append(.finish(job)) }
            guard seen.insert(id).inserted else { continue }
            try transaction.lockContact(of: id)
            guard let target = try transaction.target(id), !target.state.isOver,
                let optOut = try transaction.optOut(target.optOut)
            else { continue }
            events += try target.cancelled(of: optOut, in: transaction)
            cancelled += 1
        }
        return Decision(
            Receipt(cancelled: cancelled, mayBeMore: !work.isEmpty),
            events: events,
            jobs: jobs
        )
    }
}

extension OptOutTarget {
    /// What happens when the connector is no more: the opt-out waits for it no longer.
    func cancelled(of optOut: OptOut, in transaction: Transaction) throws -> [Event] {
        var target = self
        target.state = .cancelled
        target.nextAttemptAt = nil
        target.answer = OptOutTarget.removed
        return [.targetCancelled(target, optOut, from: state)]
            + (try optOut.completed(byEndOf: id, in: transaction))
    }
}

extension ConnectorSettings {
    /// The names of what is not the same, `url` and `secret` among them, in order.
    func differences(from other: ConnectorSettings) -> [String] {
        var all = Set(options.keys).union(other.options.keys)
            .filter { options[$0] != other.options[$0] }
        if url != other.url { all.insert("url") }
        if secret != other.secret { all.insert("secret") }
        return all.sorted()
    }
}

extension Transaction {
    /// A connector's settings, locked.
    fileprivate func requireConnectorSettings(_ name: String) throws -> ConnectorSettings {
        try lockConnector(name)
        guard let found = try connectors().first(where: { $0.name == name }) else {
            throw try unknownConnector(name, field: "name")
        }
        return found
    }

    /// Refuses a name that no connector has and nothing is open for.
    func requireConnector(_ name: String, field: String) throws {
        guard try !connectorNames().contains(name),
            try !openTargets().contains(where: { $0.connector == name })
        else { return }
        throw try unknownConnector(name, field: field)
    }

    private func unknownConnector(_ name: String, field: String) throws -> Refusal {
        let names = Set(try connectorNames()).union(try openTargets().map(\.connector)).sorted()
        let known = names.isEmpty ? "there is none" : "there are " + names.joined(separator: ", ")
        return Refusal(.notFound, field: field, "there is no connector '\(name)'; \(known)")
    }
}
