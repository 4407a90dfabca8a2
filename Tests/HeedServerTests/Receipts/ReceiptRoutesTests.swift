// Receipts have every member their standards demand, and say no more than they must.

import Foundation
import HTTPTypes
import HeedConsent
import HeedEngine
import TestSupport
import Testing

@testable import HeedServer

@Suite("Receipt routes")
struct ReceiptRoutesTests {
    private func with(
        _ controller: Controller? = .shop,
        _ body: @escaping @Sendable (Server) async throws -> Void
    ) async throws {
        var options = ServerOptions.sample
        options.controller = controller
        try await withServer(options: options, body)
    }

    private func record(
        _ server: Server,
        _ change: (JSONBody) -> JSONBody = { $0 }
    ) async throws -> String {
        let body = change(JSONBody.consent.with("locale", "\"de\"")).text
        let reply = try await server.send(.post("/v1/consents", body, as: .collector))
        return try reply.decode(ConsentReply.self).id
    }

    private func object(_ reply: Reply) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(reply.bytes))
        return try #require(value as? [String: Any])
    }

    /// The members that the JSON Schema of Consent Receipt 1.1 requires, with their types; written
    /// down here because the schema itself is not to be had offline.
    private static let required: [(String, @Sendable (Any) -> Bool)] = [
        ("version", { $0 as? String == "KI-CR-v1.1.0" }),
        ("jurisdiction", { $0 is String }),
        ("consentTimestamp", { ($0 as? Int).map { $0 >= 0 } ?? false }),
        ("collectionMethod", { $0 is String }),
        ("consentReceiptID", { $0 is String }),
        ("piiPrincipalId", { $0 is String }),
        ("piiControllers", { !($0 as? [Any] ?? []).isEmpty }),
        ("policyUrl", { ($0 as? String).flatMap { URL(string: $0) } != nil }),
        ("services", { !($0 as? [Any] ?? []).isEmpty }),
        ("sensitive", { $0 as? Bool == false }),
        ("spiCat", { ($0 as? [Any])?.isEmpty ?? false }),
    ]

    @Test func aKantaraReceiptHasAllThatIsRequired() async throws {
        try await with { server in
            let id = try await record(server)
            let path = "/v1/consents/\(id)/receipt"
            let reply = try await server.sendWithoutEffect(.get(path, as: .auditor))
            #expect(reply.status == 200)
            #expect(reply.headers[.contentType] == "application/json")
            let receipt = try object(reply)
            for (name, holds) in ReceiptRoutesTests.required {
                let value = try #require(receipt[name], "\(name)")
                #expect(holds(value), "\(name)")
            }
            let optional: Set = ["publicKey", "language"]
            let known = optional.union(ReceiptRoutesTests.required.map(\.0))
            #expect(known.isSuperset(of: receipt.keys))
            #expect(receipt["language"] as? String == "de")
            #expect(receipt["consentReceiptID"] as? String == id)
            #expect(receipt["consentTimestamp"] as? Int == 1_769_851_800)
            let controller = try #require((receipt["piiControllers"] as? [[String: Any]])?.first)
            for name in ["piiController", "contact", "email", "phone"] {
                #expect(controller[name] is String, "\(name)")
            }
            #expect(controller["address"] is [String: Any])
            let service = try #require((receipt["services"] as? [[String: Any]])?.first)
            #expect(service["service"] as? String == "newsletter")
            let purpose = try #require((service["purposes"] as? [[String: Any]])?.first)
            #expect(purpose["consentType"] as? String == "EXPLICIT")
            #expect(purpose["purposeCategory"] as? [String] == ["6 - Marketing"])
            #expect(purpose["piiCategory"] as? [String] == ["2 - Contact"])
            #expect(purpose["termination"] is String)
            #expect(purpose["thirdPartyDisclosure"] as? Bool == false)
            #expect(!reply.body.contains("ada@"))
        }
    }

    @Test func whereConnectorsAreThereTheyAreNamed() async throws {
        try await with { server in
            let id = try await record(server)
            let settings = try ConnectorSettings(
                name: "crm",
                kind: "webhook",
                url: "https://crm.example/",
                secret: "x"
            )
            _ = try await server.installation.engine.perform(
                AddConnector(settings),
                as: Sample.actor
            )
            let reply = try await server.send(.get("/v1/consents/\(id)/receipt", as: .admin))
            #expect(reply.body.contains(#""thirdPartyDisclosure":true,"thirdPartyName":"crm""#))
        }
    }

    @Test(arguments: [
        ("?format=dpv", nil), ("", "application/ld+json"),
        ("", "text/html, application/ld+json;q=0.9, application/json;q=0.1"),
        ("?format=dpv", "application/json"),
    ])
    func aReceiptInDPVHasTheFieldsOf27560(_ query: String, _ accept: String?) async throws {
        try await with { server in
            let id = try await record(server)
            var call = Call.get("/v1/consents/\(id)/receipt\(query)", as: .auditor)
            if let accept { call = call.with(.accept, accept) }
            let reply = try await server.send(call)
            #expect(reply.headers[.contentType] == "application/ld+json")
            let receipt = try object(reply)
            let context = try #require(receipt["@context"] as? [String: String])
            // Every prefix that is used is one that the context explains.
            for match in reply.body.matches(of: /"([a-z-]+):[A-Za-z]/) {
                let prefix = String(match.output.1)
                let isKnown =
                    context[prefix] != nil
                    || ["https", "urn", "ni", "mailto", "tel"].contains(prefix)
                #expect(isKnown, "\(prefix)")
            }
            #expect(receipt["@type"] as? String == "dpv:ConsentReceipt")
            for name in [
                "dct:conformsTo", "dct:identifier", "dpv:hasDataSubject", "dpv:hasNotice",
                "dct:language", "dpv:hasPurpose", "dpv:hasLegalBasis", "dpv:hasPersonalData",
                "dpv:hasDataController", "dpv:hasStorageCondition", "dpv:hasJurisdiction",
                "dpv:hasRecipient", "dpv:hasConsentControl", "dpv:isIndicatedAtTime",
                "dpv:hasDuration", "dpv:isIndicatedBy", "dpv:hasConsentStatus",
            ] { #expect(receipt[name] != nil, "\(name)") }
            #expect(reply.body.contains(#""dpv:hasConsentStatus":{"@id":"dpv:ConsentGiven"}"#))
            #expect(reply.body.contains(#""dpv:hasLegalBasis":{"@id":"eu-gdpr:A6-1-a"}"#))
            #expect(!reply.body.contains("ada@"))
        }
    }

    @Test(arguments: [
        ("implied-consent", "dpv:ImpliedConsent"), ("contract", "eu-gdpr:A6-1-b"),
        ("legal-obligation", "eu-gdpr:A6-1-c"), ("vital-interests", "eu-gdpr:A6-1-d"),
        ("public-task", "eu-gdpr:A6-1-e"), ("legitimate-interest", "eu-gdpr:A6-1-f"),
        ("soft-opt-in", "dpv:LegalBasis"),
    ])
    func otherBasesAreNamedAndKantaraHasNoWordsForThem(
        _ basis: String,
        _ term: String
    ) async throws {
        try await with { server in
            let rule = try #require(ConsentRecord.Basis(rawValue: basis).map(BasisRule.of))
            let evidence = #"{"relationship":"purchase","relationshipAt":"2026-01-01T00:00:00Z"}"#
            let scope = rule.kinds.contains(.campaign) ? "newsletter" : "receipts"
            let id = try await record(server) {
                $0.with("basis", "\"\(basis)\"").with("scope", "\"\(scope)\"").with(
                    "evidence",
                    rule.needsReference ? #"{"reference":"LIA 7"}"# : evidence
                )
            }
            let path = "/v1/consents/\(id)/receipt"
            let dpv = try await server.send(.get(path + "?format=dpv", as: .auditor))
            #expect(dpv.body.contains("\"\(term)\""))
            let kantara = try await server.send(.get(path, as: .auditor))
            if basis == "implied-consent" {
                #expect(kantara.body.contains(#""consentType":"IMPLICIT""#))
            } else {
                #expect(try kantara.problem().field == "format")
                #expect(kantara.status == 409)
            }
        }
    }

    @Test(arguments: [("denied", "ConsentRefused"), ("withdrawn", "ConsentWithdrawn")])
    func aNoIsAReceiptOnlyInDPV(_ decision: String, _ status: String) async throws {
        try await with { server in
            let id = try await record(server) { $0.with("decision", "\"\(decision)\"") }
            let path = "/v1/consents/\(id)/receipt"
            let dpv = try await server.send(.get(path + "?format=dpv", as: .auditor))
            #expect(dpv.body.contains("\"dpv:\(status)\""))
            #expect(try await server.send(.get(path, as: .auditor)).status == 409)
        }
    }

    @Test func withoutAControllerThereIsNoReceipt() async throws {
        try await with(nil) { server in
            let id = try await record(server)
            let reply = try await server.send(.get("/v1/consents/\(id)/receipt", as: .auditor))
            #expect(reply.status == 409)
            #expect(try reply.problem().field == "controllerName")
        }
    }

    @Test func wrongQuestionsAreNamed() async throws {
        try await with { server in
            let id = try await record(server)
            let unknown = "01900000-0000-7000-8000-00000000000f"
            let wrong: [(String, Int, String?)] = [
                ("/v1/consents/nope/receipt", 404, "id"),
                ("/v1/consents/\(unknown)/receipt", 404, "id"),
                ("/v1/consents/\(id)/receipt?format=pdf", 422, "format"),
                ("/v1/consents/\(id)/receipt?form=dpv", 422, "form"),
            ]
            for (path, status, field) in wrong {
                let reply = try await server.sendWithoutEffect(.get(path, as: .auditor))
                #expect(reply.status == status)
                #expect(try reply.problem().field == field)
            }
            for role in [APIKey.Role.sender, .collector] {
                let reply = try await server.send(.get("/v1/consents/\(id)/receipt", as: role))
                #expect(reply.status == 403)
            }
        }
    }
}
