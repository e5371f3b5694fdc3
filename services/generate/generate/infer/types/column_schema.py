"""Decide what one column is in pipeline.toml, and say why. Tomorrow's honest values must pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from generate.infer.column_stats import LONGEST, ColumnStats
from generate.infer.types import kinds, names
from generate.infer.types.dates import other_order
from generate.infer.types.doubts import (
    NOT_READ,
    ends_of_time,
    of_a_century,
    of_a_day,
    of_categories,
    of_excels_days,
    of_one_each,
    times_of,
)
from generate.infer.types.extremes import far_from_the_rest
from generate.infer.types.kinds import MOST_LEVELS, Kind, comes_back, kind_of, numbers_rows

TYPICAL_ROWS = 2
"""Per value: with fewer most values come once, and what comes once teaches nothing about another row."""
_WORDS_OF_A_TEXT = 5
_WORDS_OF_A_TITLE = 3
_MOST = 0.8
"""Share of the values: if so many look like numbers or times, they are meant to be."""
_BOUNDS = ("?", "<", ">", "~", "≤", "≥", "≈", "+", "*")
_FEWEST_TICKS, _TICKED = 5, 0.01
"""Rows, and the fraction of all, that must have the one value of a column, and be without it: fewer are a remark."""
_LONG = 50
"""Characters: texts that are as long are not what things are called."""
_UNSPACED_TEXT = 6
"""Characters of a writing without blanks: fewer are a name."""


@dataclass(frozen=True)
class ColumnSchema:
    """A column's table in pipeline.toml, and what is said about it."""

    name: str
    settings: dict[str, Any]
    summary: str
    """Summary of its values, for the comment above it."""
    suspicions: tuple[str, ...] = ()
    """What a person should look at."""
    instead: tuple[str, ...] = ()
    """Lines that could stand in its place, as comments."""
    cost: str = ""
    """What may be lost where no model sees it."""
    rejected: int = 0
    """Rows whose value breaks the rules."""

    @property
    def ignored(self) -> bool:
        """Whether no model sees it."""
        return self.settings.get("role") == "ignore"


def key_column(stats: ColumnStats) -> ColumnSchema:
    """The schema of the column that tells rows apart."""
    repeated = stats.counted - stats.distinct
    summary = f"the key: {stats.distinct:,} distinct in {stats.counted:,} rows"
    if repeated:
        summary += "; of rows with the same key on one day only the first is kept"
    told = (f"is the key, and {stats.missing:,} of {stats.rows:,} rows have none: they are rejected",)
    suspicions = told if stats.missing else ()
    return ColumnSchema(stats.name, {"type": "text", "role": "ignore"}, summary, suspicions=suspicions)


def group_column(stats: ColumnStats) -> ColumnSchema:
    """The schema of the column that says which entity a row belongs to."""
    summary = f"what a row belongs to: {stats.distinct:,} in {stats.counted:,} rows"
    return ColumnSchema(stats.name, {"type": "text", "role": "ignore"}, summary)


def column_of(stats: ColumnStats) -> ColumnSchema:
    """The schema of any other column."""
    kind, summary = kind_of(stats), _summary(stats)
    if (useless := _useless(stats, kind, summary)) is not None:
        why, cost = useless
        settings = {"type": kind.type, "role": "ignore"} | dict(_format(kind))
        return ColumnSchema(stats.name, settings, why, cost=cost)
    if stats.distinct == 1:
        settings = {"type": "category"}
        return ColumnSchema(stats.name, settings, f"{summary}: {next(iter(stats.levels))[:50]!r} or nothing")
    if kind.type == "datetime":
        return _datetime(stats, kind, summary)
    if kind.type == "text":
        return _text(stats, summary)
    return number_column(stats, kind, summary)


def _useless(stats: ColumnStats, kind: Kind, summary: str) -> tuple[str, str] | None:
    """Why a column of any type says nothing about a row, and what that may cost."""
    if not stats.given:
        return "empty in every row", "nothing, as long as it is empty"
    if stats.distinct == 1 and not _is_flag(stats):
        return f"always {next(iter(stats.levels))[:50]!r}", "nothing, as long as it is the same"
    if numbers_rows(stats):
        why = "numbers the rows, as programs do when they save a table: it says nothing about them"
        return why, "nothing, unless the order of the rows says something"
    if names.is_id(stats.name) and stats.distinct > MOST_LEVELS and kind.type != "datetime":
        again = "; does it say what a row belongs to? Then name it as table.group" if comes_back(stats) else ""
        why = f"{summary}; it names a thing, which says nothing about a new one{again}"
        return why, "what is known about things that come again"
    return None


def _is_flag(stats: ColumnStats) -> bool:
    """Whether a column with one value says something by it: X or nothing, as surveys and SAP tick a box."""
    return not stats.free and min(stats.given, stats.missing) >= max(_FEWEST_TICKS, _TICKED * stats.rows)


