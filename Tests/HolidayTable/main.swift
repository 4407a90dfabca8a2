// Prints every day off of every calendar, and the deadlines of many days, for a check by a library
// of holidays that we did not write.

import HeedConsent

for calendar in HolidayCalendar.withHolidays {
    for year in Int64(2000)...2099 {
        for day in calendar.holidays(in: year) { print("holiday \(calendar.name) \(day.text)") }
    }
}

let optOuts = [Regime.canSpam, .tcpa, .ccpa, .casl, .spamAct]
let extensions = Regime.extensions.values.sorted { $0.name < $1.name }
let first = CivilDay(year: 2020, month: 1, day: 1)?.number ?? 0
for regime in optOuts + Regime.requests + extensions {
    for number in first..<first + 20 * 365 {
        let noon = CivilDay(number: number).start.adding(seconds: 12 * 3600)
        print("deadline \(regime.name) \(noon.text) \(regime.deadline(from: noon).text)")
    }
}
