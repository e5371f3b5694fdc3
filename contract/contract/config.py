"""The configuration that a user writes in `pipeline.toml`, as one frozen object, and the rules between its tables."""

from __future__ import annotations

from datetime import date

import msgspec

from contract import days
from contract.sections import Alerts, Column, Gate, Pipeline, Predictions, Schedule, Source, Table, Training

_RESERVED = ("_file", "_row", "row_key", "split")
"""Columns that the steps add; no table may bring its own (`row_key` it may, as its key)."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of `pipeline.toml`."""

    source: Source
    table: Table
    columns: dict[str, Column]
    training: Training
    schedule: Schedule
    pipeline: Pipeline = Pipeline()
    gate: Gate = Gate()
    predictions: Predictions = Predictions()
    alerts: Alerts = Alerts()

    def __post_init__(self) -> None:
        table = self.table
        for name in _RESERVED:
            if name in self.columns and (name, table.key) != ("row_key", "row_key"):
                raise ValueError(f"columns must not be named like one that the steps add, got {name!r}; rename it")
        if table.target not in self.columns:
            raise ValueError(f"table.target must be one of [columns], got {table.target!r}")
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
        if not self.features:
            raise ValueError('columns must have at least one with role = "feature", got none')

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that a model sees, in the file's order."""
        outside = {self.table.key, self.table.target}
        return tuple(name for name, column in self.columns.items() if column.role == "feature" and name not in outside)

    @property
    def key(self) -> str:
        """The column that identifies a row; `row_key` where the table has none of its own."""
        return self.table.key or "row_key"

    def window(self, day: date) -> list[date]:
        """The days that a training of `day` uses, oldest first."""
        return days.window(
            day,
            length=self.training.window_days,
            delay=self.training.target_delay_days,
            first_day=self.schedule.first_day,
        )
