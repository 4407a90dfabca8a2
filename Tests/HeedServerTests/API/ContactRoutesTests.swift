// Tests people and consents over HTTP: what is stored, and every input that is refused.

import HeedConsent
import HeedStore
import TestSupport
import Testing

@testable import HeedServer

@Suite("Contact routes: people")
struct ContactRoutesTests {
    @Test func aNewPersonIs201AndAKnownOne200() async throws {
        try await withServer { server in
            let body =
                #"{"addresses":[{"channel":"email","value":"ada@mail.example"},"#
                + #"{"value":"ada@work.example"}],"externalId":"c-1","locale":"de","region":"DE"}"#
            let first = try await server.send(.post("/v1/contacts", body, as: .collector))
            #expect(first.status == 201)
            let contact = try first.decode(ContactReply.self)
            #expect(ContactID(text: contact.id) != nil)
            let again = try await server.sendWithoutEffect(
                .post("/v1/contacts", body, as: .collector)
            )
            #expect(again.status == 200)
            #expect(try again.decode(ContactReply.self).id == contact.id)
            #expect(try await server.check("ada@work.example").evidence.contactId == contact.id)
        }
    }

    @Test(arguments: WrongInput.unreadable + [.huge] + contactInputs)
    func wrongInput(_ wrong: WrongInput) async throws {
        try await withServer { server in
            let call = Call.post("/v1/contacts", wrong.body, as: .collector)
            try await server.expectRefusal(of: call, as: wrong)
        }
    }

    @Test func anotherPersonsAddressOrIDIsAConflict() async throws {
        try await withServer { server in
            for (name, id) in [("ada", "c-1"), ("bob", "c-2")] {
                let body =
                    #"{"addresses":[{"value":"\#(name)@mail.example"}],"externalId":"\#(id)"}"#
                #expect(
                    try await server.send(.post("/v1/contacts", body, as: .collector)).status == 201
                )
            }
            for body in [
                #"{"addresses":[{"value":"ada@mail.example"},{"value":"bob@mail.example"}]}"#,
                #"{"addresses":[{"value":"ada@mail.example"},{"value":"new@mail.example"}]}"#,
                #"{"addresses":[{"value":"ada@mail.example"}],"externalId":"c-2"}"#,
                #"{"addresses":[{"value":"ada@mail.example"}],"externalId":"c-3"}"#,
                #"{"addresses":[{"value":"new@mail.example"}],"externalId":"c-1"}"#,
            ] {
                let wrong = WrongInput(body, 409, "conflict", "addresses")
                let call = Call.post("/v1/contacts", body, as: .collector)
                try await server.expectRefusal(of: call, as: wrong)
            }
        }
    }

    @Test(arguments: [StoreError.Code.full, .busy, .unavailable])
    func withoutADiskItIs503(_ code: StoreError.Code) async throws {
        try await withServer { server in
            server.faults.set(.writes(code))
            let wrong = WrongInput("", 503, "not-stored")
            let body = #"{"addresses":[{"value":"ada@mail.example"}]}"#
            let calls = [
                Call.post("/v1/contacts", body, as: .collector),
                .post("/v1/consents", consent.text, as: .collector),
            ]
            for call in calls { try await server.expectRefusal(of: call, as: wrong) }
        }
    }
}

