"""The tables of `pipeline.toml`, each with the rules that it can judge by itself.

A rule that is broken raises ValueError with key, rule and value; `contract.config.parse` adds table and file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, time
from typing import Any, Literal

from contract.config.addresses import check_address
from contract.config.source import Section, at_least, fraction
from contract.config.when import check_cron, check_date_format, check_expected, check_timezone, weekdays
from contract.visible import visible

Task = Literal["binary", "multiclass", "regression"]
Level = Literal["info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("info", "warning", "error")
_MODEL_NAME = r"(?!\.$|\.\.)[^/:]{1,256}"


class Pipeline(Section, frozen=True):
    """Names."""

    name: str = "microstep"
    """The name of the MLflow experiment and of the registered model."""

    def __post_init__(self) -> None:
        # MLflow's rules for a registered model, which it would tell only after the fits, and its database's
        if not re.fullmatch(_MODEL_NAME, self.name) or not self.name.strip() or self.name != visible(self.name):
            raise ValueError(
                "name must be 1 to 256 characters that can be seen, none of them / or :, and not begin with .., "
                f"got {self.name!r}; such as {'-'.join(re.findall('[A-Za-z0-9_-]+', self.name))[:256] or 'microstep'!r}"
            )


class Table(Section, frozen=True):
    """What the rows are."""

    target: str
    task: Task
    key: str | None = None
    """Identifies a row; without one, rows are numbered within their day."""
    group: str | None = None
    """The column whose equal values are one entity, which trains or tests as a whole; None: the key, or equal rows."""
    positive: str | None = None
    """The class whose probability a binary model predicts."""
    extra_columns: Literal["refuse", "drop"] = "refuse"
    missing_values: tuple[str, ...] = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
    """Texts that stand for a missing value, after blanks around them are cut."""
    max_rejected_fraction: float = 0.05
    on_too_many_rejected: Literal["stop", "predict"] = "stop"
    """What more rejected rows than that do: nobody gets predictions, or the good rows do, and people are told."""
    on_new_category: Literal["score", "reject"] = "score"
    """What a word does that a column's `values` have not: the target is a closed list either way."""
    test_fraction: float = 0.2
    """The share of the groups whose rows never train a model."""

    def __post_init__(self) -> None:
        fraction("max_rejected_fraction", self.max_rejected_fraction)
        if not 0 < self.test_fraction < 1:
            raise ValueError(f"test_fraction must be between 0 and 1, got {self.test_fraction}")
        for name in ("key", "group"):
            if getattr(self, name) == self.target:
                raise ValueError(f"{name} must differ from target, got {self.target!r} twice")
        if (self.positive is not None) != (self.task == "binary"):
            raise ValueError(
                f"positive must be given for task 'binary' and no other, "
                f"got positive {self.positive!r} with task {self.task!r}"
            )


class Column(Section, frozen=True):
    """A column of the table and the rules that its values keep."""

    type: Literal["number", "integer", "category", "datetime", "text"]
    role: Literal["feature", "ignore"] = "feature"
    min: float | None = None
    max: float | None = None
    values: tuple[str, ...] | None = None
    """The allowed values of a category; None allows all."""
    missing: Literal["allow", "reject"] = "allow"
    unit: str | None = None
    """Text before or behind a number, such as $ or %, that is not part of it."""
    format: str | None = None
    """For a datetime: strptime's, "iso", "epoch_s" or the like, or several forms with " | " between; None: "iso"."""

    def __post_init__(self) -> None:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min must be <= max, got {self.min:g} > {self.max:g}")
        if self.type not in ("number", "integer") and not self.min is self.max is None:
            raise ValueError(f"min and max must go with type number or integer, got type {self.type!r}")
        if self.unit is not None and self.type not in ("number", "integer"):
            raise ValueError(f"unit must go with type number or integer, got type {self.type!r}")
        if self.values is not None and self.type != "category":
            raise ValueError(f"values must go with type category, got type {self.type!r}")
        if self.values is not None and len(set(self.values)) < len(self.values):
            raise ValueError(f"values must differ from each other, got {list(self.values)}")
        check_date_format(self.format, self.type)


