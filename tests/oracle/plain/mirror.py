"""What must be there now, and what the next step must come to: the oracle's own state of a data root.

Nothing here looks at what the steps wrote but for two things: how a challenger was decided on (the interval is drawn by
chance, so `gate.py` holds it against rules), and which file a training wrote (to ask the model itself).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd
from plain import models
from plain.rows import Day, Raw, Refusal
from plain.settings import Settings

GRACE_DAYS = 3
"""schedule.label_grace_days, by its default."""

FOLDS = 2


@dataclass(frozen=True, eq=False)
class Model:
    """A trained model, as the oracle knows it."""

    day: str
    settings: Settings
    """Of its training."""
    days: tuple[str, ...]
    """On whose rows it was fitted."""
    held_out: tuple[str, ...]
    """The last days of its window, on which none was fitted."""
    groups: frozenset[int]
    """On whose rows it was fitted."""
    read: dict[str, str]
    """The days of its window as they were, by their identities."""
    plain: Any
    """The oracle's own."""
    opened: Any = None
    """The product's."""
    identity: tuple[str, str] = ("", "")
    """sha256 of the file, and identity of the manifest, by which the ledger names it."""

    def answers(self, settings: Settings) -> bool:
        """Whether it answers what is asked now."""
        return self.settings.question == settings.question and set(self.settings.asked) <= set(settings.asked)

    def fits(self, settings: Settings) -> bool:
        """The same, and whether the rows of now have its columns."""
        now = settings.kept
        return self.answers(settings) and all(
            name in now and (now[name] == "category") == (kind == "category")
            for name, kind in self.settings.features.items()
        )

    def fraction_beside(self, settings: Settings) -> float | None:
        """The test part that it shares with the rows of now; None where it may have seen any of them."""
        then, now = self.settings.split, settings.split
        if {**then, "test_fraction": 0} != {**now, "test_fraction": 0}:
            return None
        return float(min(then["test_fraction"], now["test_fraction"]))

    def fitted_on(self, day: str) -> bool:
        """Whether it was fitted on rows of a day."""
        return self.days[0] <= day <= self.days[-1]


@dataclass(frozen=True, eq=False)
class Predicted:
    """Predictions of a day, as they were made."""

    model: Model
    settings: Settings
    rows: pd.DataFrame
    """What was scored."""
    table: pd.DataFrame
    """What was written."""
    damaged: bool = False
    """Its file has other bytes by now."""


@dataclass
class Mirror:
    """A data root."""

    settings: Settings
    raw: dict[str, Raw] = field(default_factory=dict)
    days: dict[str, Day] = field(default_factory=dict)
    models: dict[str, Model] = field(default_factory=dict)
    known: dict[tuple[str, str], Model] = field(default_factory=dict)
    """Every model that was ever trained, by its identity."""
    predictions: dict[str, Predicted] = field(default_factory=dict)
    champion: Model | None = None

    def stale(self, days: list[str]) -> list[str]:
        """Days that were processed under settings under which their rows would be others."""
        return [day for day in days if day in self.days and not self.settings.reads(self.days[day].settings)]

    def window(self, day: str) -> tuple[list[str], list[Refusal]]:
        """The days that a training of a day uses, and why it cannot."""
        days = self.settings.window_of(day)
        if not days:
            return [], [Refusal(64, "no day of the window has data")]
        absent = [one for one in days if one not in self.days]
        unlabelled = [one for one in days if one in self.days and not self.days[one].labelled]
        # nobody waits longer for labels; a training does without these days then
        patience = timedelta(days=self.settings.delay + GRACE_DAYS)
        given_up = [one for one in unlabelled if date.fromisoformat(day) - date.fromisoformat(one) >= patience]
        if len(given_up) < len(days):
            unlabelled = [one for one in unlabelled if one not in given_up]
            days = [one for one in days if one not in given_up]
        reasons = [Refusal(66, f"not processed: {absent}")] if absent else []
        reasons += [Refusal(66, f"not labelled: {unlabelled}")] if unlabelled else []
        stale = self.stale(days)
        return days, [*reasons, *([Refusal(65, f"processed under other settings: {stale}")] if stale else [])]

    def labelled(self, days: list[str] | tuple[str, ...], part: str) -> pd.DataFrame:
        """The labelled rows of a part of some days."""
        frames = [self.days[day].rows for day in days]
        kept = [frame[(frame["split"] == part) & frame[self.settings.target].notna()] for frame in frames]
        return pd.concat(kept, ignore_index=True)

    def parted(self, days: list[str]) -> tuple[list[str], list[str]]:
        """The days of a window that are fitted, and the last ones, which are held out for the judgement."""
        asked, third = self.settings.test_days, len(days) // 3
        expected = [
            self.days[day].rows[self.settings.target].notna().sum() * self.settings.test_fraction for day in days
        ]
        if asked is not None:
            number = min(asked, len(days) - 1)
        elif len(days) < 3 or sum(expected[-third:]) < 100:
            number = 0
        else:
            least = max(50, 1.5 * self.settings.least_rows)
            enough = (
                some
                for some in range(1, third)
                if sum(expected[-some:]) >= 500 and self.rarer_rows(days[-some:]) >= least
            )
            number = next(enough, third)
        return days[: len(days) - number], days[len(days) - number :]

    def rarer_rows(self, days: list[str]) -> float:
        """About how many test rows of days are not of the most frequent class; of a regression, all that one asks."""
        if not self.settings.asked:
            return math.inf
        counts = pd.concat([self.days[day].rows[self.settings.target] for day in days]).value_counts()
        return float((counts.sum() - counts.max()) * self.settings.test_fraction)

    def training(self, day: str) -> tuple[Model | None, list[Refusal]]:
        """What a training of a day must give, or why it must refuse."""
        settings = self.settings
        days, reasons = self.window(day)
        if reasons:
            return None, reasons
        days, held_out = self.parted(days)
        rows = self.labelled(days, "train")
        if few := too_few(rows, settings):
            return None, [Refusal(65, few)]
        groups = frozenset(rows["_group"])
        read = {one: self.days[one].as_read(settings) for one in (*days, *held_out)}
        return Model(day, settings, tuple(days), tuple(held_out), groups, read, models.fitted(rows, settings)), []

    def moved(self, model: Model, days: Iterable[str]) -> bool:
        """Whether rows of days may be in the other part than they were when a model was trained on these days."""
        return any(model.read.get(day) != self.days[day].as_read(self.settings) for day in days)


def too_few(rows: pd.DataFrame, settings: Settings) -> str:
    """Why rows are too few to train on; empty when they are not. Rows of one entity are one piece of evidence."""
    entities = rows["_group"].nunique()
    if entities < 2 * FOLDS:
        return f"{entities} entities"
    counts = rows.groupby(settings.target)["_group"].nunique()
    if len(counts) < 2:
        return f"one value of the target alone: {dict(counts)}"
    if settings.task != "regression" and min(counts) < FOLDS:
        return f"a class is in too few entities for the folds: {dict(counts)}"
    return "" if any(rows[name].notna().any() for name in settings.features) else "no feature has a value"


def before(day: str, other: str) -> bool:
    """Whether a day is earlier than another."""
    return date.fromisoformat(day) < date.fromisoformat(other)
