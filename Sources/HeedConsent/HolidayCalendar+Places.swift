// The calendars of the places whose laws Heed counts by, with the law behind every day.

extension HolidayCalendar {
    /// Every day is a working day: for laws that count calendar days and move nothing.
    public static let everyDay = HolidayCalendar("every-day", version: 1, weekend: [], rules: [])

    /// Monday to Friday, holidays or not: for laws whose holidays nobody has defined.
    public static let weekdays = HolidayCalendar("monday-friday", version: 1, rules: [])

    /// The holidays of the United States, 5 USC 6103(a).
    ///
    /// From a Saturday they move to the Friday (5 USC 6103(b)(1)), from a Sunday to the Monday
    /// (Executive Order 11582, section 3). Inauguration Day is left out, for it is local to
    /// Washington (6103(c)), and so are days off that a president gave to his employees only.
    public static let usFederal: HolidayCalendar = {
        let observed = HolidayRule.Substitute(saturday: -1, sunday: 1)
        return HolidayCalendar(
            "us-federal",
            version: 1,
            rules: [
                .init("New Year's Day", .date(month: 1, day: 1), substitute: observed),
                .init("Birthday of Martin Luther King, Jr.", .nth(3, .monday, month: 1)),
                .init("Washington's Birthday", .nth(3, .monday, month: 2)),
                .init("Memorial Day", .last(.monday, month: 5)),
                // Public Law 117-17, signed two days before the first one.
                .init(
                    "Juneteenth",
                    .date(month: 6, day: 19),
                    substitute: observed,
                    years: 2021...2099
                ),
                .init("Independence Day", .date(month: 7, day: 4), substitute: observed),
                .init("Labor Day", .nth(1, .monday, month: 9)),
                .init("Columbus Day", .nth(2, .monday, month: 10)),
                .init("Veterans Day", .date(month: 11, day: 11), substitute: observed),
                .init("Thanksgiving Day", .nth(4, .thursday, month: 11)),
                .init("Christmas Day", .date(month: 12, day: 25), substitute: observed),
            ]
        )
    }()

    /// The holidays of Canada in federal law, as CASL does not define its business days:
    /// Interpretation Act, section 35(1).
    ///
    /// Left out, so that the deadline fits every reading: Easter Monday, which the Canada Labour
    /// Code (166) does not have; Boxing Day, which only that code has; and the substitutes of a
    /// weekend, which it (193) leaves to each employer.
    public static let canadaFederal = HolidayCalendar(
        "canada-federal",
        version: 1,
        rules: [
            .init("New Year's Day", .date(month: 1, day: 1)),
            .init("Good Friday", .easter(-2)),
            // Holidays Act 4: the Monday before 25 May.
            .init("Victoria Day", .before(month: 5, day: 25, .monday)),
            // Holidays Act 2: on the second when the first is a Sunday.
            .init(
                "Canada Day",
                .date(month: 7, day: 1),
                substitute: .init(saturday: 0, sunday: 1)
            ),
            .init("Labour Day", .nth(1, .monday, month: 9)),
            // Statutes of Canada 2021, chapter 11, in force on 3 August of that year.
            .init(
                "National Day for Truth and Reconciliation",
                .date(month: 9, day: 30),
                years: 2021...2099
            ),
            // By the proclamation of 1957, for every year.
            .init("Thanksgiving Day", .nth(2, .monday, month: 10)),
            .init("Remembrance Day", .date(month: 11, day: 11)),
            .init("Christmas Day", .date(month: 12, day: 25)),
            // A day of mourning by proclamation, which the definition includes.
            .once("Funeral of Elizabeth II", 2022, 9, 19),
        ]
    )

    /// The days that are public holidays in every state and territory of Australia.
    ///
    /// A business day is one without a public holiday "in the place concerned" (Acts Interpretation
    /// Act 1901, 2B), and the person's state is not known. Anzac Day has no common substitute; the
    /// others' weekend rules became the same in 2011, and before it only on the three days listed.
    public static let australia: HolidayCalendar = {
        let afterWeekend = HolidayRule.Substitute(saturday: 2, sunday: 1, since: 2011)
        let inPair = HolidayRule.Substitute(saturday: 2, sunday: 2, since: 2011)
        return HolidayCalendar(
            "australia",
            version: 1,
            rules: [
                .init("New Year's Day", .date(month: 1, day: 1), substitute: afterWeekend),
                .init("Australia Day", .date(month: 1, day: 26), substitute: afterWeekend),
                .init("Good Friday", .easter(-2)),
                .init("Easter Monday", .easter(1)),
                .init("Anzac Day", .date(month: 4, day: 25)),
                .init("Christmas Day", .date(month: 12, day: 25), substitute: inPair),
                // Proclamation Day in South Australia, on the same day.
                .init("Boxing Day", .date(month: 12, day: 26), substitute: inPair),
                .once("Substitute in every state", 2004, 12, 27),
                .once("Substitute in every state", 2006, 1, 2),
                .once("Substitute in every state", 2010, 12, 27),
                .once("National Day of Mourning", 2022, 9, 22),
            ]
        )
    }()

    /// Every calendar that has holidays.
    package static let withHolidays = [usFederal, canadaFederal, australia]
}
