// Writes down what the guard was asked before a send: a call as one event, its people as rows.

import Crypto
public import HeedConsent
import HeedStore

/// What a call about recipients is to leave behind.
public struct SendOrder: Sendable {
    /// What the caller is going to send.
    public let scope: ScopeName
    /// What the team calls the campaign.
    public let campaign: String?
    /// How it is asked.
    public let source: Source
    /// How much is written down.
    public let recording: SendRecording

    /// Takes what the caller says over what the settings say.
    ///
    /// - Parameters:
    ///   - scope: What the caller is going to send.
    ///   - campaign: What the team calls the campaign; naming one asks for an event.
    ///   - source: How it is asked.
    ///   - wish: What this call asks for by itself; nil for nothing in particular.
    ///   - setting: What the settings say about all calls.
    /// - Throws: a `Refusal` of a campaign whose name could hold an address.
    public init(
        scope: ScopeName,
        campaign: String?,
        source: Source,
        wish: SendRecording?,
        setting: SendRecording
    ) throws(Refusal) {
        try SendCall.check(campaign: campaign)
        self.scope = scope
        self.campaign = campaign
        self.source = source
        recording = wish ?? (setting == .off && campaign != nil ? .calls : setting)
    }

    /// Whether a check of one person leaves anything behind.
    ///
    /// It is on the path of every single message, so it is no write unless somebody asks.
    public var recordsSingles: Bool {
        recording == .recipients || recording == .calls && campaign != nil
    }

    /// What the guard has to know of recipients for it.
    public var detail: MaySendMany.Detail { recording == .recipients ? .records : .answers }
}

/// A call on its way into the log.
///
/// The answers must not be given out before `add` has returned, nor said to be whole before
/// `finish` has: what cannot be written down was not decided.
public struct SendLog: Sendable {
    private let engine: Engine
    private let order: SendOrder
    private let actor: Actor
    private var id: SendCallID?
    private var hash = SHA256()
    private var counts: [SendDecision.Reason: Int] = [:]
    private var positions: ClosedRange<Int64>?

    /// Names the door, what is wanted, and who asks.
    public init(engine: Engine, order: SendOrder, actor: Actor) {
        self.engine = engine
        self.order = order
        self.actor = actor
    }

    /// A call that is in the log.
    public struct Logged: Sendable {
        /// The call; the subject of its event.
        public let call: SendCallID
        /// SHA-256 over the recipients' keyed hashes.
        public let list: [UInt8]
    }

    /// Takes answers, and writes the rows of those who are known where that is wanted.
    public mutating func add(_ answer: MaySendMany.Answer) async throws {
        // A call about nobody leaves nothing.
        guard order.recording != .off, !answer.keys.isEmpty else { return }
        take(answer.keys, answer.position)
        counts.merge(answer.counts) { $0 + $1 }
        guard order.recording == .recipients else { return }
        let records = answer.verdicts.compactMap { verdict in
            verdict.contact.map {
                SendRecord(contact: $0, reason: verdict.reason, record: verdict.record)
            }
        }
        try await write(records, answer.position)
    }

    /// Takes the answer about one person.
    public mutating func add(_ answer: GuardAnswer) async throws {
        guard order.recordsSingles else { return }
        let decision = answer.decision
        take(answer.keys, answer.position)
        counts[decision.reason, default: 0] += 1
        guard order.recording == .recipients, let contact = decision.contact else { return }
        let record = SendRecord(
            contact: contact,
            reason: decision.reason,
            record: decision.record
        )
        try await write([record], answer.position)
    }

    /// Writes the event of the whole call; nil where nothing was to be written.
    public func finish() async throws -> Logged? {
        guard let positions else { return nil }
        let list = Array(hash.finalize())
        let command = RecordSendCall(
            order: order,
            call: id,
            counts: counts,
            positions: positions,
            list: list
        )
        let call = try await engine.perform(command, as: actor).receipt
        return Logged(call: call, list: list)
    }

    /// What is no address has no keyed hash; sixteen zero bytes stand for it.
    private mutating func take(_ keys: [KeyWords?], _ position: Int64) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(keys.count * 16)
        for key in keys { bytes += (key ?? KeyWords(high: 0, low: 0)).bytes }
        hash.update(data: bytes)
        let first = positions?.lowerBound ?? position
        positions = min(first, position)...max(positions?.upperBound ?? position, position)
    }

    private mutating func write(_ records: [SendRecord], _ position: Int64) async throws {
        for start in stride(from: 0, to: records.count, by: SendBatch.recordsMaximum) {
            let end = min(start + SendBatch.recordsMaximum, records.count)
            let command = RecordSendBatch(
                order: order,
                call: id,
                position: position,
                records: Array(records[start..<end])
            )
            id = try await engine.perform(command, as: actor).receipt
        }
    }
}

/// Writes the event of a call; its name is the receipt.
private struct RecordSendCall: Command {
    let order: SendOrder
    let call: SendCallID?
    let counts: [SendDecision.Reason: Int]
    let positions: ClosedRange<Int64>
    let list: [UInt8]

    func decide(in transaction: Transaction) throws -> Decision<SendCallID> {
        let call = SendCall(
            id: call ?? transaction.newID(),
            scope: order.scope,
            campaign: order.campaign,
            source: order.source,
            counts: counts,
            positions: positions,
            list: list
        )
        return Decision(call.id, events: [.sendsChecked(call)])
    }
}

/// Writes rows of a call; the call's name is the receipt.
private struct RecordSendBatch: Command {
    let order: SendOrder
    let call: SendCallID?
    let position: Int64
    let records: [SendRecord]

    func decide(in transaction: Transaction) throws -> Decision<SendCallID> {
        let batch = SendBatch(
            id: transaction.newID(),
            call: call ?? transaction.newID(),
            scope: order.scope,
            campaign: order.campaign,
            position: position,
            records: records
        )
        return Decision(batch.call, events: [.sendsRecorded(batch)])
    }
}
