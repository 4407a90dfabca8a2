// What a receipt says: who asked for what and when, what was done where, without personal data.

import Foundation
import HeedConsent
import HeedStore

extension RequestReceipt {
    /// The next receipt of a request, as things stand.
    ///
    /// - Parameters:
    ///   - request: The request with its answer.
    ///   - targets: What other systems said; as they are stored when nil.
    ///   - rows: Rows by table that were taken away; those of the receipt before when nil.
    ///   - transaction: Where the rest is read.
    /// - Returns: The receipt, to be issued in the same transaction.
    /// - Throws: when the database does.
    static func of(
        _ request: RightsRequest,
        targets: [ErasureTarget]? = nil,
        rows: [String: Int64]? = nil,
        in transaction: Transaction
    ) throws -> RequestReceipt {
        let earlier = try transaction.receipts(of: request.id)
        let targets = try targets ?? transaction.erasureTargets(of: request.id)
        var body = ReceiptBody(request, number: Int64(earlier.count) + 1, at: transaction.now)
        body.systems = targets.map(ReceiptBody.System.init).sorted { $0.connector < $1.connector }
        if let rows {
            body.tables = ReceiptBody.tables(rows)
        } else if let last = earlier.last {
            body.tables = try ReceiptBody(reading: last.body).tables
        }
        return RequestReceipt(
            request: request.id,
            number: body.number,
            issuedAt: transaction.now,
            body: try body.bytes()
        )
    }
}

/// The members of a receipt, in the order of their names when written.
public struct ReceiptBody: Codable, Sendable {
    /// What another system said.
    public struct System: Codable, Sendable {
        /// The operator's name for it.
        public let connector: String
        /// `confirmed`, `refused` or `removed`.
        public let outcome: String
        /// Its answer.
        public let answer: String?
        /// How often it was told.
        public let attempts: Int
        /// When it confirmed.
        public let confirmedAt: String?

        init(_ target: ErasureTarget) {
            connector = target.connector
            switch target.state {
            case .confirmed: outcome = "confirmed"
            case .cancelled: outcome = "removed"
            case .buried, .pending: outcome = "refused"
            }
            answer = target.answer
            attempts = target.attempts
            confirmedAt = target.confirmedAt?.text
        }
    }

    /// What was done to a table.
    public struct TableEntry: Codable, Sendable {
        /// The table.
        public let table: String
        /// Rows about the person when it began.
        public let rows: Int64
        /// What was done to which columns, as `treatment: columns`.
        public let done: [String]
    }

    /// The receipt that was issued before a backup was put back.
    public struct Repeated: Codable, Sendable {
        /// Its number.
        public let number: Int64
        /// SHA-256 of its text, as the log has it, in hexadecimal.
        public let sha256: String
    }

    /// The form of the receipt, for readers of later years.
    public let format: String
    /// The request's id.
    public let id: String
    /// The first, second, … receipt of this request.
    public let number: Int64
    /// What was asked for.
    public let request: String
    /// The person's random id; with the data gone it leads nowhere.
    public let contact: String
    /// How the request arrived.
    public let source: String
    /// When it was received.
    public let requestedAt: String
    /// How the person showed who they are.
    public let verifiedBy: String?
    /// When they did.
    public let verifiedAt: String?
    /// The law's rule the time was counted by.
    public let regime: String
    /// Until when it had to be answered.
    public let deadlineAt: String
    /// When it was answered.
    public let endedAt: String?
    /// `completed`, `partly-refused` or `refused`.
    public let outcome: String
    /// Why it was turned down.
    public let reason: String?
    /// Whether the keyed hash stays that keeps later lists from reviving the person.
    public let blockKept: Bool?
    /// When this receipt was issued.
    public let issuedAt: String
    /// The receipt this one repeats; nil unless a backup had undone the erasure.
    public internal(set) var repeats: Repeated?
    /// What was done here.
    public internal(set) var tables: [TableEntry] = []
    /// What other systems said.
    public internal(set) var systems: [System] = []

    init(_ request: RightsRequest, number: Int64, at now: Timestamp) {
        format = "heed-receipt-v1"
        id = request.id.text
        self.number = number
        self.request = request.kind.rawValue
        contact = request.contact.text
        source = request.source.text
        requestedAt = request.requestedAt.text
        verifiedBy = request.verifiedBy?.text
        verifiedAt = request.verifiedAt?.text
        regime = request.regime
        deadlineAt = request.deadlineAt.text
        endedAt = request.endedAt?.text
        outcome = request.status.rawValue
        reason = request.reason?.text
        blockKept = request.kind == .erasure ? request.keepsBlock : nil
        issuedAt = now.text
    }

    /// Reads what was issued.
    public init(reading body: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(ReceiptBody.self, from: Data(body))
        } catch {
            throw StoreError(.corrupt, "a receipt cannot be read")
        }
    }

    /// The bytes that are issued: members in order, no spaces.
    func bytes() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    /// What the inventory says is done, for the tables that had rows.
    static func tables(_ rows: [String: Int64]) -> [TableEntry] {
        PersonalData.people.compactMap { table in
            guard let count = rows[table.name] else { return nil }
            let done = PersonalData.Treatment.allCases.compactMap { treatment -> String? in
                let columns = table.columns.filter { $0.treatment == treatment }.map(\.name)
                return columns.isEmpty
                    ? nil : "\(treatment.rawValue): \(columns.joined(separator: ", "))"
            }
            return TableEntry(table: table.name, rows: count, done: done)
        }
    }
}