def number_column(stats: ColumnStats, kind: Kind, summary: str) -> ColumnSchema:
    """The schema of numbers. A bound comes from the name, not from the sample: the summer has no frost."""
    settings: dict[str, Any] = {"type": kind.type} | ({"unit": stats.unit} if stats.unit else {})
    if stats.low >= 0 and (names.is_count(stats.name) or names.is_amount(stats.name)):
        settings["min"] = 0
    summary += f", {stats.low:g} to {stats.high:g}"
    if stats.unit in _BOUNDS:
        summary += f"; with {stats.unit!r} or without, 5 is 5"
    if strays := stats.given - stats.numbers:
        summary += f"; {strays:,} rows are rejected, they hold no number: {stats.odd!r}"
    suspicions = []
    if (extreme := far_from_the_rest(stats)) is not None:
        value, rows, end = extreme
        suspicions.append(
            f"{value} in {rows:,} rows is far from all other values, which end at {end}: if it stands for a missing "
            f'value, add "{value}" to table.missing_values'
        )
    if stats.wholes == stats.given and (form := times_of(stats)) is not None:
        suspicions.append(f'could be times: then write type = "datetime" and format = "{form}"')
    else:
        suspicions.extend(of_a_day(stats))
    return ColumnSchema(stats.name, settings, summary, tuple(suspicions), rejected=strays)


def _datetime(stats: ColumnStats, kind: Kind, summary: str) -> ColumnSchema:
    settings = {"type": "datetime"} | dict(_format(kind))
    summary += f", written as {kind.format}" if kind.format else ", as YYYY-MM-DD"
    if kind.strays:
        summary += f"; {kind.strays:,} rows are rejected, they hold no time in that form"
    doubts = [f"{level!r} in {rows:,} rows may stand for no time at all" for level, rows in ends_of_time(stats)]
    doubts += [*of_a_century(stats, kind.format or "iso"), *of_excels_days(stats, kind.format or "iso")]
    if kind.alternative is None:
        return ColumnSchema(stats.name, settings, summary, tuple(doubts), rejected=kind.strays)
    which = "month" if other_order(kind.format or "") == kind.alternative else "year"
    doubts.append(f"day or {which} first? No value tells: {next(iter(stats.levels))!r} is read as {kind.format}")
    other = (f'format = "{kind.alternative}"',)
    return ColumnSchema(stats.name, settings, summary, tuple(doubts), other, rejected=kind.strays)


def _text(stats: ColumnStats, summary: str) -> ColumnSchema:
    many = stats.distinct > MOST_LEVELS or stats.free
    if many and max(stats.dressed, kinds.time_like(stats)) > _MOST * stats.given:
        return _unread(stats, summary)
    if (words := _words_of_text(stats, many=many)) is not None:
        return ColumnSchema(stats.name, {"type": "text"}, f"{summary}: {words} each", of_categories(stats))
    if stats.free:
        most = "among others of a word or two" if stats.spaced else "without blanks"
        why = f"values of more than {LONGEST} characters {most} are no text to read"
        return _ignored(stats, why, cost="what a program would read in it")
    if stats.distinct <= MOST_LEVELS / 2 or stats.given >= TYPICAL_ROWS * stats.distinct:
        return ColumnSchema(stats.name, {"type": "category"}, summary, of_categories(stats))
    if kinds.parted_numbers(stats):
        doubt = f"holds digits in a form that is no number, date or category, such as {stats.odd!r}"
        why = f"{summary}; several numbers in one, or with marks that are not known"
        return _ignored(
            stats, why, f"{doubt}: write numbers alone, each in a column of its own", cost="all it measures"
        )
    why = f"{summary}; nearly every row has another one, as names do: too many for a category"
    doubts = (*of_a_day(stats), *of_one_each(stats))
    return _ignored(stats, why, *doubts, cost='what its words have in common: type = "text" would find it')


def _words_of_text(stats: ColumnStats, *, many: bool) -> str | None:
    """What the texts are that a column holds; None where it holds names or categories."""
    words, characters = stats.parts / max(stats.texts, 1), stats.characters / max(stats.texts, 1)
    if many and kinds.is_unspaced(stats) and characters >= _UNSPACED_TEXT:
        return f"text of about {characters:.0f} characters"
    # where one has 200 characters and blanks they are not what things are called, and how often each comes is not known
    few = _WORDS_OF_A_TITLE if stats.free else _WORDS_OF_A_TEXT
    long = many and stats.spaced and (words >= few or characters >= _LONG)
    once = stats.distinct > MOST_LEVELS / 2 and stats.given < TYPICAL_ROWS * stats.distinct
    title = once and words >= _WORDS_OF_A_TITLE and not names.is_called(stats.name)
    if long or title:
        return f"text of about {words:.0f} words"
    items = kinds.listed_items(stats) if many else None
    return f"some of {items:,} words in" if items is not None else None


def _unread(stats: ColumnStats, summary: str) -> ColumnSchema:
    if kinds.time_like(stats) >= stats.dressed:
        doubt = f"looks like times, {NOT_READ}"
        return _ignored(stats, f"{summary}; such as {stats.odd!r}", doubt, cost="all that the time says")
    why = f"{summary}; numbers with marks or a unit that are not known, such as {stats.odd!r}"
    keys = "source.decimal, source.thousands and columns.NAME.unit, or write plain numbers of one unit"
    doubt = f"most values hold a number, but none that can be read: see {keys}"
    return _ignored(stats, why, doubt, cost="all that it measures")


def _summary(stats: ColumnStats) -> str:
    if stats.free:
        return f"{stats.missing:,} of {stats.rows:,} missing" if stats.missing else "long values"
    summary = f"{stats.distinct:,}{'' if stats.counted == stats.given else ' or more'} distinct"
    return f"{stats.missing:,} of {stats.rows:,} missing, {summary}" if stats.missing else summary


def _format(kind: Kind) -> tuple[tuple[str, str], ...]:
    return (("format", kind.format),) if kind.format else ()


def _ignored(stats: ColumnStats, why: str, *suspicions: str, cost: str) -> ColumnSchema:
    return ColumnSchema(stats.name, {"type": "text", "role": "ignore"}, why, suspicions, cost=cost)
