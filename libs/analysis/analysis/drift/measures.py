"""What of a column is compared with the training: its values, or for dates and texts a measure for days of any size.

A date is measured from the start of the day that its row is of: time goes on, so a date itself is always beyond the
training, while how old it is, and at what time of the day, stay what they were. A time of day alone is measured from
the start of its own day. A text is measured by its length, and
by which part of its words the training knew.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from analysis.drift.findings import LEAST_COUNTED, Array, Column
from analysis.rows import Categorical, Text, is_moments

MOST_WORDS = 1000
"""Of a vocabulary, the most frequent ones."""
_WORD = re.compile(r"\w+")
_FEW_WORDS = 2
"""Mean words of a text up to which its characters tell more than they do: names, codes, scripts without breaks."""
_A_DAY = np.timedelta64(1, "D")
_CLOCKS_DAY = np.datetime64("1900-01-01", "us")
"""What strptime takes for the day of a time without one."""


@dataclass(frozen=True)
class Measure:
    """How a column of the training is measured, without counts."""

    column: Column
    """For rows to come."""
    own: Column
    """For the training's own rows: a word is known by other rows than the one that it is in."""


def measures(name: str, values: Array | Categorical) -> list[Measure]:
    """The measures of a column: one, or two for texts."""
    if is_moments(values):
        moments = np.asarray(values)
        given = moments[~np.isnat(moments)]
        clock = len(given) and given.min() >= _CLOCKS_DAY and given.max() < _CLOCKS_DAY + _A_DAY
        dates = Column(name=name, kind="number", counts=[], measure="clock" if clock else "days", of=name)
        return [Measure(dates, dates)]
    if not isinstance(values, Text):
        plain = Column(name=name, kind="category" if isinstance(values, Categorical) else "number", counts=[])
        return [Measure(plain, plain)]
    rows = np.bincount(values.codes + 1, minlength=len(values.categories) + 1)[1:].tolist()
    words = _counted(values.categories, rows, _words)
    by_words = words.total() > _FEW_WORDS * sum(rows)
    counts = words if by_words else _counted(values.categories, rows, _pairs)
    # so few that there are at most MOST_WORDS of them
    least = max(LEAST_COUNTED, 1 + sorted([*counts.values(), *[0] * MOST_WORDS], reverse=True)[MOST_WORDS])
    length = Column(name=f"{name} (length)", kind="number", counts=[], measure="length", of=name)
    known = Column(
        name=f"{name} (known {'words' if by_words else 'characters'})",
        kind="number",
        counts=[],
        measure="words" if by_words else "pairs",
        of=name,
        vocabulary=_least(counts, least),
    )
    return [
        Measure(length, length),
        Measure(known, msgspec.structs.replace(known, vocabulary=_least(counts, least + 1))),
    ]


def measured_as(
    column: Column, values: Array | Categorical, days: Sequence[str], day_of_row: Array
) -> Array | Categorical:
    """The values of a column as it is measured; `days` with the day of each row among them, for dates.

    Raises TypeError for values of another kind than the training's.
    """
    if column.measure is None:
        return values
    if column.measure in ("days", "clock"):
        if not is_moments(values):
            raise TypeError(f"{column.of} must have dates as in the training")
        starts = np.array(days, dtype="datetime64[us]")[day_of_row]
        if column.measure == "clock":
            starts[:] = _CLOCKS_DAY
        return np.asarray((values - starts) / _A_DAY)
    if not isinstance(values, Categorical):
        raise TypeError(f"{column.of} must have texts as in the training")
    if column.measure == "length":
        of_texts = [float(len(text)) for text in values.categories]
    else:
        vocabulary, parts = frozenset(column.vocabulary), _words if column.measure == "words" else _pairs
        of_texts = [_share(parts(text), vocabulary) for text in values.categories]
    # the last one is that of a missing text, which has the code -1
    return np.array([*of_texts, np.nan])[values.codes]


def other_kind(column: Column, type_: str) -> str | None:
    """Why values of an Arrow type, by its name, cannot be measured as those of the training; None when they can."""
    dates, words = type_.startswith("timestamp"), type_.startswith(("string", "large_string", "dictionary"))
    now = "dates" if dates else "words" if words else "numbers"
    before = {None: "numbers", "days": "dates", "clock": "dates"}.get(column.measure, "words")
    if column.kind == "category":
        before = "words"
    return f"it has {now}, and had {before} in the training" if now != before else None


def as_measured(column: Column, binned: Column) -> Column:
    """The bins of measured values under what they are measured by."""
    return msgspec.structs.replace(binned, measure=column.measure, of=column.of, vocabulary=column.vocabulary)


def _counted(texts: list[str], rows: list[int], parts: Callable[[str], set[str]]) -> Counter[str]:
    """Rows by each word that is in them."""
    counts = Counter[str]()
    for text, number in zip(texts, rows, strict=True):
        counts.update(dict.fromkeys(parts(text), number))
    return counts


def _least(counts: Counter[str], least: int) -> list[str]:
    return sorted(word for word, rows in counts.items() if rows >= least)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _pairs(text: str) -> set[str]:
    """Every two characters that follow each other."""
    lower = f" {text.lower()} "
    return {lower[start : start + 2] for start in range(len(lower) - 1)}


def _share(words: set[str], vocabulary: frozenset[str]) -> float:
    return len(words & vocabulary) / len(words) if words else 0.0
