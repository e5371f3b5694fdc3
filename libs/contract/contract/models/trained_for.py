"""What a model is about: the question that it answers, how its rows were split, and the days that it knows."""

from __future__ import annotations

import msgspec

from contract.config import Config

_NUMBERS = ("number", "integer")
"""The same to a model."""


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """How rows are divided into those that train and those that test; rows of one group are in one part."""

    key: str
    group: str | None
    """None: rows that are equal are one."""
    columns: dict[str, str]
    """The columns whose text decides, with their types: the group's, or all features where there is none."""
    test_fraction: float
    missing: tuple[str, ...] | None = None
    """What stood for a missing value, which is part of the text of a row; None where a key or a group decides."""

    def same_groups(self, other: Split) -> bool:
        """Whether the smaller of the two test parts lies within the larger."""
        ours, theirs = ((split.key, split.group, split.columns, split.missing) for split in (self, other))
        return ours == theirs

    def beside(self, other: Split) -> str:
        """The split in words; the missing values, a long list, only if the other split has different ones."""
        by = f"by {self.group} ({self.columns[self.group]})" if self.group else f"by {len(self.columns)} features"
        missing = "" if self.missing in {other.missing, None} else f", missing are {', '.join(map(repr, self.missing))}"
        return f"{by}, test_fraction {self.test_fraction:g}{missing}"


class TrainedFor(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a training that travels with its model: into the ledger, the pointer, and the registry's tags."""

    target: str
    task: str
    positive: str | None = None
    classes: tuple[str, ...] | None = None
    """In the order of pipeline.toml; None for a regression."""
    features: dict[str, str]
    """Type by name."""
    split: Split | None = None
    """None: of a model from before there were records, nothing tells."""
    first: str
    """The first day whose train part was fitted."""
    last: str
    held_out: tuple[str, ...] = ()
    """The days after `last` of which no row was fitted."""

    identities: dict[str, str] = {}
    """For each day that was read, its identity, which tells whether rows may have moved to the other part."""
    numbers: dict[str, str] | None = None
    """How numbers were read, by key of pipeline.toml, where not plainly; None: an earlier version did not say it."""
    reading: dict[str, str] | None = None
    """How dates were read and what was missing, by key of pipeline.toml; None: an earlier version did not say it."""
    decision: dict[str, float] | None = None
    """What decides which probability is a yes, by key of pipeline.toml; None: an earlier version did not say it."""

    def fitted_on(self, day: str) -> bool:
        """Whether rows of a day were fitted."""
        return self.first <= day <= self.last

    def misfit(self, config: Config) -> str | None:
        """Why the model cannot answer what `pipeline.toml` asks now, in words; None when it can.

        The question must be the same, and the columns of the training must still be there, with their types.
        """
        if reason := self.other_question(config):
            return reason
        for name, kind in self.features.items():
            if name not in config.features:
                return f"was trained on the column {name}, which is no feature in pipeline.toml: columns.{name}"
            now = config.columns[name].type
            if now != kind and not (now in _NUMBERS and kind in _NUMBERS):
                return f"was trained on the column {name} as {kind}, pipeline.toml: columns.{name}.type is {now}"
        return None

    def other_question(self, config: Config) -> str | None:
        """Why the model answers another question than `pipeline.toml` asks now, in words; None if it does not.

        Target, task and positive class must be the same, and each class of the training must still be one. A class that
        was added later does no harm: the model just never predicts it.
        """
        table = config.table
        for then, now, setting, noun in (
            (self.target, table.target, "target", "the target"),
            (self.task, table.task, "task", "the task"),
            (self.positive, table.positive, "positive", "the positive class"),
        ):
            if then != now:
                return f"was trained for {noun} {then}, pipeline.toml: table.{setting} is {now}"
        asked = config.columns[table.target].values or ()
        if gone := [word for word in self.classes or () if word not in asked]:
            return (
                f"was trained for the class {gone[0]}, which pipeline.toml: columns.{table.target}.values lacks, "
                f"got {', '.join(asked) or 'none'}"
            )
        return None
