// Which law a region means, what each rule consists of, and that the former ones are still known.

import Testing

@testable import HeedConsent

@Suite("Regime+OptOuts")
struct RegimeOptOutsTests {
    @Test(
        arguments: [
            (nil, "mailbox-48h@1"), ("BR", "mailbox-48h@1"), ("CH", "mailbox-48h@1"),
            ("PR", "mailbox-48h@1"), ("ZZ", "mailbox-48h@1"), ("", "mailbox-48h@1"),
            ("US", "can-spam@2"), ("US-NY", "can-spam@2"), ("US-CA", "ccpa+can-spam@2"),
            ("CA", "casl@2"), ("CA-QC", "casl@2"), ("AU", "au-spam-act@2"),
            ("AU-NSW", "au-spam-act@2"),
            ("AT", "gdpr@1"), ("GB", "uk-pecr@1"), ("GB-ENG", "uk-pecr@1"), ("NO", "gdpr@1"),
            ("IS", "gdpr@1"), ("LI", "gdpr@1"), ("DE-BY", "gdpr@1"), ("GR", "gdpr@1"),
        ] as [(String?, String)]
    )
    func ofARegion(_ region: String?, _ name: String) {
        #expect(Regime.forRegion(region, channel: .email).name == name)
    }

    @Test func everyMemberOfTheUnionAndOfTheAreaIsUnderTheRegulation() {
        let union =
            "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
        let countries = (union + " IS LI NO").split(separator: " ").map(String.init)
        #expect(Regime.europeanArea == Set(countries))
        for country in countries {
            #expect(Regime.forRegion(country, channel: .email) == .gdpr, "\(country)")
        }
    }

    @Test func anUnknownRegionHasTheShortestWindow() throws {
        let request = try instant("2026-01-05T09:00:00Z")
        let strictest = Regime.forRegion(nil, channel: .email).deadline(from: request)
        for regime in Regime.current {
            #expect(strictest <= regime.deadline(from: request), "\(regime.name)")
        }
    }

    /// Golden: who changes a line here gives the rule a new version and keeps the old one.
    @Test func theRules() {
        let rules = (Regime.current + Regime.former).map { rule in
            "\(rule.name): \(rule.amount) \(rule.unit), "
                + "\(rule.firstDay) first, \(rule.calendar.name), \(rule.offsetHours)"
        }
        #expect(
            rules == [
                "mailbox-48h@1: 48 hours, dayAfter first, every-day@1, 0...0",
                "gdpr@1: 48 hours, dayAfter first, every-day@1, 0...0",
                "uk-pecr@1: 48 hours, dayAfter first, every-day@1, 0...0",
                "can-spam@2: 10 businessDays, dayAfter first, us-federal@1, "
                    + "-10...-4",
                "tcpa@1: 10 businessDays, dayAfter first, us-federal@1, "
                    + "-10...-4",
                "ccpa+can-spam@2: 10 businessDays, dayAfter first, "
                    + "us-federal@1, -10...-4",
                "casl@2: 10 businessDays, dayAfter first, canada-federal@1, "
                    + "-8...-2",
                "au-spam-act@2: 5 businessDays, dayOfStart first, australia@1, "
                    + "8...11",
                "can-spam@1: 10 businessDays, dayAfter first, "
                    + "monday-friday@1, -10...-4",
                "ccpa+can-spam@1: 10 businessDays, dayAfter first, "
                    + "monday-friday@1, -10...-4",
                "casl@1: 10 businessDays, dayAfter first, monday-friday@1, "
                    + "-8...-2",
                "au-spam-act@1: 4 businessDays, dayAfter first, "
                    + "monday-friday@1, 8...11",
            ]
        )
    }

    @Test func everyNameThatWasStoredIsKnown() {
        let all = Regime.current + Regime.former
        #expect(Set(all.map(\.name)).count == all.count)
        for regime in all { #expect(Regime.named(regime.name) == regime) }
        #expect(Regime.named("can-spam@3") == nil && Regime.named("can-spam") == nil)
    }

    /// Neither the name nor the deadline of a stored opt-out is counted again.
    @Test func aStoredOptOutKeepsItsRule() throws {
        let optOut = OptOut(
            stored: Fixture.optOut,
            contact: Fixture.contact,
            extent: .global,
            source: .oneClick,
            requestedAt: try instant("2026-12-21T12:00:00Z"),
            deadlineAt: try instant("2027-01-05T03:59:59Z"),
            regime: "can-spam@1",
            status: .pending,
            processedAt: nil
        )
        #expect(optOut.regime == "can-spam@1")
        let rule = try #require(Regime.named(optOut.regime))
        #expect(rule.deadline(from: optOut.requestedAt) == optOut.deadlineAt)
        #expect(rule.calendar.name == "monday-friday@1")
    }

    /// The deadlines of version 1, as they stand with opt-outs of its time.
    @Test(arguments: [
        ("can-spam@1", "2026-12-21T12:00:00Z", "2027-01-05T03:59:59Z"),
        ("ccpa+can-spam@1", "2026-01-05T23:59:59.999999Z", "2026-01-20T03:59:59Z"),
        ("casl@1", "2026-12-31T23:59:59Z", "2027-01-15T01:59:59Z"),
        ("au-spam-act@1", "2026-01-10T00:00:00Z", "2026-01-15T12:59:59Z"),
        ("au-spam-act@1", "2026-12-21T12:00:00Z", "2026-12-25T12:59:59Z"),
    ])
    func formerDeadlines(_ name: String, _ request: String, _ deadline: String) throws {
        let regime = try #require(Regime.named(name))
        #expect(regime.deadline(from: try instant(request)).text == deadline)
    }

    /// A holiday extends the window and takes nothing from it: at most the holidays of one
    /// fortnight, and in Australia the weekend that the former rule had counted.
    @Test(arguments: [
        ("can-spam@1", Regime.canSpam), ("casl@1", .casl), ("au-spam-act@1", .spamAct),
    ])
    func neverEarlierThanTheFormerRule(_ former: String, _ regime: Regime) throws {
        let former = try #require(Regime.named(former))
        var generator = SeededGenerator(seed: 0x0DA7)
        for _ in 0..<2_000 {
            let request = Timestamp(
                seconds: .random(in: 946_684_800...4_102_444_799, using: &generator)
            )
            let gained =
                regime.deadline(from: request).wholeSeconds
                - former.deadline(from: request).wholeSeconds
            #expect((0...7).contains(gained / 86_400) && gained % 86_400 == 0)
        }
    }
}
