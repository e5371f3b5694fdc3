"""The pipeline.toml of a history: what its actions edit, and how it is written."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

FIRST = date(2026, 1, 1)
WORDS = {"yn": ("no", "yes"), "other": ("no", "yes"), "level": ("low", "mid", "high"), "grade": ("1", "2", "3")}
"""The targets whose values are words; `spend` is a number, `grade` may be both."""
TARGETS = (*WORDS, "spend")
TASKS = {
    "yn": ("binary", "multiclass"),
    "other": ("binary",),
    "level": ("multiclass",),
    "grade": ("multiclass", "regression"),
    "spend": ("regression",),
}
IDENTITIES = ("id", "account", "customer")
"""Each row's own, twice, and whose it is."""


def day_of(number: int) -> str:
    """The day with a number, from 0."""
    return (FIRST + timedelta(days=number)).isoformat()


@dataclass(frozen=True)
class Settings:
    """What may be edited; the rest of the file is always the same."""

    key: str | None = "id"
    group: str | None = None
    target: str = "yn"
    task: str = "binary"
    positive: str = "yes"
    classes: tuple[tuple[str, tuple[str, ...]], ...] = tuple(WORDS.items())
    numeric_code: bool = False
    """The column `code`, whose words are digits, is a number."""
    whole_a: bool = False
    """The column `a` is of type integer."""
    least_b: float | None = None
    region: bool = False
    """The column `region` is a feature; else it is ignored."""
    test_fraction: float = 0.3
    missing: tuple[str, ...] = ()
    """Words for a missing value beside the usual ones."""
    window: int = 2
    delay: int = 0
    test_days: int | None = None
    slices: tuple[str, ...] = ()
    slice_margin: float = 1.0
    least_slice: int = 5
    least_rows: int = 5
    most_error: float | None = None
    """Of the probabilities."""
    minimum: float | None = None
    margin: float = 0.3
    require: str = "not_worse"
    manual: bool = False
    threshold: float | None = None
    form: str = "parquet"
    resamples: int = 99
    twin: bool = False
    """There is a second candidate that never wins: another training, of the same file."""

    def words_of(self, target: str) -> tuple[str, ...]:
        """The classes that pipeline.toml lists for a target."""
        return dict(self.classes)[target]

    def with_threshold(self, threshold: float | None) -> Settings:
        """The same with another threshold: that of a model's training."""
        return replace(self, threshold=threshold)

    def with_words(self, target: str, words: tuple[str, ...]) -> Settings:
        """The same with other classes of one target."""
        return replace(self, classes=tuple((dict(self.classes) | {target: words}).items()))

    def aimed(self, target: str, task: str) -> Settings:
        """The same with another target, or task."""
        listed = dict(self.classes).get(target, ())
        positive = self.positive if self.positive in listed else (listed[-1] if listed else "")
        threshold = self.threshold if task == "binary" else None
        slices = tuple(name for name in self.slices if name != target)
        group = None if self.group == target else self.group
        metric = None if task != self.task else self.minimum
        error = None if task == "regression" else self.most_error
        return replace(
            self,
            target=target,
            task=task,
            positive=positive,
            threshold=threshold,
            slices=slices,
            group=group,
            minimum=metric,
            most_error=error,
        )

    @property
    def metric(self) -> str:
        """By which models are compared."""
        return {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "r2"}[self.task]

    @property
    def question(self) -> tuple[Any, ...]:
        """What a model is asked."""
        return self.target, self.task, self.positive if self.task == "binary" else None

    @property
    def asked(self) -> tuple[str, ...]:
        """The classes of the target; none for a regression."""
        return () if self.task == "regression" else self.words_of(self.target)

    @property
    def features(self) -> dict[str, str]:
        """The columns that a model sees, with their types, in the order of the file."""
        found = {"a": "integer" if self.whole_a else "number", "b": "number"}
        found["code"] = "number" if self.numeric_code else "category"
        return found | ({"region": "category"} if self.region else {})

    @property
    def kept(self) -> dict[str, str]:
        """The columns of processed rows: the features, and slices that no model sees."""
        return self.features | {name: self.column_of(name)["type"] for name in self.slices}

    @property
    def split(self) -> dict[str, Any]:
        """What decides in which part a row is."""
        by = self.group or self.key
        columns = self.features if by is None else {by: "text"}
        # the content of a row is another one where another word says that a value is missing
        missing = sorted(set(self.missing)) if by is None else None
        return {
            "key": self.key,
            "group": by,
            "columns": columns,
            "missing": missing,
            "test_fraction": self.test_fraction,
        }

    @property
    def stays(self) -> bool:
        """Whether a row keeps its part as long as it keeps its key: by its key, and not by whose it is."""
        return self.key is not None and self.group in (None, self.key)

    def reads(self, other: Settings) -> bool:
        """Whether rows that were processed under `other` are those that are asked for now."""
        mine, theirs = ((one.split, one.question, sorted(one.asked), sorted(one.missing)) for one in (self, other))
        # without a key a row is told from others by what a model sees
        apart = self.key is not None or self.features == other.features
        return mine == theirs and apart and self.kept.items() <= other.kept.items()

    def column_of(self, name: str) -> dict[str, Any]:
        """The table [columns.NAME]."""
        tables: dict[str, dict[str, Any]] = {
            **{identity: {"type": "text"} for identity in IDENTITIES},
            "a": {"type": "integer" if self.whole_a else "number"},
            "b": {"type": "number"} | ({} if self.least_b is None else {"min": self.least_b}),
            "code": {"type": "number" if self.numeric_code else "category"},
            "region": {"type": "category"},
            "spend": {"type": "number"},
            **{target: {"type": "category", "values": list(words)} for target, words in self.classes},
        }
        if (self.target, self.task) == ("grade", "regression"):
            tables["grade"] = {"type": "number"}
        seen = name in (*self.features, self.target)
        return tables[name] | ({} if seen else {"role": "ignore"})

    def window_of(self, day: str) -> list[str]:
        """The days that a training of a day uses, oldest first."""
        last = date.fromisoformat(day) - timedelta(days=self.delay)
        days = [last - timedelta(days=number) for number in reversed(range(self.window))]
        return [one.isoformat() for one in days if one >= FIRST]

    def toml(self) -> str:
        """The file."""
        table: dict[str, Any] = {"target": self.target, "task": self.task, "test_fraction": self.test_fraction}
        table |= {"max_rejected_fraction": 0.6}
        table |= {} if self.key is None else {"key": self.key}
        table |= {} if self.group is None else {"group": self.group}
        table |= {"positive": self.positive} if self.task == "binary" else {}
        if self.missing:
            table["missing_values"] = ["", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", *self.missing]
        names = (*IDENTITIES, "a", "b", "code", "region", *TARGETS)
        training: dict[str, Any] = {"window_days": self.window, "target_delay_days": self.delay, "folds": 2}
        estimator = "Ridge" if self.task == "regression" else "LogisticRegression"
        candidate: dict[str, Any] = {"name": "linear", "estimator": f"sklearn.linear_model.{estimator}"}
        candidate |= {} if self.task == "regression" else {"params": {"max_iter": 1000, "tol": 1e-6}}
        gate: dict[str, Any] = {"resamples": self.resamples, "min_test_rows": self.least_rows, "margin": self.margin}
        gate |= {"slices": list(self.slices), "min_slice_rows": self.least_slice, "slice_margin": self.slice_margin}
        # whether a history's models are worth anything is not what it is about
        gate |= {"require": self.require, "baseline": "off"}
        gate |= {} if self.most_error is None else {"max_calibration_error": self.most_error}
        gate |= {} if self.minimum is None else {"minimums": {self.metric: self.minimum}}
        gate |= {"approval": "manual"} if self.manual else {}
        sections: dict[str, dict[str, Any]] = {
            "source": {"kind": "files"},
            "table": table,
            "columns": {name: self.column_of(name) for name in names},
            "training": training | ({} if self.test_days is None else {"test_days": self.test_days}),
            "gate": gate,
            "drift": {"false_alarms": 0.5, "false_watches": 0.5, "resamples": 4},
            "predictions": {"format": self.form},
            "schedule": {"first_day": FIRST},
        }
        if self.threshold is not None and self.task == "binary":
            sections["decision"] = {"threshold": self.threshold}
        sections["training"]["candidates"] = [candidate, *([candidate | {"name": "twin"}] if self.twin else [])]
        return "".join(
            f"[{name}]\n" + "".join(f"{key} = {plain(value)}\n" for key, value in keys.items())
            for name, keys in sections.items()
        )


def plain(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {plain(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(plain, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)
