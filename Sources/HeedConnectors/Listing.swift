// What another system lists as blocked: pages of entries, walked one after the other.

package import HeedConsent

/// What is to be done next to hear from another system whom it does not mail.
///
/// A listing that breaks off proves nothing about whoever was not in it, so only the one that comes
/// to its `end` may be compared.
package enum ListingStep: Sendable {
    /// Carry this request, then hand the answer and the present to `read`.
    case send(OutboundRequest, read: Reader)
    /// Some of the entries; `rest` goes on.
    case page([ListedEntry], rest: Rest)
    /// That was all.
    case end
    /// The other system did not tell all; the answer says why.
    case failed(ConnectorAnswer)

    /// Reads the answer to a request that was sent.
    package typealias Reader =
        @Sendable (OutboundResponse, Timestamp) throws(Refusal) -> ListingStep

    /// Goes on after a page.
    package typealias Rest = @Sendable (Timestamp) throws(Refusal) -> ListingStep

    /// No list is longer than this; at a thousand entries a page it has a hundred million.
    package static let requestsMaximum = 100_000

    /// Walks the listing to its end.
    ///
    /// - Parameters:
    ///   - now: Tells the present, which signatures need anew for every request.
    ///   - carry: Takes a request to the other system and brings its answer.
    ///   - page: Takes some entries at a time.
    /// - Returns: nil when that was all, or why it is not.
    /// - Throws: what `carry` and `page` throw, or a `Refusal` when a request cannot be written.
    package func walk(
        now: () -> Timestamp,
        carry: (OutboundRequest) async throws -> OutboundResponse,
        page: ([ListedEntry]) async throws -> Void
    ) async throws -> ConnectorAnswer? {
        var step = self
        var sent = 0
        while true {
            switch step {
            case .send(let request, let read):
                guard sent < ListingStep.requestsMaximum else {
                    return .giveUp("the list had no end")
                }
                step = try read(await carry(request), now())
                sent += 1
            case .page(let entries, let rest):
                try await page(entries)
                step = try rest(now())
            case .end: return nil
            case .failed(let answer): return answer
            }
        }
    }
}

extension ListingStep: CustomStringConvertible, CustomReflectable {
    /// What comes next, without an address.
    package var description: String {
        switch self {
        case .send(let request, _): "list \(request)"
        case .page(let entries, _): "<page of \(entries.count)>"
        case .end: "<end of list>"
        case .failed(let answer): "\(answer)"
        }
    }

    /// Shows nothing, so that `dump` cannot leak an address.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// One line of a listing: an address and where it is blocked.
///
/// The same address may have several lines; what they say adds up.
package struct ListedEntry: Hashable, Sendable {
    /// Everything the system has, when that is one place.
    package static let everywhere = "*"

    /// The address as the other system writes it.
    package let address: String
    /// Why it is there.
    package let kind: InboundEvent.Kind
    /// The places it is seen at, as `OptOutSign` names them.
    package let places: [String]
    /// The scopes it says "no" to, or `global`.
    package let extents: [String]
    /// Places it is blocked at that the settings do not name.
    package let unmapped: Int

    /// Makes a line.
    package init(
        _ address: String,
        _ kind: InboundEvent.Kind = .unsubscribed,
        places: [String],
        extents: [String],
        unmapped: Int = 0
    ) {
        self.address = address
        self.kind = kind
        self.places = places
        self.extents = extents
        self.unmapped = unmapped
    }
}

extension ListedEntry: CustomStringConvertible, CustomReflectable {
    /// Why it is there, without the address.
    package var description: String { "<\(kind.rawValue) entry>" }

    /// Shows nothing, so that `dump` cannot leak the address.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// By what a whole listing shows that an opt-out has arrived.
package enum OptOutSign: Hashable, Sendable {
    /// The address is seen at all of these places.
    case seen(at: [String])
    /// The address is seen at none of these places: it left them, or never was there.
    case unseen(at: [String])

    /// The places that matter; none when the opt-out is not sent through the system.
    package var places: [String] {
        switch self {
        case .seen(let places), .unseen(let places): places
        }
    }
}

extension ScopeMap {
    /// An address that is blocked from everything.
    func everything(
        _ address: String,
        _ kind: InboundEvent.Kind = .unsubscribed,
        at place: String = ListedEntry.everywhere
    ) -> ListedEntry {
        ListedEntry(address, kind, places: [place] + all, extents: [OptOutNotice.globalExtent])
    }

