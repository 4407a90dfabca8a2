"""Reads what HolidayTable prints and compares it with the package holidays: every day off from 2000
to 2099, and deadlines counted anew from that package's days. Says 0 equal, 1 different, 2 not
understood.

    HolidayTable | python holidays_oracle.py
"""

import sys
from datetime import date, datetime, timedelta

import holidays
from dateutil.relativedelta import relativedelta

YEARS = range(2000, 2100)
AUSTRALIAN_STATES = ("ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA")


def canada() -> set[date]:
    """The package lists what federal employers grant; Heed counts what federal law calls a holiday.

    Both have the same days except for these three, each named in HolidayCalendar+Places.swift.
    """
    granted = holidays.country_holidays(
        "CA", years=YEARS, observed=False, categories=("government", "public")
    )
    # Boxing Day: only in the Canada Labour Code, not in section 35 of the Interpretation Act.
    days = {day for day in granted if granted.get_list(day) != ["Boxing Day"]}
    # Weekend substitutes are each employer's choice (Labour Code 193), but for Canada Day, which
    # the Holidays Act (2) moves from a Sunday by itself.
    days |= {date(year, 7, 2) for year in YEARS if date(year, 7, 1).weekday() == 6}
    # The Queen's funeral was a holiday by proclamation; the package has it for provinces only.
    return days | {date(2022, 9, 19)}


def common(tables: list[holidays.HolidayBase]) -> set[date]:
    """The days that all tables have."""
    return {day for day in set().union(*tables) if all(day in table for table in tables)}


def calendars() -> dict[str, set[date]]:
    """The days off by calendar, weekends left out, which are off anyway."""
    states = [holidays.country_holidays("AU", state, years=YEARS) for state in AUSTRALIAN_STATES]
    tables = {
        "us-federal@1": set(holidays.country_holidays("US", years=YEARS)),
        "canada-federal@1": canada(),
        "australia@1": common(states),
    }
    return {
        name: {day for day in days if day.year in YEARS and day.weekday() < 5}
        for name, days in tables.items()
    }


def after(start: date, count: int, off: set[date]) -> date:
    """The last of so many working days that follow a day."""
    working = (start + timedelta(days=step) for step in range(1, 100))
    return [day for day in working if day.weekday() < 5 and day not in off][count - 1]


def last_day(rule: str, start: date, tables: dict[str, set[date]]) -> date:
    match rule:
        case "can-spam@2" | "tcpa@1" | "ccpa+can-spam@2":
            return after(start, 10, tables["us-federal@1"])
        case "casl@2":
            return after(start, 10, tables["canada-federal@1"])
        case "au-spam-act@2":
            return after(start - timedelta(days=1), 5, tables["australia@1"])
        case "ccpa-sale@1":
            return after(start, 15, tables["us-federal@1"])
        case "gdpr-request@2" | "uk-gdpr-request@1":
            return start + relativedelta(months=1)
        case "gdpr-request-extended@1" | "gdpr-request-extended@2" | "uk-gdpr-request-extended@1":
            return start + relativedelta(months=3)
        case "ccpa-request@1":
            return start + timedelta(days=45)
        case "ccpa-request-extended@1":
            return start + timedelta(days=90)
        case "pipeda-request@1" | "au-app-request@1":
            return start + timedelta(days=30)
        case "pipeda-request-extended@1":
            return start + timedelta(days=60)
        case "lgpd-request@1":
            return start + timedelta(days=15)
        case "request-28d@1":
            return start + timedelta(days=28)
    raise ValueError(f"no such rule: {rule}")


def offsets(rule: str) -> tuple[int, int]:
    """The hours from UTC of the people's westernmost and easternmost clocks."""
    for start, hours in {
        "casl": (-8, -2),
        "pipeda-": (-8, -2),
        "au-": (8, 11),
        "gdpr-request-extended@1": (-3, 3),
        "gdpr-": (-4, 4),
        "uk-": (0, 1),
        "lgpd-": (-5, -2),
        "request-": (-12, 14),
    }.items():
        if rule.startswith(start):
            return hours
    return (-10, -4)


def expected_deadline(rule: str, start: str, tables: dict[str, set[date]]) -> str:
    west, east = offsets(rule)
    local = datetime.fromisoformat(start) + timedelta(hours=west)
    last = last_day(rule, local.date(), tables)
    end = datetime(last.year, last.month, last.day) + timedelta(days=1, hours=-east, seconds=-1)
    return end.isoformat() + "Z"


def main() -> int:
    tables = calendars()
    printed: dict[str, set[date]] = {name: set() for name in tables}
    differences: list[str] = []
    deadlines = 0
    try:
        for line in sys.stdin:
            kind, *fields = line.split()
            if kind == "holiday":
                printed[fields[0]].add(date.fromisoformat(fields[1]))
            elif kind == "deadline":
                rule, start, end = fields
                expected = expected_deadline(rule, start, tables)
                deadlines += 1
                if end != expected:
                    differences.append(f"{rule} from {start}: {end}, expected {expected}")
            else:
                raise ValueError(f"no such line: {line!r}")
    except (ValueError, KeyError) as error:
        print(f"not understood: {error!r}", file=sys.stderr)
        return 2
    if deadlines == 0 or not all(printed.values()):
        print("not understood: a calendar or the deadlines are missing", file=sys.stderr)
        return 2
    for name, days in tables.items():
        missing, extra = days - printed[name], printed[name] - days
        differences += [f"{name}: {day} {day:%a} is missing" for day in sorted(missing)]
        differences += [f"{name}: {day} {day:%a} is extra" for day in sorted(extra)]
    for difference in differences:
        print(difference, file=sys.stderr)
    count = sum(len(days) for days in printed.values())
    print(f"holidays {holidays.__version__}: {count} days off, {deadlines} deadlines compared")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