@Suite("Contact routes: consents")
struct ConsentRoutesTests {
    @Test func aGrantOpensItsScopeOnly() async throws {
        try await withServer { server in
            let evidence =
                #"{"ip":"203.0.113.7","userAgent":"B","formUrl":"https://shop.example/","#
                + #""wordingSha256":"\#(String(repeating: "aB", count: 32))","#
                + #""requestedAt":"2026-01-30T10:00:00Z","requestedIp":"203.0.113.7","#
                + #""confirmedAt":"2026-01-30T10:01:00Z","confirmedIp":"203.0.113.8"}"#
            let body = consent.with("locale", "\"de\"").with("givenAt", "\"2026-01-30T10:01:00Z\"")
                .with("expiresAt", "\"2027-01-30T10:01:00Z\"").with("evidence", evidence).text
            let reply = try await server.send(.post("/v1/consents", body, as: .collector))
            #expect(reply.status == 201)
            let record = try reply.decode(ConsentReply.self)
            let check = try await server.check()
            #expect(check.allowed)
            #expect(check.evidence.recordId == record.id)
            #expect(check.evidence.contactId == record.contactId)
            #expect(check.position >= record.position)
            let id = try #require(ConsentID(text: record.id))
            let contact = try #require(ContactID(text: record.contactId))
            let stored = try await server.installation.database.read { transaction in
                try transaction.evidence(of: id, contact: contact)
            }
            #expect(stored?.ip == "203.0.113.7")
            #expect(stored?.userAgent == "B")
            #expect(stored?.formURL == "https://shop.example/")
            #expect(stored?.wordingSHA256 == String(repeating: "aB", count: 32))
            #expect(stored?.requestedAt == "2026-01-30T10:00:00Z")
            #expect(stored?.requestedIP == "203.0.113.7")
            #expect(stored?.confirmedAt == "2026-01-30T10:01:00Z")
            #expect(stored?.confirmedIP == "203.0.113.8")
            #expect(try await server.check("ada@mail.example", "promotions").reason == "noConsent")
        }
    }

    @Test(arguments: [("denied", "denied"), ("withdrawn", "withdrawn")])
    func aNoClosesIt(_ decision: String, _ reason: String) async throws {
        try await withServer { server in
            let id = try await server.installation.decide(Address(email: "ada@mail.example"))
            server.installation.clock.advance(seconds: 1)
            let body = consent.without("address").with("contactId", "\"\(id.text)\"")
                .with("decision", "\"\(decision)\"").text
            let reply = try await server.send(.post("/v1/consents", body, as: .collector))
            #expect(reply.status == 201)
            #expect(try reply.decode(ConsentReply.self).contactId == id.text)
            #expect(try await server.check().reason == reason)
        }
    }

    @Test(arguments: WrongInput.unreadable + [.huge] + consentInputs)
    func wrongInput(_ wrong: WrongInput) async throws {
        try await withServer { server in
            let call = Call.post("/v1/consents", wrong.body, as: .collector)
            try await server.expectRefusal(of: call, as: wrong)
        }
    }

    @Test func afterAnOptOutOnlyTheirOwnNewerActIsAYes() async throws {
        try await withServer { server in
            try await server.installation.optOut(Address(email: "ada@mail.example"))
            let imported = consent.with("source", "\"import\"").text
            try await server.expectRefusal(
                of: .post("/v1/consents", imported, as: .collector),
                as: WrongInput(imported, 409, "opted-out", "source")
            )
            let older = consent.with("givenAt", "\"2026-01-01T00:00:00Z\"").text
            try await server.expectRefusal(
                of: .post("/v1/consents", older, as: .collector),
                as: WrongInput(older, 409, "opted-out", "givenAt")
            )
            server.installation.clock.advance(seconds: 1)
            let reply = try await server.send(.post("/v1/consents", consent.text, as: .collector))
            #expect(reply.status == 201)
            #expect(try await server.check().allowed)
        }
    }
}

private let consent = JSONBody.consent

