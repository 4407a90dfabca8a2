// One event of every kind about a person's requests, and its bytes spelled out.

@testable import HeedConsent

extension SampleEvent {
    private static let operatorActor = Actor(.cli, id: "anna")
    private static let worker = Actor.system("delivery")

    private static func request(_ status: RightsRequest.Status) -> RightsRequest {
        var request = RightsRequest(
            id: RequestID(high: 0x0190_0000_0000_700A, low: 0x8000_0000_0000_000A),
            kind: .erasure,
            of: Contact(
                stored: Fixture.contact,
                externalID: "ext-4711",
                locale: "de",
                region: "DE"
            ),
            source: .form,
            requestedAt: Fixture.now
        )
        request.status = status
        return request
    }

    static func requests() throws -> [SampleEvent] {
        let received = request(.received)
        var verified = request(.verified)
        verified.verifiedBy = Source(stored: "account-login")
        var target = ErasureTarget(
            id: ErasureTargetID(high: 0x0190_0000_0000_700B, low: 0x8000_0000_0000_000B),
            request: received.id,
            connector: "esp"
        )
        let enqueued = Event.erasureEnqueued(request(.processing), [target])
        (target.state, target.attempts, target.answer) = (.confirmed, 1, "204")
        let told = Event.erasureTargetMoved(target, request(.processing), from: .pending)
        let erasure = LocalErasure(rows: ["addresses": 1, "permissions": 2], unconfirmed: [])
        let receipt = RequestReceipt(
            request: received.id,
            number: 1,
            issuedAt: Fixture.now,
            body: Array("{}".utf8)
        )
        let hash = [UInt8](repeating: 0xDD, count: 32)
        return [
            SampleEvent(
                "request received",
                by: operatorActor,
                .requestReceived(received, token: [UInt8](repeating: 0xEE, count: 16)),
                details: hash
            ),
            SampleEvent(
                "request verified",
                by: operatorActor,
                .requestMoved(verified, from: .received)
            ),
            SampleEvent("erasure enqueued", by: worker, enqueued),
            SampleEvent("erasure confirmed", by: worker, told),
            SampleEvent(
                "person erased",
                by: worker,
                .personErased(request(.completed), erasure)
            ),
            SampleEvent(
                "receipt issued",
                by: worker,
                .receiptIssued(receipt, request(.completed)),
                details: hash
            ),
        ] + (try exports(received.id, hash)) + keeping()
    }

    private static func exports(_ request: RequestID, _ hash: [UInt8]) throws -> [SampleEvent] {
        [
            SampleEvent(
                "person exported",
                by: operatorActor,
                .personExported(
                    PersonExport(
                        id: ExportID(high: 0x0190_0000_0000_700C, low: 0x8000_0000_0000_000C),
                        contact: Fixture.contact,
                        source: .commandLine,
                        stage: .finished,
                        counts: ["consents": 3]
                    )
                )
            ),
            SampleEvent(
                "address replaced",
                by: operatorActor,
                .addressReplaced(
                    AddressReplacement(
                        contact: Fixture.contact,
                        request: request,
                        old: try Address(email: "zaphod@magrathea.example"),
                        new: try Address(email: "beeblebrox@magrathea.example"),
                        blocks: 2
                    )
                ),
                details: hash
            ),
        ]
    }

    /// What an operator does to keep the installation.
    private static func keeping() -> [SampleEvent] {
        let restore = Restore(
            number: 2,
            startedAt: Fixture.now,
            origin: "shop.example/log/restored-2",
            verifier: "",
            sinceSize: 40,
            sincePosition: 42
        )
        let change = MasterKeyChange(from: "00aa", to: "11bb", wrapped: ["lookup": [1]])
        return [
            SampleEvent("restore begun", by: operatorActor, .restoreBegun(restore)),
            SampleEvent(
                "restore finished",
                by: operatorActor,
                .restoreFinished(restore, counts: ["optOuts": 3])
            ),
            SampleEvent("master key replaced", by: operatorActor, .masterKeyReplaced(change)),
        ]
    }

    /// What is hashed and signed about requests.
    static let linesOfRequests = [
        "person exported": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"consents":"3","outcome":"finished"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"contact.exported",\#
        "source":"command-line","subject":"019000000000700c800000000000000c","v":1}
        """#,
        "address replaced": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "details":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",\#
        "facts":{"blocks":"2"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"contact.address-replaced",\#
        "subject":"019000000000700a800000000000000a","v":1}
        """#,
        "request received": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "details":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",\#
        "facts":{"block":"kept","deadlineAt":"2026-02-28T19:59:59Z",\#
        "regime":"gdpr-request@2","request":"erasure","requestedAt":"2026-01-31T09:30:00Z"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"request.received",\#
        "source":"form","subject":"019000000000700a800000000000000a","to":"received","v":1}
        """#,
        "request verified": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"deadlineAt":"2026-02-28T19:59:59Z","request":"erasure",\#
        "verifiedBy":"account-login"},"from":"received",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"request.verified",\#
        "source":"form","subject":"019000000000700a800000000000000a","to":"verified","v":1}
        """#,
        "erasure enqueued": #"""
        {"actor":"delivery","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"connectors":"esp","request":"erasure"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"erasure.enqueued",\#
        "source":"form","subject":"019000000000700a800000000000000a","v":1}
        """#,
        "erasure confirmed": #"""
        {"actor":"delivery","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"answer":"204","attempts":"1","connector":"esp","request":"erasure"},\#
        "from":"pending","id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"erasure.esp-confirmed","source":"form",\#
        "subject":"019000000000700a800000000000000a","to":"confirmed","v":1}
        """#,
        "person erased": #"""
        {"actor":"delivery","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"addresses":"1","block":"kept","permissions":"2","request":"erasure",\#
        "systemsOpen":"0"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"erasure.local-cascade-completed","source":"form",\#
        "subject":"019000000000700a800000000000000a","v":1}
        """#,
        "receipt issued": #"""
        {"actor":"delivery","actorType":"system","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "details":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd",\#
        "facts":{"number":"1","request":"erasure"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"request.receipt-issued",\#
        "source":"form","subject":"019000000000700a800000000000000a","v":1}
        """#,
        "restore begun": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"number":"2","origin":"shop.example/log/restored-2","sincePosition":"42",\#
        "sinceSize":"40"},"id":"01900000-0000-7006-8000-000000000006",\#
        "kind":"restore.begun","v":1}
        """#,
        "restore finished": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"number":"2","optOuts":"3"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"restore.finished","v":1}
        """#,
        "master key replaced": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z","from":"00aa",\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"vault.master-key-replaced",\#
        "to":"11bb","v":1}
        """#,
    ]
}
