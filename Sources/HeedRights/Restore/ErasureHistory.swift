// What a journal says about one request for erasure, put together from its entries.

import HeedConsent
import HeedStore

/// The journal's entries about one request for erasure.
struct ErasureHistory: Sendable {
    /// The request's id.
    let id: RequestID
    /// The person.
    let contact: ContactID
    /// How it was received; nil when that was before the journal, or before the backup.
    var received: JournalEntry?
    /// The last status it reached.
    var status: RightsRequest.Status = .received
    /// How the person had shown who they are.
    var verifiedBy: Source?
    /// When they had; the restriction that came with it has this time, too.
    var verifiedAt: Timestamp?
    /// Whether their data was gone.
    var isErased = false
    /// Whether the keyed hash was to stay.
    var keepsBlock = true
    /// How it arrived.
    var source: Source
    /// The last receipt: its number and the hash of its text.
    var receipt: (number: Int64, hash: [UInt8])?

    init?(_ entry: JournalEntry) {
        guard let id = entry.event.subject.flatMap({ RequestID(bytes: $0) }),
            let contact = entry.event.contact
        else { return nil }
        self.id = id
        self.contact = contact
        source = entry.event.source ?? .restore
    }

    /// Takes the next entry.
    mutating func add(_ entry: JournalEntry) {
        let event = entry.event
        if let block = event.facts["block"] { keepsBlock = block == "kept" }
        if let means = event.facts["verifiedBy"] { verifiedBy = Source(stored: means) }
        switch event.kind {
        case "request.received":
            received = entry
        case "erasure.local-cascade-completed": isErased = true
        case "request.receipt-issued":
            if let number = event.facts["number"].flatMap({ Int64($0) }),
                let hash = event.detailsHash
            {
                receipt = (number, hash)
            }
        default:
            if event.kind == "request.verified" { verifiedAt = event.at }
            if let status = event.to.flatMap({ RightsRequest.Status(rawValue: $0) }) {
                self.status = status
            }
        }
    }

    /// Whether it has ended the restriction that an entry speaks of.
    func ended(_ entry: JournalEntry) -> Bool {
        guard entry.event.contact == contact, entry.event.facts["reason"] == "restriction" else {
            return false
        }
        return isErased || (status == .refused && verifiedAt == entry.event.at)
    }

    /// The histories of all requests that entries speak of, in the order of their beginning.
    static func all(in entries: [JournalEntry]) -> [ErasureHistory] {
        var histories: [ErasureHistory] = []
        var places: [RequestID: Int] = [:]
        for entry in entries {
            guard let history = ErasureHistory(entry) else { continue }
            let place = places[history.id] ?? histories.count
            if place == histories.count {
                histories.append(history)
                places[history.id] = place
            }
            histories[place].add(entry)
        }
        return histories
    }
}