private let contactInputs: [WrongInput] = {
    let contact = JSONBody(["addresses": #"[{"value":"ada@mail.example"}]"#])
    let many = (1...21).map { #"{"value":"a\#($0)@mail.example"}"# }.joined(separator: ",")
    let invalid: [(String, String, String)] = [
        ("addresses", "5", "addresses"), ("addresses", "{}", "addresses"),
        ("addresses", "[5]", "addresses[0]"), ("addresses", #"["a@mail.example"]"#, "addresses[0]"),
        ("addresses", #"[{"value":5}]"#, "addresses[0].value"),
        ("addresses", #"[{"value":"a@mail.example"},{"value":"nobody"}]"#, "addresses[1].value"),
        ("addresses", #"[{"value":"a@mail.example","channel":"fax"}]"#, "addresses[0].channel"),
        ("addresses", #"[{"value":"a@mail.example","channel":5}]"#, "addresses[0].channel"),
        ("externalId", "5", "externalId"), ("externalId", "\"\"", "externalId"),
        ("externalId", "\"ada@mail.example\"", "externalId"), ("locale", "5", "locale"),
        ("externalId", "\"\(String(repeating: "x", count: 129))\"", "externalId"),
        // PostgreSQL's text cannot hold a zero byte, so nothing may let one through.
        ("externalId", #""a\u0000b""#, "externalId"), ("locale", #""de\u0000""#, "locale"),
        ("region", #""DE\u0000""#, "region"),
        ("addresses", #"[{"value":"a\u0000@mail.example"}]"#, "addresses[0].value"),
        ("locale", "\"de_DE\"", "locale"), ("region", "5", "region"),
        ("region", "\"Germany\"", "region"),
    ]
    let missing = [("[]", "addresses"), ("null", "addresses"), ("[{}]", "addresses[0].value")]
    return invalid.map { name, json, field in
        WrongInput(contact.with(name, json).text, 422, "invalid-field", field)
    }
        + missing.map { json, field in
            WrongInput(contact.with("addresses", json).text, 422, "missing-field", field)
        } + [
            WrongInput("{}", 422, "missing-field", "addresses"),
            WrongInput(
                #"{"addresses":[{"value":""}]}"#,
                422,
                "missing-field",
                "addresses[0].value"
            ),
            WrongInput(contact.with("name", "\"Ada\"").text, 422, "unknown-field", "name"),
            WrongInput(
                #"{"addresses":[{"value":"a@mail.example","kind":"home"}]}"#,
                422,
                "unknown-field",
                "addresses[0].kind"
            ),
            WrongInput(contact.with("addresses", "[\(many)]").text, 413, "too-large", "addresses"),
        ]
}()

private let consentInputs: [WrongInput] = {
    let id = "\"01900000-0000-7000-8000-000000000001\""
    let names = ["scope", "decision", "basis", "source", "policyVersion", "address"]
    let missing = names.map { WrongInput(consent.without($0).text, 422, "missing-field", $0) }
    let empty = ["scope", "source", "address"].map {
        WrongInput(consent.with($0, "\"\"").text, 422, "missing-field", $0)
    }
    let mistyped = (names + ["locale", "givenAt", "expiresAt", "evidence"]).map {
        WrongInput(consent.with($0, "5").text, 422, "invalid-field", $0)
    }
    let invalid: [(String, String, String)] = [
        ("scope", "\"unknown\"", "scope"), ("scope", "\"News Letter\"", "scope"),
        ("scope", "\"global\"", "scope"), ("decision", "\"maybe\"", "decision"),
        ("basis", "\"because\"", "basis"), ("source", "\"My Form\"", "source"),
        ("policyVersion", "\"2099\"", "policyVersion"), ("policyVersion", "\"\"", "policyVersion"),
        ("address", "\"nobody\"", "address"), ("contactId", id, "contactId"),
        ("givenAt", "\"yesterday\"", "givenAt"), ("givenAt", "\"2026-02-01T00:00:00Z\"", "givenAt"),
        ("expiresAt", "\"never\"", "expiresAt"),
        ("evidence", #"{"ip":5}"#, "evidence.ip"),
        ("evidence", #"{"confirmedAt":"now"}"#, "evidence.confirmedAt"),
        ("evidence", #"{"requestedAt":"now"}"#, "evidence.requestedAt"),
        ("evidence", #"{"wordingSha256":"abc"}"#, "evidence.wordingSha256"),
    ]
    let long = [("ip", 65), ("userAgent", 1025), ("formUrl", 2049), ("requestedIp", 65)].map {
        let text = String(repeating: "x", count: $1)
        let body = consent.with("evidence", #"{"\#($0)":"\#(text)"}"#).text
        return WrongInput(body, 413, "too-large", "evidence.\($0)")
    }
    let zero = (names + ["locale"]).map {
        WrongInput(consent.with($0, #""a\u0000b""#).text, 422, "invalid-field", $0)
    }
    return missing + empty + mistyped + long + zero
        + invalid.map { WrongInput(consent.with($0, $1).text, 422, "invalid-field", $2) } + [
            WrongInput(
                consent.without("address").with("contactId", id).text,
                422,
                "invalid-field",
                "contactId"
            ),
            WrongInput(consent.with("colour", "1").text, 422, "unknown-field", "colour"),
            WrongInput(
                consent.with("evidence", #"{"ipAddress":"203.0.113.7"}"#).text,
                422,
                "unknown-field",
                "evidence.ipAddress"
            ),
        ]
}()