    /// An address that is blocked at some places.
    func entry(
        _ address: String,
        _ kind: InboundEvent.Kind = .unsubscribed,
        at places: [String]
    ) -> ListedEntry {
        let named = all
        let known = places.filter(named.contains)
        let global = OptOutNotice.globalExtent
        let extents = Set(known.flatMap(extents)).sorted()
        return ListedEntry(
            address,
            kind,
            places: known,
            extents: extents.contains(global) ? [global] : extents,
            unmapped: places.count - known.count
        )
    }

    /// The sign of an opt-out; `everywhere` are the places of a global one that has its own.
    func sign(of extent: String, everywhere: [String]? = nil) -> OptOutSign? {
        if extent == OptOutNotice.globalExtent, let everywhere { return .seen(at: everywhere) }
        return (try? places(for: extent)).map { .seen(at: $0) }
    }
}

extension ListingStep {
    /// This listing, and then another one.
    func then(at now: Timestamp, _ next: @escaping Rest) throws(Refusal) -> ListingStep {
        switch self {
        case .send(let request, let read):
            return .send(request) { response, later throws(Refusal) in
                try read(response, later).then(at: later, next)
            }
        case .page(let entries, let rest):
            return .page(entries) { later throws(Refusal) in
                try rest(later).then(at: later, next)
            }
        case .end: return try next(now)
        case .failed: return self
        }
    }

    /// The listings of several places in turn.
    static func each(
        _ places: [String],
        at now: Timestamp,
        _ make: @escaping @Sendable (String, Timestamp) throws(Refusal) -> ListingStep
    ) throws(Refusal) -> ListingStep {
        guard let first = places.first else { return .end }
        let rest = Array(places.dropFirst())
        return try make(first, now).then(at: now) { later throws(Refusal) in
            try each(rest, at: later, make)
        }
    }

    /// The end that an answer other than 200 is, or one that cannot be read.
    static func failed(
        _ response: OutboundResponse,
        _ rules: ProviderRules,
        at now: Timestamp
    ) -> ListingStep {
        guard response.status != 200 else {
            let why = response.isCut ? "longer than may be read" : "not readable"
            return .failed(.giveUp("\(response.summary): \(why)"))
        }
        let answer = rules.answer(to: response, at: now)
        return .failed(answer.isSuccess ? .giveUp(response.summary) : answer)
    }
}

/// A list that comes in pages, each naming the next by a text of its own.
struct PagedListing: Sendable {
    /// What one answer holds; `next` is nil at the end.
    struct Page: Sendable {
        let entries: [ListedEntry]
        let next: String?

        init(_ entries: [ListedEntry], next: String?) {
            self.entries = entries
            self.next = next
        }

        /// A page of a list that is asked for by position: an empty one is the end.
        ///
        /// One that is merely short is not, since a provider may cap pages below what was asked.
        init(_ entries: [ListedEntry], of count: Int, from cursor: String?) {
            let first = cursor.flatMap(Int.init) ?? 0
            self.init(entries, next: count == 0 ? nil : String(first + count))
        }
    }

    let rules: ProviderRules
    /// Writes the request for the page of this name; nil stands for the first.
    let ask: @Sendable (String?, Timestamp) throws(Refusal) -> OutboundRequest
    /// Reads a page; nil when the body is not as expected.
    let read: @Sendable (JSON, String?) -> Page?

    /// The pages from this one on.
    func pages(from cursor: String? = nil, at now: Timestamp) throws(Refusal) -> ListingStep {
        let request = try ask(cursor, now).expectingList
        return .send(request) { response, later throws(Refusal) in
            guard response.status == 200,
                let page = response.json.flatMap({ read($0, cursor) })
            else { return .failed(response, rules, at: later) }
            return .page(page.entries) { later throws(Refusal) in
                guard let next = page.next else { return .end }
                guard next != cursor else { return .failed(.giveUp("the list goes in circles")) }
                return try pages(from: next, at: later)
            }
        }
    }
}

/// The field of a link's query, whatever host and path the link names.
///
/// The link itself is never followed: it could name another host, and the request carries the key.
func linkField(_ name: String, of link: String) -> String? {
    guard let start = link.firstIndex(of: "?") else { return nil }
    let query = link[link.index(after: start)...].prefix { $0 != "#" }
    guard let value = formDecoded(query.utf8)?[name], !value.isEmpty, value.utf8.count <= 4096
    else { return nil }
    return value
}

extension Refusal {
    /// What a connector says whose system cannot be asked for a list.
    static func noListing(_ kind: ConnectorKind) -> Refusal {
        Refusal(.noListing, field: "connector", "a \(kind.rawValue) connector cannot be listed")
    }
}
