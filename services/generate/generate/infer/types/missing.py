"""Which words stand for a missing value in a table, and which of the usual ones are values here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from generate.infer.column_stats import MISSING, MOST_WORDS, ColumnStats
from generate.infer.types.kinds import TOLERATED, kind_of
from generate.infer.types.names import NO_LABEL, NOTHING

_LONGEST = 12
"""Characters of a word that nobody knows to mean a missing value."""
_MOST_UNUSUAL = 2
_SHARE = 0.2
"""Share of a column's values: an unusual word that is more frequent is a value of its own."""
FREQUENT = 0.1
"""Share of a column's rows: `None` as often as that is a category."""
FEW_NUMBERS, FEWEST_NUMBERS = 10, 21
"""Different ones, beside a word that is not usual: with fewer the column may be a category of numbers and words, and
between the two it is one where the word comes more than `_SELDOM`."""
_SELDOM = 0.05
_MOST_CLASSES = 200


@dataclass(frozen=True)
class Missing:
    """The texts that stand for a missing value, and why they differ from the usual ones."""

    values: tuple[str, ...] = MISSING
    notes: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether pipeline.toml has to say them."""
        return self.values != MISSING


def settle(columns: Sequence[ColumnStats], target: str) -> Missing:
    """Find them, and count the columns' values by them."""
    values, notes = list(MISSING), []
    for word in MISSING:
        if (note := _is_value(word, columns, target)) is not None:
            values.remove(word)
            notes.append(note)
            for stats in columns:
                stats.with_(word)
    for stats in columns:
        for word in _stand_ins(stats):
            if word in values:
                continue
            if (where := _elsewhere(word, stats, columns, target)) is not None:
                notes.append(
                    f"{word!r} in column {stats.name!r} is no number, but a value of {where!r}: its rows are rejected"
                )
                continue
            values.append(word)
            notes.append(
                f"{word!r} in {stats.words[word]:,} rows of {stats.name!r}, where all others are {_what(stats)}"
            )
            _take_out(word, columns)
    for word in _no_label(next(stats for stats in columns if stats.name == target), values):
        values.append(word)
        rows = sum(stats.levels[word] for stats in columns if stats.name == target)
        notes.append(f"{word!r} in {rows:,} rows of {target!r} is taken for a label that is missing, not for a class")
        _take_out(word, columns)
    return Missing(tuple(values), tuple(notes))


def _take_out(word: str, columns: Sequence[ColumnStats]) -> None:
    for stats in columns:
        stats.without(word)


def _no_label(stats: ColumnStats, known: Sequence[str]) -> list[str]:
    """The marks among a target's classes, beside two others that are none."""
    marks = [word for word in stats.levels if word.casefold() in NO_LABEL]
    one = len(marks) == 1 and marks[0] not in known
    return marks if one and 2 <= stats.distinct - 1 <= _MOST_CLASSES else []


def _is_value(word: str, columns: Sequence[ColumnStats], target: str) -> str | None:
    """Why one of the usual words is a value in this table; None where it is missing as everywhere."""
    holders = [stats for stats in columns if stats.stand_ins.get(word)]
    if not word or any(kind_of(stats).type != "text" and stats.given for stats in holders):
        return None  # beside numbers it can mean nothing else
    for stats in holders:
        codes = [level for level in stats.levels if re.fullmatch(r"[A-Z]{2}", level)]
        if word == "NA" and len(codes) >= 5 and len(codes) >= 0.98 * stats.distinct:
            return f"'NA' in {stats.stand_ins[word]:,} rows of {stats.name!r} is a code of two letters like the others"
        frequent = stats.stand_ins[word] >= FREQUENT * stats.rows / (2 if stats.name == target else 1)
        if word == "None" and 0 < stats.distinct <= 20 and frequent:
            return f"'None' in {stats.stand_ins[word]:,} of {stats.rows:,} rows of {stats.name!r} is a value of its own"
    return None


def _stand_ins(stats: ColumnStats) -> list[str]:
    """The words without which a column would be one of numbers or of times."""
    measured = max(stats.numbers, stats.datetimes, stats.dates.dates)
    if len(stats.words) > MOST_WORDS or not stats.words or 2 * measured < stats.given:
        return []
    words = [word for word, _ in stats.words.most_common() if _usual(word)]
    others = [word for word, rows in stats.words.most_common() if not _usual(word) and _may_be(word, rows, stats)]
    if FEW_NUMBERS < stats.distinct < FEWEST_NUMBERS:
        others = [word for word in others if stats.words[word] <= _SELDOM * stats.given]
    words += others[:_MOST_UNUSUAL] if stats.distinct > FEW_NUMBERS else []
    left = stats.given - measured - sum(stats.words[word] for word in words)
    return words if left <= TOLERATED * stats.given else []


def _usual(word: str) -> bool:
    return word.casefold() in NOTHING or word[0] == "0"


def _may_be(word: str, rows: int, stats: ColumnStats) -> bool:
    return len(word) <= _LONGEST and 1 < rows <= _SHARE * stats.given


def _elsewhere(word: str, stats: ColumnStats, columns: Sequence[ColumnStats], target: str) -> str | None:
    """A column of texts that has the word as a value: a target's class is one, even if it is a mark."""
    letters = any(character.isalpha() for character in word) and word.casefold() not in NOTHING - {"none"}
    for other in columns:
        rows = other.levels.get(word, 0)
        own = _is_class(rows, other) if other.name == target else letters and rows > 0
        if other is not stats and own and kind_of(other).type == "text":
            return other.name
    return None


def _is_class(rows: int, stats: ColumnStats) -> bool:
    """Whether a target has a word as a class, as + and - may be; one in hardly any row stands for no label."""
    return rows >= FREQUENT / 2 * stats.given


def _what(stats: ColumnStats) -> str:
    return "numbers" if stats.numbers >= stats.given / 2 else "times"
