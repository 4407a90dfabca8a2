// People and their consents over HTTP.

import HTTPTypes
import HeedConsent
import HeedEngine
import Hummingbird

/// `POST /v1/contacts` and `POST /v1/consents`.
struct ContactRoutes {
    let engine: Engine
    let options: ServerOptions

    func addRoutes(to group: RouterGroup<HeedRequestContext>) {
        group.post("contacts", use: addContact)
        group.post("consents", use: recordConsent)
    }

    @Sendable
    private func addContact(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
        var fields = try Fields(body: body)
        var addresses: [Address] = []
        for var item in try fields.optionalObjects("addresses") ?? [] {
            _ = try item.optionalWord("channel", as: Channel.self)
            addresses.append(try Address(email: item.string("value"), field: item.name("value")))
            try item.finish()
        }
        let command = try AddContact(
            addresses: addresses,
            externalID: fields.optionalString("externalId"),
            locale: fields.optionalString("locale"),
            region: fields.optionalString("region")
        )
        try fields.finish()
        let key = try repeatKey(request, context, operation: "POST /v1/contacts", body: body)
        let done = try await engine.perform(command, as: context.actor, once: key)
        let answer = ContactAnswer(id: done.receipt.id, position: done.position)
        return Response(json: answer, status: done.receipt.created ? .created : .ok)
    }

    private struct ContactAnswer: Encodable {
        let id: String
        let position: Int64
    }

    @Sendable
    private func recordConsent(
        _ request: Request,
        _ context: HeedRequestContext
    ) async throws -> Response {
        let body = try await request.body.collect(upTo: options.jsonBytesMaximum)
        var fields = try Fields(body: body)
        let command = try RecordConsent(
            subject: fields.subject(),
            scope: ScopeName(fields.string("scope")),
            decision: fields.word("decision", as: Stated.self).decision,
            basis: fields.word("basis"),
            source: Source(fields.string("source")),
            policyVersion: fields.string("policyVersion"),
            locale: fields.optionalString("locale"),
            givenAt: fields.optionalTime("givenAt"),
            expiresAt: fields.optionalTime("expiresAt"),
            evidence: fields.evidence()
        )
        try fields.finish()
        let key = try repeatKey(request, context, operation: "POST /v1/consents", body: body)
        let done = try await engine.perform(command, as: context.actor, once: key)
        let answer = ConsentAnswer(
            id: done.receipt.id,
            contactId: done.receipt.contactID,
            position: done.position
        )
        return Response(json: answer, status: .created)
    }

    /// What a caller can say that a person decided.
    private enum Stated: String, CaseIterable {
        case granted, denied, withdrawn

        var decision: ConsentRecord.Decision {
            switch self {
            case .granted: .granted
            case .denied: .denied
            case .withdrawn: .withdrawn
            }
        }
    }

    private struct ConsentAnswer: Encodable {
        let id: String
        let contactId: String
        let position: Int64
    }
}

extension Fields {
    /// What shows that a decision was made, or that it was asked for.
    mutating func evidence() throws(Refusal) -> Evidence {
        var evidence = Evidence()
        guard var object = try optionalObject("evidence") else { return evidence }
        evidence.ip = try object.optionalString("ip")
        evidence.userAgent = try object.optionalString("userAgent")
        evidence.formURL = try object.optionalString("formUrl")
        evidence.wordingSHA256 = try object.optionalString("wordingSha256")
        evidence.requestedAt = try object.optionalTime("requestedAt")?.text
        evidence.requestedIP = try object.optionalString("requestedIp")
        evidence.confirmedAt = try object.optionalTime("confirmedAt")?.text
        evidence.confirmedIP = try object.optionalString("confirmedIp")
        evidence.relationship = try object.optionalString("relationship")
        evidence.relationshipAt = try object.optionalTime("relationshipAt")?.text
        evidence.reference = try object.optionalString("reference")
        try object.finish()
        return evidence
    }
}
