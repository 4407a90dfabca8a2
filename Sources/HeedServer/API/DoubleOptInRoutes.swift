// Double opt-ins over HTTP: asks a person by mail to confirm.

import HTTPTypes
import HeedConsent
import HeedEngine
import Hummingbird

/// `POST /v1/double-opt-ins`.
struct DoubleOptInRoutes {
    let engine: Engine
    let options: ServerOptions

    /// The answer is the same for an address that is known, unknown, blocked or asked too often, so
    /// that a form in front of it tells nobody who is on a list.
    @Sendable
    func request(_ request: Request, _ context: HeedRequestContext) async throws -> Response {
        guard let terms = options.doubleOptIn else {
            throw Refusal(.noMail, "no mail server is set up here; see the setting mailHost")
        }
        let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
        var fields = try Fields(body: body)
        let command = try RequestDoubleOptIn(
            address: Address(email: fields.string("address"), field: "address"),
            scope: ScopeName(fields.string("scope")),
            source: Source(fields.optionalString("source") ?? Source.form.text),
            policyVersion: fields.string("policyVersion"),
            locale: fields.optionalString("locale"),
            evidence: fields.evidence(),
            terms: terms
        )
        try fields.finish()
        let key = try repeatKey(request, context, operation: "POST /v1/double-opt-ins", body: body)
        _ = try await engine.perform(command, as: context.actor, once: key)
        return Response(json: Acknowledgement(status: "accepted"), status: .accepted)
    }

    /// Without a position, which would tell whether anything was written.
    private struct Acknowledgement: Encodable {
        let status: String
    }
}
