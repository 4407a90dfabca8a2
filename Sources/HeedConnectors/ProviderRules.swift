// What a provider allows and what its answers mean, as data beside the connector that uses it.

package import HeedConsent

/// How fast a provider may be asked, how much at once, and which status means what.
///
/// A status in none of the sets is tried again: a key that is being replaced answers 401, a service
/// that is being mended 404, and an opt-out must not be lost to either. The limit of attempts ends
/// it.
package struct ProviderRules: Hashable, Sendable {
    /// Where a provider that does not send `Retry-After` says when to come back.
    package enum Pause: Hashable, Sendable {
        /// A header field with seconds from now.
        case seconds(String)
        /// A header field with a Unix time.
        case instant(String)
    }

    /// How many requests a minute the provider takes; nil when it publishes no number.
    package let requestsPerMinute: Int?
    /// How many requests may be under way at once.
    package let simultaneousRequests: Int
    /// How many addresses one request of the provider can carry.
    package let addressesPerRequest: Int
    /// How many entries a page of its list is asked for; nil when its list has no pages.
    package let entriesPerPage: Int?
    /// Statuses by which the provider says that it has it.
    package let done: Set<Int>
    /// Statuses by which it says that it had it already.
    package let alreadyDone: Set<Int>
    /// Statuses after which no attempt can succeed.
    package let giveUp: Set<Int>
    /// Where it says when to come back, besides `Retry-After`.
    package let pause: Pause?

    /// States a provider's rules.
    package init(
        requestsPerMinute: Int?,
        simultaneousRequests: Int = 4,
        addressesPerRequest: Int = 1,
        entriesPerPage: Int? = nil,
        done: Set<Int>,
        alreadyDone: Set<Int> = [],
        giveUp: Set<Int>,
        pause: Pause? = nil
    ) {
        self.requestsPerMinute = requestsPerMinute
        self.simultaneousRequests = simultaneousRequests
        self.addressesPerRequest = addressesPerRequest
        self.entriesPerPage = entriesPerPage
        self.done = done
        self.alreadyDone = alreadyDone
        self.giveUp = giveUp
        self.pause = pause
    }

    /// What a status means as a rule.
    package func answer(to response: OutboundResponse, at now: Timestamp) -> ConnectorAnswer {
        let status = response.status
        if done.contains(status) { return .done(response.summary) }
        if alreadyDone.contains(status) { return .alreadyDone(response.summary) }
        if giveUp.contains(status) { return .giveUp(response.summary) }
        return .retry(after: pauseSeconds(in: response, at: now), response.summary)
    }

    /// The same rules with other meanings for success, for a request of another kind.
    func reading(done: Set<Int>, alreadyDone: Set<Int> = []) -> ProviderRules {
        ProviderRules(
            requestsPerMinute: requestsPerMinute,
            simultaneousRequests: simultaneousRequests,
            addressesPerRequest: addressesPerRequest,
            entriesPerPage: entriesPerPage,
            done: done,
            alreadyDone: alreadyDone,
            giveUp: giveUp.subtracting(alreadyDone),
            pause: pause
        )
    }

    /// The size of a page as a query says it.
    var pageSize: String { String(entriesPerPage ?? 1) }

    private func pauseSeconds(in response: OutboundResponse, at now: Timestamp) -> Int64? {
        if let asked = RetryAfter.seconds(in: response) { return asked }
        // On other answers the same field only says when the count starts anew.
        guard response.status == 429 else { return nil }
        switch pause {
        case .seconds(let name):
            return response.header(name).flatMap { RetryAfter.seconds($0, date: nil) }
        case .instant(let name):
            guard let field = response.header(name), let then = Int64(field) else { return nil }
            let day = RetryAfter.secondsMaximum
            guard then < now.wholeSeconds + day else { return day }
            return max(0, then - now.wholeSeconds)
        case nil: return nil
        }
    }
}
