"""The configuration that a user writes in `pipeline.toml`, as one frozen object, and the rules between its tables."""

from __future__ import annotations

from datetime import date

import msgspec

from contract import days
from contract.config.data import Alerts, Column, Pipeline, Predictions, Schedule, Table
from contract.config.model import Decision, Drift, Gate, Training
from contract.config.source import Source, Sql
from contract.errors import UsageError, did_you_mean

_ROW_KEY = "row_key"
"""The key of a table that has none of its own: each row's number within its day."""
GROUP = "_group"
"""The column of processed rows that says which rows are of one entity, by a hash of it."""

_RESERVED = ("_file", "_row", _ROW_KEY, "split", GROUP)
"""Columns that the steps add; no table may bring its own (`row_key` it may, as its key)."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `pipeline.toml`."""

    source: Source
    table: Table
    columns: dict[str, Column]
    training: Training
    schedule: Schedule
    pipeline: Pipeline = Pipeline()
    decision: Decision = Decision()
    gate: Gate = Gate()
    drift: Drift = Drift()
    predictions: Predictions = Predictions()
    alerts: Alerts = Alerts()

    def __post_init__(self) -> None:
        table = self.table
        self._check_names()
        for name in _RESERVED:
            if name in self.columns and (name, table.key) != (_ROW_KEY, _ROW_KEY):
                raise ValueError(f"columns must not be named like one that the steps add, got {name!r}; rename it")
        if table.target not in self.columns:
            hint = did_you_mean(table.target, self.columns)
            raise ValueError(f"table.target must be one of [columns], got {table.target!r}{hint}")
        target = self.columns[table.target]
        if table.task == "regression":
            if target.type not in ("number", "integer"):
                raise ValueError(
                    f"columns.{table.target}.type must be number or integer for regression, got {target.type!r}"
                )
        elif target.values is None or len(target.values) < 2:
            raise ValueError(f"columns.{table.target}.values must list the classes for task {table.task!r}, got none")
        elif table.task == "binary" and (len(target.values) != 2 or table.positive not in target.values):
            raise ValueError(
                f"table.positive must be one of the two columns.{table.target}.values, "
                f"got {table.positive!r} and {list(target.values)}"
            )
        self._check_group()
        if not self.features:
            raise ValueError('columns must have at least one with role = "feature", got none')
        self._check_values()
        self._check_judgement()

    def _check_names(self) -> None:
        for name in ("key", "group", "target"):
            if getattr(self.table, name) == "":
                raise ValueError(f"table.{name} must name a column, got ''; leave it out, or give the column a name")

    def _check_group(self) -> None:
        table = self.table
        if table.group is None or table.group in (self.key, *self.columns):
            return
        if table.group == _ROW_KEY:
            raise ValueError(
                f"table.group must not be {_ROW_KEY!r} beside table.key, which tells rows apart already, "
                f"got key {table.key!r}; leave group out: then each key is an entity of its own"
            )
        numbered = "" if table.key else f", or {_ROW_KEY!r} where each row is an entity of its own"
        raise ValueError(
            f"table.group must be one of [columns]{numbered}, got {table.group!r}"
            f"{did_you_mean(table.group, self.columns)}"
        )

    def _check_values(self) -> None:
        table = self.table
        if isinstance(self.source, Sql) and self.source.target_query and table.key is None:
            raise ValueError(
                "source.target_query must go with table.key, which says whose label it is, got no table.key; "
                "give the key, or select the target in source.query"
            )
        for name, column in self.columns.items():
            if both := [value for value in column.values or () if value.strip() in table.missing_values]:
                raise ValueError(
                    f"columns.{name}.values must not have what table.missing_values takes for a missing value, "
                    f"got {both[0]!r} in both; name missing_values in [table], without it, or take it out of values"
                )

    def _check_judgement(self) -> None:
        for name in self.gate.slices:
            if name not in self.columns or self.columns[name].type != "category" or name == self.table.target:
                raise ValueError(f"gate.slices must name columns of type category, not the target, got {name!r}")
        if self.table.task != "binary" and self.decision != Decision():
            raise ValueError(f"decision must be left out unless task is 'binary', got task {self.table.task!r}")
        if self.table.task == "regression":
            for key, given in (
                ("gate.max_calibration_error", self.gate.max_calibration_error is not None),
                ("gate.brier_margin", self.gate.brier_margin is not None),
                ("training.class_weights", self.training.class_weights != "none"),
            ):
                if given:
                    raise ValueError(f"{key} must be left out for task 'regression', which has no probabilities")
        elif isinstance(self.training.class_weights, dict):
            classes = set(self.columns[self.table.target].values or ())
            if set(self.training.class_weights) != classes:
                raise ValueError(
                    f"training.class_weights must name each class once ({', '.join(sorted(classes))}), "
                    f"got {', '.join(self.training.class_weights)}"
                )

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that a model sees, in the file's order."""
        outside = {self.table.key, self.table.target}
        return tuple(name for name, column in self.columns.items() if column.role == "feature" and name not in outside)

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns that processed rows hold besides key and target: features, and slices that no model sees."""
        slices = [name for name in self.gate.slices if name not in (*self.features, self.table.key)]
        return (*self.features, *slices)

    @property
    def key(self) -> str:
        """The column that identifies a row; `row_key` where the table has none of its own."""
        return self.table.key or _ROW_KEY

    @property
    def group(self) -> str | None:
        """The column whose equal values are one entity; None without key and group: then equal rows are one entity."""
        return self.table.group or self.table.key

    @property
    def label_days(self) -> int:
        """How many days after a day its labels may come."""
        return self.training.target_delay_days + self.schedule.label_grace_days

    def window(self, day: date) -> list[date]:
        """The days that a training of `day` uses, oldest first: those that are expected to have data.

        Raises UsageError when none is left.
        """
        within = days.window(
            day,
            length=self.training.window_days,
            delay=self.training.target_delay_days,
            first_day=self.schedule.first_day,
        )
        if not (expected := [candidate for candidate in within if self.schedule.expects(candidate)]):
            raise UsageError(
                f"--day: training needs a day with data, and schedule.expected and schedule.holidays leave none from "
                f"{within[0]} to {within[-1]}, got {day}"
            )
        return expected
