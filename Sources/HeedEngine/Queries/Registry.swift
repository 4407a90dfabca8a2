// Lists for operators, and the look-up behind every API request.

import Crypto
public import HeedConsent
public import HeedStore

/// All scopes, by name.
public struct ListScopes: Query {
    /// Asks for all.
    public init() {}
    /// The scopes.
    public func answer(in transaction: Transaction) throws -> [Scope] { try transaction.scopes() }
}

/// All policy versions, newest first.
public struct ListPolicies: Query {
    /// Asks for all.
    public init() {}
    /// The versions.
    public func answer(in transaction: Transaction) throws -> [Policy] {
        try transaction.policies()
    }
}

/// All API keys that have not been revoked.
public struct ListKeys: Query {
    /// Asks for all.
    public init() {}
    /// The keys, without secrets.
    public func answer(in transaction: Transaction) throws -> [APIKey] { try transaction.apiKeys() }
}

/// All API keys there ever were, with when they were made and revoked.
///
/// The audit log names whoever acted by the id of their key, also of one that is revoked since.
public struct ListAllKeys: Query {
    /// Asks for all.
    public init() {}
    /// The keys by age, without secrets.
    public func answer(in transaction: Transaction) throws -> [APIKeyRecord] {
        try transaction.apiKeyRecords()
    }
}

/// All connectors with their opened settings.
public struct ListConnectors: Query {
    /// Asks for all.
    public init() {}
    /// The connectors.
    public func answer(in transaction: Transaction) throws -> [ConnectorSettings] {
        try transaction.connectors()
    }
}

/// A connector with its opened settings, by its name.
public struct FindConnector: Query {
    let name: String

    /// Names the connector.
    public init(name: String) { self.name = name }

    /// The connector, or nil when there is none.
    public func answer(in transaction: Transaction) throws -> ConnectorSettings? {
        try transaction.connector(name)
    }
}

/// For which connectors a lane has work that is due; nil stands for work that speaks to none.
///
/// Asked before claiming, so that idling writes nothing.
public struct DueConnectors: Query {
    let lane: Job.Lane

    /// Names the lane.
    public init(lane: Job.Lane) { self.lane = lane }

    /// One for which a claim would find work.
    public struct Due: Hashable, Sendable {
        /// The connector; nil for work that speaks to none.
        public let connector: String?
        /// When an operator last had some of the work tried again, if it was not tried since.
        public let redrivenAt: Timestamp?
    }

    /// Those for which a claim would find work.
    public func answer(in transaction: Transaction) throws -> [Due] {
        try transaction.waitingConnectors(in: lane).filter { connector in
            try !transaction.dueJobs(in: lane, for: connector, limit: 1).isEmpty
        }.map { connector in
            let redrivenAt = try connector.flatMap {
                try transaction.redrivenAt(in: lane, for: $0)
            }
            return Due(connector: connector, redrivenAt: redrivenAt)
        }
    }
}

/// Whether a worker died with jobs in its hands.
public struct HasAbandonedJobs: Query {
    /// Asks for all lanes.
    public init() {}
    /// True when a rescue would find work.
    public func answer(in transaction: Transaction) throws -> Bool {
        try !transaction.abandonedJobs(limit: 1).isEmpty
    }
}

/// Whether there are answers to repeatable requests that may be forgotten.
public struct HasOldAnswers: Query {
    let age: Int64

    /// Takes the age in seconds.
    public init(olderThan age: Int64) { self.age = age }

    /// True when there is one.
    public func answer(in transaction: Transaction) throws -> Bool {
        try transaction.hasAnswers(olderThan: age)
    }
}

/// The log's position; also the cheapest proof that the database answers.
public struct LogPosition: Query {
    /// Asks for the newest.
    public init() {}
    /// The position.
    public func answer(in transaction: Transaction) throws -> Int64 { try transaction.position() }
}

/// Finds the key behind `Authorization: Bearer heed_ID_SECRET`.
public struct Authenticate: Query {
    let id: String
    let secretHash: [UInt8]

    /// Takes the token; nil when it has not the form of one.
    public init?(token: String) {
        let parts = token.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "heed", parts[1].utf8.count == 12,
            parts[2].utf8.count == 64
        else { return nil }
        id = String(parts[1])
        secretHash = Array(SHA256.hash(data: Array(parts[2].utf8)))
    }

    /// The key, or nil when there is none with this secret.
    ///
    /// Compared in constant time.
    public func answer(in transaction: Transaction) throws -> APIKey? {
        guard let key = try transaction.apiKey(id),
            constantTimeEqual(key.secretHash, secretHash)
        else { return nil }
        return key
    }
}
