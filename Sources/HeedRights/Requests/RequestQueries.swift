// Requests as operators and people see them: one with its progress, those that are open, receipts.

public import HeedConsent
public import HeedEngine
public import HeedStore

/// Asks about one request.
public struct RequestProgress: Query {
    let id: RequestID

    /// Names the request.
    public init(_ id: RequestID) { self.id = id }

    /// A request with all that is known about it.
    public struct Answer: Sendable {
        /// The request.
        public let request: RightsRequest
        /// What other systems answered.
        public let targets: [ErasureTarget]
        /// What was issued, the first first.
        public let receipts: [RequestReceipt]
        /// Opens the receipts; 16 bytes.
        public let token: [UInt8]
        /// The present, as the database's transactions see it.
        public let now: Timestamp
    }

    /// Refuses an id nobody knows.
    public func answer(in transaction: Transaction) throws -> Answer {
        guard let request = try transaction.request(id), let token = try transaction.token(of: id)
        else { throw Refusal(.notFound, field: "id", "there is no request with this id") }
        return Answer(
            request: request,
            targets: try transaction.erasureTargets(of: id),
            receipts: try transaction.receipts(of: id),
            token: token,
            now: transaction.now
        )
    }
}

/// Requests, open ones by urgency or all in the order they came.
public struct ListRequests: Query {
    /// The most on a page.
    public static let pageMaximum: Int64 = 200

    let isOpenOnly: Bool
    let after: RequestID?
    let limit: Int64

    /// Asks for the open ones or for all, after one in the order of the list; refuses a page of
    /// none or of more than `pageMaximum`.
    public init(
        openOnly: Bool,
        after: RequestID? = nil,
        limit: Int64 = pageMaximum
    ) throws(Refusal) {
        try Refusal.checkPage(of: limit, atMost: ListRequests.pageMaximum)
        isOpenOnly = openOnly
        self.after = after
        self.limit = limit
    }

    /// The requests and the present.
    public func answer(
        in transaction: Transaction
    ) throws -> (requests: [RightsRequest], now: Timestamp) {
        let requests =
            isOpenOnly
            ? try transaction.openRequests(
                after: after.flatMap { try transaction.request($0) },
                limit: limit
            )
            : try transaction.requests(after: after, limit: limit)
        return (requests, transaction.now)
    }
}

/// The newest receipt that a token opens, with its place in the log.
public struct FindReceipt: Query {
    let token: [UInt8]

    /// Takes the 16 bytes of the token.
    public init(token: [UInt8]) { self.token = token }

    /// A receipt and where the log speaks of it.
    public struct Found: Sendable {
        /// The receipt.
        public let receipt: RequestReceipt
        /// The event that issued it; its `details` are the SHA-256 of the receipt.
        public let event: EventID
    }

    /// Nil for a token that opens nothing, or nothing yet.
    public func answer(in transaction: Transaction) throws -> Found? {
        guard token.count == 16, let request = try transaction.request(token: token),
            let receipt = try transaction.receipts(of: request.id).last,
            let event = try transaction.receiptEvents(of: request.id).last
        else { return nil }
        return Found(receipt: receipt, event: event)
    }
}
