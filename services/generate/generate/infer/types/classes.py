"""The classes of a target, however people have spelled them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from generate.infer.column_stats import ColumnStats
from generate.infer.types import names

RARE = 0.01
"""Share of a class's rows: so many of another spelling may be typing errors."""
FREQUENT = 50
"""Rows: a word in one row alone is dirt where each class with more has so many."""
_ALIKE = 0.75
"""Of `SequenceMatcher.ratio`: yess is as yes with 0.86, versicolor as virginica with 0.42."""


@dataclass(frozen=True)
class Classes:
    """The classes in their order, with the rows of each, and what becomes of other spellings."""

    counts: dict[str, int]
    same: dict[str, str] = field(default_factory=dict)
    """Spellings that preprocess takes for a class: another case, another word for a truth."""
    typos: dict[str, str] = field(default_factory=dict)
    """Words that are taken for dirt, with the class that they look like ("" for none); their rows are rejected."""
    positive: str | None = None
    """Of two classes, the one that people ask for."""
    guessed: bool = False
    """Neither word says so: `positive` is the rarer one."""
    rejected: int = 0
    """Rows of the typing errors."""


def classes_of(stats: ColumnStats) -> Classes:
    """The classes that a target's values are."""
    spellings = Counter(stats.levels)
    same = _same(spellings)
    counts: Counter[str] = Counter()
    for word, rows in spellings.items():
        counts[same.get(word, word)] += rows
    typos = _typos(counts)
    kept = [word for word in counts if word not in typos]
    order = sorted(kept, key=_number if all(_number(word) is not None for word in kept) else str)  # type: ignore[arg-type]
    positive, guessed = _positive(order, counts) if len(order) == 2 else (None, False)
    return Classes(
        {word: counts[word] for word in order},
        {word: listed for word, listed in same.items() if listed in order},
        typos,
        positive,
        guessed,
        sum(counts[word] for word in typos),
    )


def _same(spellings: Counter[str]) -> dict[str, str]:
    """Spellings and the most frequent one of the same class."""
    truths = {word: names.is_true(word) for word in spellings}
    # t beside f are truths, but T beside A, B and C is a letter
    all_truths = None not in truths.values() and len(set(truths.values())) == 2
    groups: dict[object, list[str]] = {}
    for word in spellings:
        groups.setdefault(truths[word] if all_truths else word.casefold(), []).append(word)
    best = {group: max(sorted(words), key=lambda word: spellings[word]) for group, words in groups.items()}
    return {word: best[group] for group, words in groups.items() for word in words if word != best[group]}


def _typos(counts: Counter[str]) -> dict[str, str]:
    total = sum(counts.values())
    typos: dict[str, str] = {}
    for word in sorted(counts, key=lambda word: (counts[word], word)):
        others = [other for other in counts if other != word and other not in typos]
        if len(others) < 2 or counts[word] > RARE * total:
            continue
        like = max(others, key=lambda other: _likeness(word, other))
        frequent = [counts[other] for other in others if counts[other] > 1]
        few = counts[word] == 1 and counts[like] >= FREQUENT
        if _likeness(word, like) >= _ALIKE and (few or counts[word] <= RARE * counts[like]):
            typos[word] = like
        elif counts[word] == 1 and len(frequent) > 1 and min(frequent) >= FREQUENT:
            typos[word] = ""
    return typos


def _likeness(word: str, other: str) -> float:
    """From 0 to 1; numbers are not alike, 10 and 11 are two."""
    if _number(word) is not None:
        return 0.0
    return SequenceMatcher(None, word.casefold(), other.casefold()).ratio()


def _positive(order: list[str], counts: Counter[str]) -> tuple[str, bool]:
    first, second = order
    numbers = {_number(first), _number(second)}
    if None not in numbers:
        if 1.0 in numbers and numbers & {0.0, -1.0}:
            return (first if _number(first) == 1 else second), False
    elif (event := names.is_event(first, second)) is not None:
        return (first if event else second), False
    return min(order, key=lambda word: counts[word]), True


def _number(word: str) -> float | None:
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
