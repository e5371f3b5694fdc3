"""What a column's values are, but for a little dirt: the type, and whether they name rows or things."""

from __future__ import annotations

import re
from dataclasses import dataclass

from contract.config.when import FORMS
from generate.infer.column_stats import ColumnStats
from generate.infer.types import names
from generate.infer.types.dates import COMPACT, NAMED_COMPACT

MOST_LEVELS = 50
"""A column with more different texts may be one of names."""
FEWEST_THINGS = 10
"""Fewer of them cannot be told from categories."""
TOLERATED = 0.02
"""The fraction of values that may break the rule of a type, as dirt: preprocess rejects their rows."""
_KEYLESS = 0.001
"""The fraction of rows that may lack a key that is named like one: preprocess rejects them."""
FEWEST_NUMBERED = 10
"""Rows: fewer numbers in a row are no numbering."""

_LONGEST_KEY = 64
"""Characters on the average, as many as a hash has; longer texts were not made to be a key."""
# Chinese, Japanese, Thai and the like
_MEASURE = re.compile(r"\d[.,]\d|^\d{1,3}/\d{1,3}$")
_PARTED = re.compile(r"^[\d.,]+\s?[(*]|\d[A-Za-z]{0,3}[^\w]+[A-Za-z]?\d|^\W*[\d.,]+\s?[A-Za-z]{1,2}$")
"""Digits in several parts, or with a unit."""
_LISTS = ((re.compile(r"\s*[,;|]\s*"), 1.5), (re.compile(r"[\s,;|]+"), 3.0))
"""What parts the items of a list, and so many of them in the mean cell tell that it is one."""
_BRACKETS = str.maketrans("", "", "[]{}\"'")
_COMBINED, _WELL_KNOWN = 4, 10
"""Times as many lists as items; rows of each list from which on it needs no items to be told."""
_UNSPACED = re.compile("[\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")

# seconds of 1990 and of 2060: what is older or later is an amount, a phone number or a code
_EPOCH = (631_152_000, 2_840_140_800)
_EPOCHS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000, "epoch_ns": 1_000_000_000}
"""Of a second."""
_FEWEST_DAYS = 15
"""Different days of the month that tell them from years."""
_EXCELS = (32_874, 58_440)
"""The same years in days, as Excel counts them."""


@dataclass(frozen=True)
class Kind:
    """A column's type; for times, their format, and another one that the data allows as well."""

    type: str
    """number, integer, datetime or text."""
    format: str | None = None
    """As `columns.NAME.format` says it; None for a datetime is ISO 8601."""
    alternative: str | None = None
    strays: int = 0
    """Values that are no times in that format."""


def kind_of(stats: ColumnStats) -> Kind:
    """The type that the values have but for a little dirt."""
    enough = (1 - TOLERATED) * stats.given
    if not stats.given:
        return Kind("text")
    if (moment := _moment(stats, enough)) is not None:
        return moment
    if stats.datetimes >= enough:
        return Kind("datetime", strays=stats.given - stats.datetimes)
    if stats.numbers < enough or 1000 * stats.codes >= stats.given:
        return Kind("text")
    counts = names.is_count(stats.name) and stats.integers == stats.given and not stats.floating and stats.low >= 0
    return Kind("integer" if counts else "number")


def _moment(stats: ColumnStats, enough: float) -> Kind | None:
    """The format of times, where the values can hardly be anything else."""
    if stats.numbers >= enough:
        return _counted(stats, enough)
    forms = stats.dates.forms(enough)
    if forms is None:
        return None
    written, other = forms.format if forms.format != "iso" else None, forms.alternative
    by_day, by_year = sorted((written or "", other or ""), key=lambda name: name[:2])
    if (by_day[:2], by_year[:2]) == ("%d", "%y") and (place := _year_place(stats)) is not None:
        written, other = (by_day if place == "last" else by_year), None
    return Kind("datetime", written, other, stats.given - forms.read)


def _year_place(stats: ColumnStats) -> str | None:
    """Whether the first or the last of three numbers is the year: there are fewer of them than of days."""
    parts = [re.split(r"\D+", level)[:3] for level, _ in zip(stats.levels, range(1_000), strict=False)]
    first, last = ({part[place] for part in parts} for place in (0, -1))
    if max(len(first), len(last)) < _FEWEST_DAYS or 3 * min(len(first), len(last)) > max(len(first), len(last)):
        return None
    return "last" if len(last) < len(first) else "first"


def _counted(stats: ColumnStats, enough: float) -> Kind | None:
    """The format of times that are written as numbers."""
    named = names.is_time(stats.name)
    if (unit := epoch_unit(stats)) is not None and (names.is_date(stats.name) if unit == "excel_days" else named):
        return Kind("datetime", unit, strays=stats.given - stats.numbers)
    formats = [name for name in stats.dates.best(enough) if name in COMPACT or (name == "%m.%Y" and stats.codes)]
    # six digits are a month by chance in one case of eight, eight are a day in one of thirty
    told = named or (formats[:1] != ["%Y%m"] and stats.distinct >= 3)
    if not formats or not told:
        formats = [name for name in stats.dates.best(enough) if name in NAMED_COMPACT and named]
    if not formats:
        forms = stats.dates.forms(enough)
        if forms is None or not set(forms.format.split(FORMS)) <= set(COMPACT[:3]):
            return None
        return Kind("datetime", forms.format, None, stats.given - forms.read)
    return Kind(
        "datetime", formats[0], formats[1] if formats[1:] else None, stats.given - stats.dates.matched[formats[0]]
    )


