"""What a person should look at in a column of texts or times."""

from __future__ import annotations

import re
from datetime import date
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from contract.texts.dates import DateForm
from generate.infer.column_stats import ColumnStats
from generate.infer.types import names
from generate.infer.types.dates import NAMED_COMPACT
from generate.infer.types.kinds import MOST_LEVELS, epoch_unit, time_like

NOT_READ = "but not in a form that is known: write them as YYYY-MM-DD HH:MM, a quarter or a week as its first day"
_MOST = 0.8
"""Share of the values: if so many look like something, they are meant to be that."""
_AGAIN = 5
_FEW = 5
"""Different values: as few are categories, whatever they look like."""
_LOOKED_AT, _MANY = 200, 5_000
_YEARS_TO_COME = 15
_FEWEST_MONTHS = 6
"""Different numbers of six digits that are all months, as 202611 is."""
_EXCELS_SPAN = 5_500
"""Days, 15 years: numbers further from each other are days only where their name says so, and are asked about then."""
_DAYS_OF_A_YEAR = 366
# where programs begin or end to count, or an empty survey ends
_YEAR = r"(?:0001|1601|1753|1899|1900|1970|1980)"
_END = re.compile(
    rf"9999|\b{_YEAR}[-/.](?:0?1[-/.]0?1|12[-/.]3[01])\b|\b(?:0?1[-/.]0?1|3[01][-/.]12|12[-/.]3[01])[-/.]{_YEAR}\b"
    r"|\b19000101\b"
)
_MEASURE = re.compile(
    r"\d+\s?(?:d|days?|tage?|h|hrs?|std\.?|hours?)\s?\d+\s?(?:m|min|mins?|h|hrs?|std\.?)?\b.*|P(?:\d+[YMWD])*(?:T(?:\d+[HMS])+)?"
    r"|\d+\s?(?:m|min|mins?)\.?\s?\d+\s?(?:s|sek|secs?)\.?|.*\d\s?\N{DEGREE SIGN}\s?\d.*|\d+\s?['\u2032\u2019]\s?\d*.*"
    r"|(?:\d+\s)?\d+/\d+|\d+ (?:out of|of|von|sur|de) \d+|\d+:\d\d\s?/.*",
    re.IGNORECASE,
)
"""1h 20m, PT1H20M, 52\N{DEGREE SIGN}31'N, 5'11", 3/4: one number in several parts."""
_JSON = re.compile(r"\{.*:.*\}|\[.*\{.*\}.*\]", re.DOTALL)


def ends_of_time(stats: ColumnStats) -> list[tuple[str, int]]:
    """Moments that programs write where there is none, with their rows."""
    ends = [level for level in stats.levels if stats.levels[level] >= _AGAIN and _END.search(level)]
    return [(level, stats.levels[level]) for level in ends[:3]]


def times_of(stats: ColumnStats) -> str | None:
    """The format by which numbers whose name suggests no times could still be times."""
    if stats.distinct >= _FEWEST_MONTHS and "%Y%m" in stats.dates.best(stats.given):
        return "%Y%m"
    if stats.distinct <= MOST_LEVELS:
        return None
    days = [name for name in stats.dates.best(stats.given) if name in NAMED_COMPACT]
    unit = epoch_unit(stats)
    if unit == "excel_days" and stats.high - stats.low > _EXCELS_SPAN:
        unit = None  # as salaries are
    return unit or (days[0] if days else None)


def of_excels_days(stats: ColumnStats, written: str) -> list[str]:
    """What is said of numbers that are days by their name, and may as well be amounts."""
    near = stats.high - stats.low <= _EXCELS_SPAN
    if written != "excel_days" or (near and stats.wholes == stats.given):
        return []
    some = next(iter(stats.levels), stats.odd)
    read = f"is read as days since 1899-12-30, as spreadsheets count them, only because of its name, such as {some!r}"
    return [f'{read}: if it is an amount, write type = "number" without a format']


