// The preference centre: what a person gets, what they chose, and buttons to change it.

import Crypto
import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import Hummingbird
import Logging

/// `GET` and `POST /p/{token}`, without login, cookie, redirect or script.
///
/// - The token is the key: whoever has the link is taken for the person.
/// - GET and HEAD change nothing; a POST from another site is refused.
/// - A token that is wrong and one that is too old get the same page.
struct PreferenceRoutes {
    let engine: Engine
    let options: ServerOptions
    let pages: Pages

    func addRoutes(to group: RouterGroup<HeedRequestContext>) {
        group.get("p/:token", use: show)
        group.head("p/:token", use: show)
        group.post("p/:token", use: change)
    }

    @Sendable
    private func show(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        try await page(for: request, context, after: nil)
    }

    @Sendable
    private func change(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        try checkOrigin(of: request, options.linkBase)
        let body = try await request.body.collect(upTo: options.boxesBytesMaximum)
        let form = FormBody(
            body,
            contentType: request.headers[.contentType],
            maximum: FormBody.boxesMaximum
        )
        let token = context.parameters.get("token") ?? ""
        do {
            guard let seen = try await engine.ask(ReadPreferences(token: token)) else {
                return try await page(for: request, context, after: nil)
            }
            let language = pages.language(for: request, locale: seen.contact.locale)
            switch form["do"] {
            case "send-data": return try await sendData(to: seen.contact, request, context)
            case "do-not-sell": return try await endSale(of: seen.contact, request, context)
            default: break
            }
            let boxes = Set(seen.choices.filter(\.isOpen).map(\.scope.name))
            guard let choice = PreferenceForm.choice(form, among: boxes) else {
                return try await page(for: request, context, after: nil)
            }
            let arrived = ContinuousClock.now
            let command = try ChoosePreferences(
                contact: seen.contact.id,
                choice: choice,
                policyVersion: form["policy"],
                locale: language.tag
            )
            let receipt = try await engine.perform(command, as: .person).receipt
            for _ in 0..<receipt.optOuts { options.measureOptOut(since: arrived) }
            var outcome = PreferencePage.Outcome(receipt, choice)
            outcome.hearsSignal = try await engine.hear(request, of: seen.contact.id)
            return try await page(for: request, context, after: outcome)
        } catch let error as StoreError {
            context.logger.error("choices were not stored", metadata: ["error": "\(error)"])
            return pages.notStored(to: request)
        }
    }

    /// Has a link mailed; the token of this page may have come out of an old message.
    ///
    /// The answer is the same whether a message goes or not.
    private func sendData(
        to contact: Contact,
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        guard options.doubleOptIn != nil else {
            let headers = Pages.Headers(status: .serviceUnavailable)
            return pages.response(.noMail, to: request, headers)
        }
        guard options.allowsEntry(request, context) else { return pages.busy(to: request) }
        let language = pages.language(for: request, locale: contact.locale)
        let command = try RequestDataLink(contact: contact.id, language: language.tag)
        let key = command.repeatKey(at: options.inbox.now())
        _ = try await engine.perform(command, as: .person, once: key)
        return try await page(for: request, context, after: .init(notice: "myDataNotice"))
    }

    /// Records the stop to selling, which asks for no proof of who says it.
    private func endSale(
        of contact: Contact,
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let command = ReceiveRequest(
            .doNotSell,
            of: .contact(contact.id),
            source: .preferenceCentre
        )
        if try await !engine.ask(ObjectsToSale(contact: contact.id)) {
            _ = try await engine.perform(command, as: .person)
        }
        return try await page(for: request, context, after: .init(notice: "saleDone"))
    }

    private func page(
        for request: Request,
        _ context: HeedRequestContext,
        after outcome: PreferencePage.Outcome?
    ) async throws -> Response {
        let token = context.parameters.get("token") ?? ""
        guard let answer = try await engine.ask(ReadPreferences(token: token)) else {
            let language = pages.language(for: request)
            // Beside this page, wherever that is; without mail nobody could be sent a link.
            let entry = options.doubleOptIn == nil ? nil : "../p?lang=\(language.tag)"
            let html = pages.html(.invalid, in: language, entry.map { ["entry": $0] } ?? [:])
            return pages.response(html, in: language, Pages.Headers(status: .notFound))
        }
        let language = pages.language(for: request, locale: answer.contact.locale)
        var page = PreferencePage(answer: answer, language: language, outcome: outcome)
        page.sendsMail = options.doubleOptIn != nil
        page.objectsToSale = try await engine.ask(ObjectsToSale(contact: answer.contact.id))
        let content = page.content
        let html = pages.html(.preferences, in: language, content)
        let headers = Pages.Headers(referrerPolicy: "same-origin")
        return pages.response(html, in: language, headers)
    }
}

/// Reads what the page's form says.
enum PreferenceForm {
    /// The change somebody asks for; nil for a body that is not one of the page's.
    ///
    /// What was on when the page was shown tells a box that was unticked from one that was never
    /// ticked, so a page that lay open for long changes only what its reader changed.
    /// A box that the page does not have is nobody's choice.
    static func choice(
        _ form: FormBody,
        among boxes: Set<ScopeName>
    ) -> ChoosePreferences.Choice? {
        switch form["do"] {
        case "leave-all": return .leaveAll
        case "save":
            let shown = (form["on"] ?? "").split(separator: " ")
            let on = Set(shown.compactMap { try? ScopeName(String($0)) })
            var join: [ScopeName: String] = [:]
            for (name, wording) in form.values(startingWith: "box.") {
                if let scope = boxes.first(where: { $0.text == name }) { join[scope] = wording }
            }
            let leave = on.filter { join[$0] == nil }
            return .change(leave: leave, join: join.filter { !on.contains($0.key) })
        default: return nil
        }
    }
}

/// Refuses a POST that another site's page has sent; the token alone would let it pass.
///
/// Browsers that say where a request comes from are believed; a program that is no browser says
/// nothing.
func checkOrigin(of request: Request, _ publicURL: String) throws(Problem) {
    let site = request.headers[.fetchSite]
    let isOurs: Bool
    if let site {
        isOurs = site == "same-origin" || site == "none"
    } else if let origin = request.headers[.origin] {
        let host = request.head.authority ?? ""
        isOurs = origin == publicURL || (!host.isEmpty && origin.hasSuffix("://" + host))
    } else {
        isOurs = true
    }
    guard isOurs else {
        throw Problem(.forbidden, "cross-site", "this form was sent from another site's page")
    }
}

extension Engine {
    /// Records a browser's Global Privacy Control; answers whether it is on record.
    func hear(_ request: Request, of contact: ContactID) async throws -> Bool {
        guard PrivacySignal.isSet(request.headers[values: .privacySignal]) else { return false }
        let command = RecordPrivacySignal(contact: contact)
        do {
            return try await perform(command, as: .person).receipt.isRecorded
        } catch is Refusal {
            // The person is gone; there is nothing left to sell.
            return false
        }
    }
}
