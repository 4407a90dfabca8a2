// Public sign-up forms: a tick is a yes, a missing box is nothing, and no answer tells who is
// known.

import HTTPTypes
package import HeedConsent
import HeedEngine
import HeedRights
import HeedStore
import Hummingbird
import Logging

/// `POST /v1/forms/{form}`, without a key: what a form on the operator's own site sends.
struct FormRoutes {
    /// A field no person sees; whoever fills it in is a program.
    static let trap = "website"

    let engine: Engine
    let options: ServerOptions
    let pages: Pages

    func addRoutes(to group: RouterGroup<HeedRequestContext>) {
        group.post("forms/:form", use: submit)
    }

    @Sendable
    private func submit(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let client = context.clientIP(of: request, behind: options.trustedProxies)
        guard options.formLimit.allows(clientKey(of: client ?? ""), at: options.inbox.now()) else {
            return refuse(.busy, .tooManyRequests, request)
        }
        let body = try await request.body.collect(upTo: options.boxesBytesMaximum)
        let fields = FormBody(
            body,
            contentType: request.headers[.contentType],
            maximum: FormBody.boxesMaximum
        )
        let name = context.parameters.get("form") ?? ""
        guard let form = try await engine.ask(FindForm(name: name)) else {
            throw Problem(.notFound, "not-found", "there is no form of this name", field: "form")
        }
        let next = fields["redirect"].flatMap { form.redirects.contains($0) ? $0 : nil }
        let thanks = thanks(for: form, request, next)
        // A program is thanked as well, so that it learns nothing.
        if let trap = fields[FormRoutes.trap], !trap.isEmpty { return thanks }
        guard form.confirmation == .none || options.doubleOptIn != nil else {
            context.logger.error("a form is confirmed by mail, and no mail server is set up")
            return refuse(.failed, .serviceUnavailable, request)
        }
        let ticked = Set(fields.all("scope").compactMap { try? ScopeName($0) })
        do {
            let command = try SubmitForm(
                form: name,
                address: Address(email: fields["email"] ?? "", field: "email"),
                ticked: ticked,
                locale: locale(fields),
                evidence: evidence(request, client),
                mail: options.doubleOptIn.map {
                    SubmitForm.Mail(terms: $0, language: pages.language(for: request).tag)
                }
            )
            _ = try await engine.perform(command, as: .person)
        } catch let refusal as Refusal where refusal.code == .outdated {
            context.logger.error(
                "a form shows terms that no longer hold",
                metadata: ["form": "\(form.name)", "error": "\(refusal)"]
            )
            return refuse(.outdated, .conflict, request)
        } catch is Refusal {
            return refuse(.incomplete, .unprocessableContent, request)
        } catch let error as StoreError {
            context.logger.error("a sign-up was not stored", metadata: ["error": "\(error)"])
            return refuse(.failed, .serviceUnavailable, request)
        }
        return thanks
    }

    private func locale(_ fields: FormBody) -> String? {
        fields["locale"].flatMap { (try? Contact.check(locale: $0)) == nil ? nil : $0 }
    }

    private func evidence(_ request: Request, _ client: String?) -> Evidence {
        var evidence = Evidence()
        evidence.ip = client
        // The page without its query, which is none of our business; a longer one is not kept.
        evidence.formURL = request.headers[.referer].map { String($0.prefix { $0 != "?" }) }
            .flatMap { $0.utf8.count <= 2048 ? $0 : nil }
        evidence.userAgent = request.headers[.userAgent].flatMap {
            $0.utf8.count <= 1024 ? $0 : nil
        }
        return evidence
    }

    private func thanks(for form: SignUpForm, _ request: Request, _ next: String?) -> Response {
        guard let next else {
            let isAsked = form.confirmation == .mail
            return pages.response(isAsked ? .askedByMail : .signedUp, to: request)
        }
        return Response(status: .seeOther, headers: [.location: next, .cacheControl: "no-store"])
    }

    private func refuse(
        _ page: Pages.Page,
        _ status: HTTPResponse.Status,
        _ request: Request
    ) -> Response {
        var response = pages.response(page, to: request, Pages.Headers(status: status))
        if [.tooManyRequests, .serviceUnavailable].contains(status) {
            response.headers[.retryAfter] = "60"
        }
        return response
    }
}

/// The HTML of a form, for an operator's own page: nothing is ticked, and it needs no script.
package enum FormHTML {
    /// The form's HTML with labels in this language; the wording of the boxes is the form's own.
    ///
    /// With `locale` what is mailed has that language, else the one that the browser asks for.
    package static func text(
        _ form: SignUpForm,
        publicURL: String,
        in language: PageLanguage,
        locale: String? = nil
    ) -> String {
        var lines = [
            "<form action=\"\(escaped(publicURL))/v1/forms/\(form.name)\" method=\"post\" "
                + "lang=\"\(escaped(language.tag))\" dir=\"\(language.direction)\">",
            "  <p><label>\(escaped(language["formEmail"]))",
            "    <input type=\"email\" name=\"email\" autocomplete=\"email\" required "
                + "maxlength=\"254\"></label></p>",
        ]
        if let locale {
            lines.append("  <input type=\"hidden\" name=\"locale\" value=\"\(escaped(locale))\">")
        }
        for box in form.boxes {
            lines.append(
                "  <p><label><input type=\"checkbox\" name=\"scope\" "
                    + "value=\"\(box.scope.text)\"> \(escaped(box.wording))</label></p>"
            )
        }
        lines += [
            "  <!-- For programs only; people neither see nor reach it. -->",
            "  <p hidden><label>\(escaped(language["formTrap"])) "
                + "<input type=\"text\" name=\"\(FormRoutes.trap)\" tabindex=\"-1\" "
                + "autocomplete=\"off\"></label></p>",
        ]
        if let next = form.redirects.first {
            lines.append("  <input type=\"hidden\" name=\"redirect\" value=\"\(escaped(next))\">")
        }
        lines += ["  <p><button>\(escaped(language["formButton"]))</button></p>", "</form>"]
        return lines.joined(separator: "\n")
    }

    private static func escaped(_ text: String) -> String { Markup.entities(text) }
}