def of_a_century(stats: ColumnStats, written: str) -> list[str]:
    """What is said of years of two digits that are read as years to come."""
    if "%y" not in written:
        return []
    levels = pa.array([level for level, _ in zip(stats.levels, range(_MANY), strict=False)], pa.string())
    moments = DateForm(written, "UTC").moments(levels)
    late = pc.greater(pc.year(moments), date.today().year + _YEARS_TO_COME).fill_null(False)  # noqa: DTZ011, FBT003
    read = zip(levels.filter(late).to_pylist(), moments.filter(late).to_pylist(), strict=True)
    why = "two digits do not say which century: 00 to 68 are read as 2000 on"
    return [
        f"{level!r} is read as {moment:%Y}: {why}; if it was before, write years with four digits"
        for level, moment in islice(read, 1)
    ]


def of_categories(stats: ColumnStats) -> tuple[str, ...]:
    """What is said of words that a model takes for words."""
    return (
        *(_like_times(stats) or of_a_day(stats)),
        *_like_measures(stats),
        *of_one_each(stats),
        *_spellings(stats),
    )


def of_one_each(stats: ColumnStats) -> tuple[str, ...]:
    """What is said of values that come once, with gaps between them."""
    if stats.free or stats.distinct < 2 or stats.distinct != stats.counted or 2 * stats.missing < stats.rows:
        return ()
    where = f"has a value in {stats.given:,} of {stats.rows:,} rows, each once, as merged cells leave it"
    return (f"{where}: if a value is that of the rows below it as well, fill them",)


def of_a_day(stats: ColumnStats) -> tuple[str, ...]:
    """What is said of a column that is named like a day and is read as something else."""
    if not names.is_date(stats.name) or (stats.numbers == stats.given and stats.high <= _DAYS_OF_A_YEAR):
        return ()
    some = next(iter(stats.levels), stats.odd)
    if not any(map(str.isdigit, some)):
        return ()  # a day of the week
    return (f"is named like a day but is not read as one, such as {some!r}: if it is one, write it as YYYY-MM-DD",)


def _like_times(stats: ColumnStats) -> tuple[str, ...]:
    """What is said of words that are times, which a model takes for words: each later one is new to it."""
    if 2 * time_like(stats) <= stats.given:
        return ()
    return (f"looks like times, such as {stats.odd!r}, {NOT_READ}",)


def _like_measures(stats: ColumnStats) -> tuple[str, ...]:
    """What is said of measures in several parts, and of structures: as categories each is another word."""
    some = [level for level, _ in zip(stats.levels, range(_LOOKED_AT), strict=False)]
    if len(some) <= _FEW:
        return ()
    if sum(_JSON.fullmatch(level) is not None for level in some) > _MOST * len(some):
        return (f"holds JSON, such as {some[0][:50]!r}: write each of its values into a column of its own",)
    if sum(any(mark.isdigit() and not mark.isascii() for mark in level) for level in some) > _MOST * len(some):
        return (f"holds digits of another script, such as {some[0][:50]!r}, taken for words: write them as 0 to 9",)
    if sum(_MEASURE.fullmatch(level) is not None for level in some) > _MOST * len(some):
        return (
            f"holds measurements in several parts, such as {some[0]!r}, taken for words: write a number of one unit",
        )
    return ()


def _spellings(stats: ColumnStats) -> tuple[str, ...]:
    """Categories that differ in upper and lower case alone."""
    folded: dict[str, list[str]] = {}
    for level in stats.levels if stats.distinct <= 10_000 else ():
        folded.setdefault(level.casefold(), []).append(level)
    several = [sorted(levels) for levels in folded.values() if len(levels) > 1]
    if not several:
        return ()
    words = " and ".join(map(repr, several[0][:3]))
    more = f", and {len(several) - 1} more such pairs" if len(several) > 1 else ""
    return (f"{words} are two categories, which differ only in upper and lower case{more}: write them alike",)