def epoch_unit(stats: ColumnStats) -> str | None:
    """The unit in which numbers would be times of our days, counted from 1970, or as Excel counts days."""
    for name, factor in _EPOCHS.items():
        if _EPOCH[0] * factor <= stats.low and stats.high <= _EPOCH[1] * factor:
            return name
    return "excel_days" if _EXCELS[0] <= stats.low and stats.high <= _EXCELS[1] else None


def numbers_rows(stats: ColumnStats) -> bool:
    """Whether the column only numbers the rows, as pandas' index does: neither a key nor a feature."""
    if names.is_index(stats.name):
        return stats.wholes == stats.given
    counted = stats.consecutive and stats.rows >= FEWEST_NUMBERED
    return counted and (
        names.is_row_number(stats.name) or not (names.is_id(stats.name) or names.is_calendar(stats.name))
    )


def is_whole(stats: ColumnStats) -> bool:
    """Whether all values are whole numbers; ids become floats as soon as pandas saves them with a missing one."""
    return stats.wholes == stats.given and not stats.codes


def identifies(stats: ColumnStats) -> bool:
    """Whether the values tell rows apart and look made for it; a repeated row now and then is dirt."""
    kind = kind_of(stats).type
    # a line of totals has no id, and must not cost a table the key that is there to find such things
    lacking = stats.missing > _KEYLESS * stats.rows or (not names.is_id(stats.name) and stats.missing)
    if not stats.name.strip() or lacking or stats.free or stats.spaced or kind == "datetime":
        return False
    # a day or a place may be another one in each row of a sample, and comes again tomorrow
    if numbers_rows(stats) or names.is_date(stats.name) or names.is_place(stats.name):
        return False
    unique = stats.distinct / max(stats.counted, 1)
    if names.is_id(stats.name):
        return (kind == "text" or is_whole(stats)) and unique >= 1 - TOLERATED
    short = stats.characters <= _LONGEST_KEY * stats.texts and not is_unspaced(stats)
    marked = max(stats.dressed, time_like(stats)) >= stats.given / 2
    return kind == "text" and unique == 1 and not marked and short and not _measures(stats)


def time_like(stats: ColumnStats) -> int:
    """How many values are times in some form, or look like some."""
    return max(stats.date_like, stats.dates.dates)


def _measures(stats: ColumnStats) -> bool:
    """Whether the texts are made of numbers with a fraction or of several, as amounts, places and addresses are."""
    some = [level for level, _ in zip(stats.levels, range(100), strict=False)]
    return sum(bool(_MEASURE.search(level)) for level in some) > len(some) / 2


def parted_numbers(stats: ColumnStats) -> bool:
    """Whether the texts are digits more than letters, and not in one piece as ids are: 120/80, 48.1, 11.5, 2025-W07."""
    some = [level for level, _ in zip(stats.levels, range(100), strict=False)]
    parted = [level for level in some if _PARTED.search(level) and 2 * sum(map(str.isalpha, level)) < len(level)]
    return len(parted) > len(some) / 2 and not names.is_id(stats.name) and not names.is_called(stats.name)


def listed_items(stats: ColumnStats) -> int | None:
    """How many items the lists in the texts have, as in answers with several boxes (`ski, run`); None for no lists.

    A list is another value with each item, so that most come seldom, while the items come again and again.
    """
    if stats.free or stats.given >= _WELL_KNOWN * stats.distinct or names.is_called(stats.name):
        return None
    lists = [level.translate(_BRACKETS) for level, _ in zip(stats.levels, range(5_000), strict=False)]
    for mark, least in _LISTS:
        parts = [part for text in lists for part in mark.split(text) if part]
        if len(parts) >= least * len(lists) and len(lists) >= _COMBINED * len(set(parts)):
            return len(set(parts))
    return None


def is_unspaced(stats: ColumnStats) -> bool:
    """Whether the texts are of a writing that puts no blanks between words."""
    some = [level for level, _ in zip(stats.levels, range(100), strict=False)]
    return sum(bool(_UNSPACED.search(level)) for level in some) > len(some) / 2


def comes_back(stats: ColumnStats) -> bool:
    """Whether the values look like names of things with several rows each, and not like a category of things."""
    if not stats.name.strip() or stats.free or stats.spaced or stats.given <= stats.rows / 2 or numbers_rows(stats):
        return False
    if stats.distinct >= (1 - TOLERATED) * stats.counted or stats.distinct < FEWEST_THINGS:
        return False
    kind = kind_of(stats).type
    named = names.is_id(stats.name) or names.is_owner(stats.name, whole=True)
    if kind == "text":
        things = named or (stats.distinct > MOST_LEVELS and listed_items(stats) is None)
        return things and stats.dressed < stats.given / 2
    return named and kind != "datetime" and is_whole(stats)