class Predictions(Section, frozen=True):
    """How predictions are written."""

    format: Literal["parquet", "csv"] = "parquet"


class Schedule(Section, frozen=True):
    """When Airflow starts what; cron expressions in `timezone`."""

    first_day: date
    """The first day that has data."""
    timezone: str = "UTC"
    # not between 01:00 and 03:00, which the clocks of most places skip or repeat once a year
    generate: str = "15 3 * * *"
    predict: str = "15 4 * * *"
    train: str = "15 5 * * 1"
    expected: str | tuple[str, ...] = "every_day"
    """The days that have data: `every_day`, `weekdays`, or a list of `WEEKDAYS`."""
    holidays: tuple[date, ...] = ()
    """Days without data, though `expected` names their weekday."""
    catch_up_days: int = 14
    """A scheduled run does what so many days before its own lack, too; 0: its own day alone."""
    label_grace_days: int = 3
    """Beyond training.target_delay_days, how long a training waits for labels, and a database is asked again."""
    sensor_timeout_hours: float = 12
    deadline_hours: float = 6
    """After it was due, a run that is not done is told as late; 0 for no such mail."""
    priority: int = 0
    """If several pipelines wait for a place, the steps of the one with the higher number go first."""

    def __post_init__(self) -> None:
        for name in ("generate", "predict", "train"):
            _with_key(name, check_cron, getattr(self, name))
        _with_key("timezone", check_timezone, self.timezone)
        _with_key("expected", check_expected, self.expected)
        at_least("catch_up_days", self.catch_up_days, 0)
        at_least("label_grace_days", self.label_grace_days, 0)
        at_least("deadline_hours", self.deadline_hours, 0)
        at_least("priority", self.priority, 0)
        if not self.sensor_timeout_hours > 0:
            raise ValueError(f"sensor_timeout_hours must be above 0, got {self.sensor_timeout_hours:g}")

    def expects(self, day: date) -> bool:
        """Whether a day is one that has data."""
        return day >= self.first_day and day not in self.holidays and day.weekday() in weekdays(self.expected)


class Alerts(Section, frozen=True):
    """Who gets mails about what; nobody when both lists are empty."""

    to: tuple[str, ...] = ()
    errors_to: tuple[str, ...] = ()
    """Who is told of errors besides: somebody who is on call."""
    sender: str = "microstep@localhost"
    level: Level = "info"
    """The least that is told."""
    quiet_hours: tuple[time, time] | None = None
    """From and until, in schedule.timezone: what is no error waits for their end."""

    def __post_init__(self) -> None:
        for name in ("to", "errors_to"):
            for number, address in enumerate(getattr(self, name)):
                _with_key(f"{name}[{number}]", check_address, address)
        _with_key("sender", check_address, self.sender)
        if self.quiet_hours and self.quiet_hours[0] == self.quiet_hours[1]:
            raise ValueError(f"quiet_hours must not begin when they end, got {self.quiet_hours[0]:%H:%M} twice")

    def recipients(self, level: Level) -> tuple[str, ...]:
        """Who gets a mail of that level."""
        if LEVELS.index(level) < LEVELS.index(self.level):
            return ()
        return tuple(dict.fromkeys(self.to + (self.errors_to if level == "error" else ())))

    def quiet(self, now: time) -> bool:
        """Whether people are not to be disturbed."""
        if self.quiet_hours is None:
            return False
        start, end = self.quiet_hours
        return start <= now < end if start < end else now >= start or now < end


def _with_key(key: str, check: Callable[[Any], None], value: Any) -> None:
    """Raise what a check raises, with the key before it."""
    try:
        check(value)
    except ValueError as error:
        raise ValueError(f"{key} {error}") from None
