// Events about evidence and about sends, with the bytes of their lines.

@testable import HeedConsent

extension SampleEvent {
    private static let anna = Actor(.cli, id: "anna")
    private static let hash = [UInt8](repeating: 7, count: 32)

    static func evidence() -> [SampleEvent] {
        func export(_ matter: EvidenceExport.Matter, _ stage: ListExport.Stage) -> Event {
            .evidenceExported(
                EvidenceExport(
                    id: ExportID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_000E),
                    matter: matter,
                    reason: "case 17",
                    source: .commandLine,
                    stage: stage,
                    counts: stage == .started ? [:] : ["timeline": 3],
                    manifest: stage == .started ? nil : hash
                )
            )
        }
        let period = EvidenceExport.Matter.period(
            from: Timestamp(seconds: 1_767_225_600),
            to: Timestamp(seconds: 1_769_904_000)
        )
        return [
            SampleEvent("evidence started", by: anna, export(.person(Fixture.contact), .started)),
            SampleEvent(
                "evidence exported",
                by: anna,
                export(.person(Fixture.contact), .finished),
                details: hash
            ),
            SampleEvent(
                "evidence of a period exported",
                by: anna,
                export(period, .finished),
                details: hash
            ),
        ]
    }

    static func sends() -> [SampleEvent] {
        let call = SendCallID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_000F)
        return [
            SampleEvent(
                "sends checked",
                by: anna,
                .sendsChecked(
                    SendCall(
                        id: call,
                        scope: Fixture.newsletter,
                        campaign: "spring",
                        source: .api,
                        counts: [.allowed: 2, .optOut: 1],
                        positions: 5...7,
                        list: [UInt8](repeating: 9, count: 32)
                    )
                )
            ),
            SampleEvent(
                "sends recorded",
                by: anna,
                .sendsRecorded(
                    SendBatch(
                        id: SendBatchID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0010),
                        call: call,
                        scope: Fixture.newsletter,
                        campaign: "spring",
                        position: 7,
                        records: [
                            SendRecord(contact: Fixture.contact, reason: .optOut, record: nil)
                        ]
                    )
                )
            ),
        ]
    }

    /// Their lines of the log.
    static let linesOfEvidence = [
        "evidence started": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "facts":{"about":"person","reason":"case 17"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"evidence.export-started",\#
        "source":"command-line","subject":"0190000000007000800000000000000e","v":1}
        """#,
        "evidence exported": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "contact":"01900000-0000-7001-8000-000000000001",\#
        "details":"0707070707070707070707070707070707070707070707070707070707070707",\#
        "facts":{"about":"person","outcome":"finished","reason":"case 17","timeline":"3"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"evidence.exported",\#
        "source":"command-line","subject":"0190000000007000800000000000000e","v":1}
        """#,
        "evidence of a period exported": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "details":"0707070707070707070707070707070707070707070707070707070707070707",\#
        "facts":{"about":"period","from":"2026-01-01T00:00:00Z","outcome":"finished",\#
        "reason":"case 17","timeline":"3","to":"2026-02-01T00:00:00Z"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"evidence.exported",\#
        "source":"command-line","subject":"0190000000007000800000000000000e","v":1}
        """#,
        "sends checked": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"allowed":"2","campaign":"spring","fromPosition":"5",\#
        "listSha256":"0909090909090909090909090909090909090909090909090909090909090909",\#
        "optOut":"1","position":"7","recipients":"3"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"sends.checked",\#
        "scope":"newsletter","source":"api","subject":"0190000000007000800000000000000f","v":1}
        """#,
        "sends recorded": #"""
        {"actor":"anna","actorType":"operator","at":"2026-01-31T09:30:00Z",\#
        "facts":{"call":"01900000-0000-7000-8000-00000000000f","campaign":"spring",\#
        "position":"7","rows":"1"},\#
        "id":"01900000-0000-7006-8000-000000000006","kind":"sends.recorded",\#
        "scope":"newsletter","subject":"01900000000070008000000000000010","v":1}
        """#,
    ]
}
