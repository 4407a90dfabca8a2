// A question about recipients before a send as the log keeps it: whose list, how many of each
// answer, as of which position, and who in particular where that is wanted.

/// How much of what the guard is asked is written down.
public enum SendRecording: String, CaseIterable, Sendable {
    /// Nothing, unless the caller asks for it.
    case off
    /// One event for a call about a list, and for a single check that names a campaign.
    case calls
    /// That, and a row for each recipient who is known; single checks too.
    case recipients
}

/// A call about recipients: one event in the log, and nothing else.
public struct SendCall: Hashable, Sendable {
    /// Its name; the subject of its event.
    public let id: SendCallID
    /// What the caller was going to send.
    public let scope: ScopeName
    /// What the team calls the campaign; kept for good.
    public let campaign: String?
    /// How it was asked.
    public let source: Source
    /// How many recipients there were of each answer.
    public let counts: [SendDecision.Reason: Int]
    /// The positions that the first and the last answers are as fresh as.
    public let positions: ClosedRange<Int64>
    /// SHA-256 over the recipients' keyed hashes in the order of the list.
    public let list: [UInt8]

    /// Takes all parts.
    public init(
        id: SendCallID,
        scope: ScopeName,
        campaign: String?,
        source: Source,
        counts: [SendDecision.Reason: Int],
        positions: ClosedRange<Int64>,
        list: [UInt8]
    ) {
        self.id = id
        self.scope = scope
        self.campaign = campaign
        self.source = source
        self.counts = counts
        self.positions = positions
        self.list = list
    }

    /// Refuses a campaign's name that could hold an address, as for events about messages.
    public static func check(campaign: String?) throws(Refusal) {
        guard let campaign else { return }
        let details = ActivityDetails(telling: nil, ip: nil, userAgent: nil)
        _ = try Activity(.sent, at: Timestamp(seconds: 0), campaign: campaign, details: details)
        guard !campaign.isEmpty else {
            throw Refusal(.invalid, field: "campaign", "a campaign's name is not empty")
        }
        try refuseTurnedLetters(campaign, "campaign")
    }

    /// Fills the log's line.
    func describe(_ line: inout AuditEvent) {
        line.scope = scope.text
        line.source = source
        line.subject = id.bytes
        for (reason, count) in counts { line.facts[reason.rawValue] = String(count) }
        line.facts["recipients"] = String(counts.values.reduce(0, +))
        line.facts["campaign"] = campaign
        line.facts["position"] = String(positions.upperBound)
        if positions.lowerBound < positions.upperBound {
            line.facts["fromPosition"] = String(positions.lowerBound)
        }
        line.facts["listSha256"] = hexadecimal(list)
    }
}

/// What the guard said about one person.
public struct SendRecord: Hashable, Sendable {
    /// The person.
    public let contact: ContactID
    /// Why they may be written to or not.
    public let reason: SendDecision.Reason
    /// The consent record behind the answer.
    public let record: ConsentID?

    /// Takes all three.
    public init(contact: ContactID, reason: SendDecision.Reason, record: ConsentID?) {
        self.contact = contact
        self.reason = reason
        self.record = record
    }

    /// The text whose SHA-256 the log vouches for.
    package var text: String {
        "\(contact.text) \(reason.rawValue) \(record?.text ?? "-")"
    }
}

/// Answers about some recipients of a call, a row for each.
public struct SendBatch: Hashable, Sendable {
    /// The most rows of one batch.
    public static let recordsMaximum = 1000

    /// Its name; the subject of its event.
    public let id: SendBatchID
    /// The call it belongs to.
    public let call: SendCallID
    /// What the caller was going to send.
    public let scope: ScopeName
    /// What the team calls the campaign.
    public let campaign: String?
    /// The position the answers are as fresh as.
    public let position: Int64
    /// The answers.
    public let records: [SendRecord]

    /// Takes all parts.
    public init(
        id: SendBatchID,
        call: SendCallID,
        scope: ScopeName,
        campaign: String?,
        position: Int64,
        records: [SendRecord]
    ) {
        self.id = id
        self.call = call
        self.scope = scope
        self.campaign = campaign
        self.position = position
        self.records = records
    }

    /// Fills the log's line; its details are the hash of the rows' hashes.
    func describe(_ line: inout AuditEvent) {
        line.scope = scope.text
        line.subject = id.bytes
        line.facts = [
            "call": call.text, "position": String(position), "rows": String(records.count),
        ]
        line.facts["campaign"] = campaign
    }
}

/// Where the row about one recipient is.
public struct SendPlace: Hashable, Sendable {
    /// The batch, 16 bytes.
    public let batch: [UInt8]
    /// Its number in the batch.
    public let place: Int64

    /// Takes both.
    public init(batch: [UInt8], place: Int64) {
        self.batch = batch
        self.place = place
    }
}

/// Names a call about recipients.
public typealias SendCallID = Identifier<SendCall>
/// Names some answers of a call.
public typealias SendBatchID = Identifier<SendBatch>
