// What other systems report: a message as it arrived, and what it says once it is proven.

package import HeedConsent

/// A webhook message as it arrived.
package struct WebhookDelivery: Sendable {
    /// The query of the URL it came to, without the question mark.
    package let query: String
    /// Header fields as they came.
    package let headers: [(name: String, value: String)]
    /// The raw bytes, since signatures cover them.
    package let body: [UInt8]

    /// Takes a message.
    package init(query: String = "", headers: [(name: String, value: String)], body: [UInt8]) {
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The value of a header field that must be there once.
    func field(_ name: String) throws(Refusal) -> String {
        let values = headers.filter { $0.name.lowercased() == name }.map(\.value)
        guard values.count == 1, let value = values.first, !value.isEmpty else {
            throw Refusal(.missing, field: name, "the header field is needed, once")
        }
        return value
    }

    /// The body as JSON.
    func json() throws(Refusal) -> JSON {
        guard let json = JSON(body) else { throw Refusal(.malformed, "the body is not JSON") }
        return json
    }
}

extension WebhookDelivery: CustomStringConvertible, CustomReflectable {
    /// Says only that there is a message.
    package var description: String { "<webhook message>" }

    /// Shows nothing, so that `dump` leaks no address and opens no door.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What a message needs before it can be believed, or what it says.
package enum InboundStep: Sendable {
    /// The message is proven; answer it with a 2xx once its events are stored.
    case accepted(InboundBatch)
    /// Carry this request, then hand the answer and the present to `read`.
    case fetch(OutboundRequest, read: Reader)

    /// Reads the answer to a request that was sent.
    package typealias Reader =
        @Sendable (OutboundResponse, Timestamp) throws(Refusal) -> InboundStep

    /// No message needs more requests than this: a certificate and a confirmation.
    package static let requestsMaximum = 2

    /// Fetches what the message needs and reads it.
    ///
    /// - Parameters:
    ///   - now: Tells the present.
    ///   - carry: Fetches a URL that was checked before; a certificate may come from a cache.
    /// - Returns: What the message says.
    /// - Throws: what `carry` throws, or a `Refusal` when the message is not proven.
    package func walk(
        now: () -> Timestamp,
        carry: (OutboundRequest) async throws -> OutboundResponse
    ) async throws -> InboundBatch {
        var step = self
        var sent = 0
        while case .fetch(let request, let read) = step, sent < InboundStep.requestsMaximum {
            step = try read(await carry(request), now())
            sent += 1
        }
        guard case .accepted(let batch) = step else {
            throw Refusal(.invalid, "the message wants too much fetched")
        }
        return batch
    }
}

/// The events of one proven message.
package struct InboundBatch: Hashable, Sendable {
    /// By what a repetition of the same message is known; kept for a day, which is longer than any
    /// of them takes a message for fresh.
    package struct Replay: Hashable, Sendable {
        /// The message's own token or id.
        package let token: String

        /// Names a message.
        package init(token: String) { self.token = token }
    }

    /// What happened, in the order of the message.
    package let events: [InboundEvent]
    /// How many events of the message mean nothing for consent: deliveries, opens, soft bounces.
    package let ignored: Int
    /// What happened to messages, for the counts; what is in `events` may be in here, too.
    package let activities: [InboundActivity]
    /// How many events are not as the other system describes them: an address is missing, or
    /// what happened.
    package let unreadable: Int
    /// A message with a token seen before is answered as usual and otherwise dropped.
    package let replay: Replay?

    /// Makes a batch.
    package init(
        events: [InboundEvent] = [],
        ignored: Int = 0,
        unreadable: Int = 0,
        activities: [InboundActivity] = [],
        replay: Replay? = nil
    ) {
        self.events = events
        self.activities = activities
        self.ignored = ignored
        self.unreadable = unreadable
        self.replay = replay
    }

    /// Sorts what was read from a message's items.
    init(
        _ items: [InboundReading],
        activities: [InboundActivity] = [],
        replay: Replay? = nil
    ) {
        let events = items.compactMap { item in
            if case .event(let event) = item { event } else { nil }
        }
        self.init(
            events: events,
            ignored: items.count { $0 == .ignored },
            unreadable: items.count { $0 == .unreadable },
            activities: activities,
            replay: replay
        )
    }
}

/// What was read from one item of a message.
enum InboundReading: Hashable, Sendable {
    /// Something that matters.
    case event(InboundEvent)
    /// Something that means nothing for consent.
    case ignored
    /// Not as the other system describes its messages.
    case unreadable

    /// What a sort of event, by its name there, is about whom; without a name or an address it
    /// cannot be read.
    init(
        _ kind: InboundEvent.Kind?,
        named name: String?,
        of address: String?,
        _ make: (InboundEvent.Kind, String) -> InboundEvent
    ) {
        guard name != nil else {
            self = .unreadable
            return
        }
        guard let kind else {
            self = .ignored
            return
        }
        self = address.map { .event(make(kind, $0)) } ?? .unreadable
    }
}

/// Something another system says about a person.
package struct InboundEvent: Hashable, Sendable {
    /// What happened.
    package enum Kind: String, CaseIterable, Sendable {
        /// The person asked for no more.
        case unsubscribed
        /// The other system sends again; says nothing about the person's consent.
        case resubscribed
        /// The person reported a message as spam.
        case complained
        /// The address does not take mail, for good.
        case bounced
        /// The person has another address now; the old one no longer reaches them.
        case addressChanged = "address-changed"
    }

    /// What happened.
    package let kind: Kind
    /// The address as the other system writes it.
    package let address: String
    /// The list, group, topic or stream it is about, as the other system calls it.
    package let place: String?
    /// The scopes that place stands for, `global` for everything, empty when nobody said.
    package let extents: [String]
    /// When it happened.
    package let at: Timestamp
    /// The other system's id of the event, if it has one; the same on every repetition.
    package let id: String?

    /// Makes an event; without `extents` it is about everything.
    package init(
        _ kind: Kind,
        _ address: String,
        place: String? = nil,
        extents: [String] = ["global"],
        at: Timestamp,
        id: String?
    ) {
        self.kind = kind
        self.address = address
        self.place = place
        self.extents = extents
        self.at = at
        self.id = id
    }
}

extension InboundEvent {
    /// The place, if its name is one that a list or a group can have, so that nothing else a
    /// message may hold gets into the record.
    package var plainPlace: String? {
        place.flatMap { isPlainName($0, symbols: "._-/*") ? $0 : nil }
    }
}

extension InboundEvent: CustomStringConvertible, CustomReflectable {
    /// What happened, without the address.
    package var description: String { "<\(kind.rawValue) event>" }

    /// Shows nothing, so that `dump` cannot leak the address.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension Timestamp {
    /// Reads the seconds since 1970 that many webhooks carry, with a fraction or without.
    ///
    /// - Parameters:
    ///   - json: A number, or a text with one.
    ///   - perSecond: 1 for seconds, 1000 for milliseconds.
    package init?(epoch json: JSON?, perSecond: Double = 1) {
        let number: Double? =
            switch json {
            case .number(let number): number
            case .text(let text): Double(text)
            default: nil
            }
        // Up to the year 9999, beyond which no calendar here reaches.
        guard let number, (0...253_402_300_799 * perSecond).contains(number) else { return nil }
        self.init(microseconds: Int64(number / perSecond * 1_000_000))
    }

    /// Reads the text of a date, if there is one.
    package init?(date json: JSON?) {
        guard let text = json?.text else { return nil }
        self.init(text: text)
    }
}
