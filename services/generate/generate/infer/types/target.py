"""The task that a target's values ask for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from contract.errors import DataError
from generate.infer.column_stats import ColumnStats
from generate.infer.types.classes import Classes, classes_of
from generate.infer.types.column_schema import ColumnSchema, number_column
from generate.infer.types.kinds import Kind, kind_of

MOST_CLASSES, MOST_FREQUENT = 50, 100
"""Different texts, and those of which each comes `CLASS_ROWS` times in the mean: intents, products, diagnoses."""
CLASS_ROWS = 20
MOST_CLASS_NUMBERS = 20
"""A whole-number target with more different values is a quantity."""
_MOST_SPELLINGS = 500
_MOST_TOLD = 10
FEW_ROWS = 10
"""A class with fewer can hardly be learnt, and not be measured."""
FEW_POSITIVES = 50


@dataclass(frozen=True)
class Target:
    """Task and column of a target."""

    task: Literal["binary", "multiclass", "regression"]
    column: ColumnSchema
    positive: str | None = None
    positives: int = 0
    rejected: int = 0
    """Rows whose label is no class."""


def task_of(file: str, stats: ColumnStats) -> Target:
    """Raises DataError for a column that cannot be predicted."""
    if stats.distinct < 2 and not stats.free:
        raise DataError(
            f"{file}: column {stats.name!r} must have at least two different values to be predicted, "
            f"got {stats.distinct}"
            + ("; what is empty has no label: write a word, such as no, where it is one" if stats.missing else "")
        )
    kind = kind_of(stats)
    if kind.type == "datetime" and stats.distinct > 2:
        raise DataError(
            f"{file}: column {stats.name!r} must be a number or classes to be predicted, got times such as "
            f"{next(iter(stats.levels))!r}; write the time until then as a number, or give another --target"
        )
    numeric = kind.type in ("number", "integer")
    classes = classes_of(stats) if stats.distinct <= _MOST_SPELLINGS else Classes(dict(stats.levels))
    whole = not stats.free and all(_is_whole(word) for word in classes.counts)
    number = len(classes.counts)
    if number == 2 or (whole and number <= MOST_CLASS_NUMBERS) or not numeric:
        words = MOST_FREQUENT if 0 < CLASS_ROWS * number <= stats.given else MOST_CLASSES
        return _classes(file, stats, classes, MOST_CLASS_NUMBERS if whole else words)
    column = number_column(stats, Kind("number"), f"{stats.distinct:,} distinct")
    return Target("regression", replace(column, summary=f"to predict; {column.summary}"))


def _classes(file: str, stats: ColumnStats, classes: Classes, most: int) -> Target:
    if len(classes.counts) > most or stats.free:
        raise DataError(
            f"{file}: column {stats.name!r} must have at most {most} different texts to be predicted, got "
            f"{_instead(stats, classes)}"
        )
    order = list(classes.counts)
    counts = ", ".join(f"{word!r} in {classes.counts[word]:,} rows" for word in order[:_MOST_TOLD])
    counts += f" and {len(order) - _MOST_TOLD} more" if len(order) > _MOST_TOLD else ""
    notes = [f"{spelling!r} is read as {word!r}" for spelling, word in sorted(classes.same.items())]
    for word, like in classes.typos.items():
        looks = f"a typing error of {like!r}" if like else f"no class, there is but one of {stats.given:,}"
        notes.append(f"{word!r} is taken for {looks}: its rows are rejected, or list it in values")
    summary = "; ".join([f"to predict: {counts}", *notes])
    rare = [word for word in order if classes.counts[word] < FEW_ROWS]
    suspicions = [
        f"class {word!r} has only {classes.counts[word]:,} rows: too few to learn or to measure" for word in rare[:5]
    ]
    suspicions += [f"{len(rare) - 5} more classes have fewer than {FEW_ROWS} rows"] if len(rare) > 5 else []
    positive, positives = classes.positive, classes.counts.get(classes.positive or "", 0)
    if positive is not None and FEW_ROWS <= positives < FEW_POSITIVES:
        suspicions.append(
            f"only {positives:,} of {stats.given:,} rows are {positive!r}: a score from so few says little"
        )
    if classes.guessed:
        suspicions.append(f"neither class is clearly the event to predict: {positive!r} was taken, because it is rarer")
    column = ColumnSchema(stats.name, {"type": "category", "values": order}, summary, (*suspicions, *notes))
    task: Literal["binary", "multiclass"] = "binary" if len(order) == 2 else "multiclass"
    return Target(task, column, positive, positives, classes.rejected)


def _instead(stats: ColumnStats, classes: Classes) -> str:
    if stats.dressed > stats.given / 2:
        return (
            f"numbers that cannot be read, such as {stats.odd!r}; see source.decimal, source.thousands and "
            "columns.NAME.unit, or give another --target"
        )
    return f"{'long texts' if stats.free else len(classes.counts)}; give another --target"


def _is_whole(word: str) -> bool:
    try:
        return float(word).is_integer()
    except (ValueError, OverflowError):
        return False
