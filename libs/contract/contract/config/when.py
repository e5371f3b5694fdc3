"""When things are due and how dates are written: cron expressions and time zones that Airflow takes, formats of dates.

Airflow reads an expression with croniter, which no step has. What is accepted here is what croniter accepts of five
fields (without `r` for chance and `w` for workdays), and Airflow's own words; a test of airflow/ holds them together.
"""

from __future__ import annotations

import re

_ALIASES = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@quarterly", "@yearly", "@annually")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_EXPECTED = {"every_day": 7, "weekdays": 5}
"""The words of `schedule.expected`: how many days of the week, from Monday on."""
_FIELDS: tuple[tuple[str, int, int, list[str]], ...] = (
    ("minute", 0, 59, []),
    ("hour", 0, 23, []),
    ("day of the month", 1, 31, []),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _WEEKDAYS),
)
_NTH = re.compile(r"l[0-7]|([0-7]|sun|mon|tue|wed|thu|fri|sat)#[1-5]")
"""The last, or the n-th, such day of a month."""
_DATE_FORMATS = ("iso", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "excel_days")
"""Of a datetime besides those of strptime: ISO 8601, units of a second since 1970 in UTC, and days since 1899-12-30."""
FORMS = " | "
"""Between the forms of a column that has several."""
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def check_cron(expression: str) -> None:
    """Raise ValueError, without the key, for what is no cron expression, or is never due."""
    if expression in _ALIASES:
        return
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        names = ", ".join(name for name, *_ in _FIELDS)
        raise ValueError(
            f'must be a cron expression of five fields ({names}), as "0 3 * * 1", or one of {", ".join(_ALIASES)}, '
            f"got {expression!r}"
        )
    days, months = (_values(expression, number, fields[number]) for number in (2, 3))
    for number in (0, 1, 4):
        _values(expression, number, fields[number])
    nth = [_NTH.fullmatch(part) is not None for part in fields[4].lower().split(",")]
    if any(nth) and not (all(nth) and fields[2] in ("*", "?")):
        raise ValueError(f"must have {fields[4]!r} alone, without other days beside it, got {expression!r}")
    # with both given, either day counts
    if fields[4] in ("*", "?") and days and min(days) > max(_LONGEST_MONTH[month - 1] for month in months or {1}):
        raise ValueError(f"must be due one day, got {expression!r}: no such month has a day {min(days)}")


def _values(expression: str, number: int, field: str) -> set[int]:
    """The values that a field names; none for words whose day depends on the month, as `L`."""
    name, least, most, words = _FIELDS[number]
    values: set[int] = set()
    for part in field.lower().split(","):
        if (number == 2 and part == "l") or (number == 4 and _NTH.fullmatch(part)):
            continue
        match = re.fullmatch(r"(?P<first>\*|\?|\w+)(-(?P<last>\w+))?(/(?P<step>\d+))?", part)
        if match is None or (match["first"] == "?" and (number not in (2, 4) or match["last"])):
            raise _wrong(expression, name, least, most, part)
        if match["first"] in ("*", "?"):
            ends: list[int | None] = [least, most]
            if match["last"]:
                raise _wrong(expression, name, least, most, part)
        else:
            first = _number(match["first"], words, least)
            ends = [first, _number(match["last"], words, least) if match["last"] else most if match["step"] else first]
        first, last = ends
        step = int(match["step"] or 1)
        if first is None or last is None or not (least <= first <= most and least <= last <= most) or step < 1:
            raise _wrong(expression, name, least, most, part)
        values |= set(range(first, last + 1, step)) if first <= last else {*range(first, most + 1), *range(least, last)}
    return values


def _number(text: str, words: list[str], least: int) -> int | None:
    if text in words:
        return words.index(text) + least
    return int(text) if text.isdecimal() else None


def _wrong(expression: str, name: str, least: int, most: int, part: str) -> ValueError:
    return ValueError(f"must have a {name} from {least} to {most}, got {part!r} in {expression!r}")


def check_timezone(name: str) -> None:
    """Raise ValueError, without the key, for a name that is in no time zone database."""
    if name == "UTC":
        return
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = available_timezones()
        if not known:
            raise ValueError(
                f"cannot be looked up, got {name!r}: this machine has no time zone database; install tzdata"
            ) from None
        from contract.errors import did_you_mean

        hint = did_you_mean(name, known)
        raise ValueError(
            f'must be a name of the time zone database, as "Europe/Berlin" or "UTC", got {name!r}{hint}'
        ) from None


def check_expected(expected: str | tuple[str, ...]) -> None:
    """Raise ValueError, without the key, unless it says on which days of the week there is data."""
    words, known = ((expected,), list(_EXPECTED)) if isinstance(expected, str) else (expected, _WEEKDAYS)
    wrong = [word for word in words if word not in known]
    if wrong or not words or len(set(words)) < len(words):
        from contract.errors import did_you_mean

        got = expected if isinstance(expected, str) else list(expected)
        listed = ", ".join(f'"{day}"' for day in _WEEKDAYS)
        raise ValueError(
            f'must be "every_day", "weekdays" or a list of {listed}, each once, got {got!r}'
            f"{did_you_mean(wrong[0], known) if wrong else ''}"
        )


def weekdays(expected: str | tuple[str, ...]) -> frozenset[int]:
    """The days of the week that `schedule.expected` names, as `date.weekday` counts them: Monday is 0."""
    if isinstance(expected, str):
        return frozenset(range(_EXPECTED[expected]))
    return frozenset((_WEEKDAYS.index(day) - 1) % 7 for day in expected)


def check_date_format(format_: str | None, kind: str) -> None:
    """Raise ValueError for the format of a column that has no dates, or for one that no date can be read by."""
    if format_ is None:
        return
    if kind != "datetime":
        raise ValueError(f"format must go with type datetime, got type {kind!r}")
    if format_ in _DATE_FORMATS:
        return
    if FORMS in format_:
        for form in format_.split(FORMS):
            if form in _DATE_FORMATS[1:]:
                raise ValueError(f"format must have forms of texts between {FORMS!r}, got {form!r} in {format_!r}")
            check_date_format(form, kind)
        return
    from datetime import datetime

    from contract.errors import did_you_mean

    way_out = f'{", ".join(_DATE_FORMATS)}, or a format of strptime as "%d.%m.%Y %H:%M"'
    if "%" not in format_:
        raise ValueError(f"format must be one of {way_out}, got {format_!r}{did_you_mean(format_, _DATE_FORMATS)}")
    tried = f"{format_} %u" if is_of_weeks(format_) else format_
    try:
        datetime.strptime(datetime.fromisoformat("2026-11-22T09:05Z").strftime(tried), tried)  # noqa: DTZ007 (only tried)
    except ValueError as error:
        raise ValueError(f"format must be one of {way_out}, got {format_!r}: {error}") from None
    parts = {part[0] for part in format_.replace("%%", "").split("%")[1:]}
    clock = parts & set("HI") and parts <= set("HIMSfp")
    if not (clock or parts & set("YycxG")):
        raise ValueError(
            f'format must have the year (%Y or %y), or it names no day, or be of a time of day alone ("%H:%M"), '
            f"got {format_!r}"
        )


def is_of_weeks(format_: str) -> bool:
    """Whether a format names the week without the day: it is the week's Monday then."""
    return "%V" in format_ and not any(day in format_ for day in ("%u", "%w", "%a", "%A"))
