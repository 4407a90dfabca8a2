// What the world outside was told, kept apart from everything that can crash.

import HeedConsent
import HeedEngine
import HeedStore

/// The answers that were given, as those remember them who got them.
struct Promises {
    /// A stop that was asked for under a key, and what was answered; nil where no answer came.
    struct Stop {
        let key: RepeatKey
        let command: RequestOptOut
        let person: Int
        let scopes: Set<ScopeName>
        var receipt: Receipt?
        /// False once the person may have said yes since.
        var isNewest = true
    }

    /// What was answered, with the log's position.
    struct Receipt: Equatable {
        let id: String
        let requestedAt: String
        let deadlineAt: String
        let position: Int64

        init(_ performed: Performed<RequestOptOut.Receipt>) {
            id = performed.receipt.id
            requestedAt = performed.receipt.requestedAt
            deadlineAt = performed.receipt.deadlineAt
            position = performed.position
        }
    }

    /// Somebody who asked to be erased, with what must not be left of them.
    struct Erasure {
        let request: RequestID
        let contact: ContactID
        /// The sealed key of everything about them, as it lay in the database.
        let sealedKey: [UInt8]
    }

    /// Where each person must not be written to, by number.
    private(set) var forbidden: [Int: Set<ScopeName>] = [:]
    var stops: [Stop] = []
    var erasures: [Erasure] = []
    /// How often anybody was allowed; none in all histories would prove nothing.
    var allowed = 0

    /// Somebody was told that they are not written to any more.
    mutating func forbid(_ person: Int, _ scopes: Set<ScopeName>) {
        forbidden[person, default: []].formUnion(scopes)
    }

    /// The person may have said yes again: from here on either answer is right.
    mutating func release(_ person: Int, _ scope: ScopeName) {
        forbidden[person]?.remove(scope)
        for index in stops.indices where stops[index].person == person {
            stops[index].isNewest = false
        }
    }

    func isForbidden(_ person: Int, _ scope: ScopeName) -> Bool {
        forbidden[person]?.contains(scope) ?? false
    }
}
