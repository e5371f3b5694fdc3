"""The rows on which two models are judged: if possible of days, always of groups, that neither was fitted on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np

from analysis.record.row_split import comparable, may_have_moved, split
from analysis.record.trained_for import fitted_on, trained_for
from analysis.rows import groups, labelled_rows
from analysis.window import expected_rows, held_out
from contract.config import GROUP, Config
from contract.datasets.dataset import Dataset
from contract.errors import DataError
from contract.layout import Layout
from contract.models.champion import Champion
from contract.models.trained_for import TrainedFor
from contract.split import in_test
from validate.evaluation.models import CannotCompare


@dataclass(frozen=True)
class JudgedRows:
    """The days of the judgement, and what is to be known about them."""

    days: list[Dataset]
    text: str
    fraction: float | None = None
    """Only the rows that are in the test part of this `test_fraction`; None: all of the test part."""
    held_out: bool = True
    """No row of these days was fitted by the challenger."""

    def window(self, days: list[Dataset]) -> dict[str, Any]:
        """For the report: the training's window, and the days of it that judge."""
        names = [day.path.name for day in days]
        judged = [day.path.name for day in self.days]
        return {"first": names[0], "last": names[-1], "days": len(names), "judged": judged, "text": self.text}


def of_challenger(config: Config, challenger: Champion, days: list[Dataset]) -> JudgedRows:
    """What the challenger may be judged on by itself: the test rows of its held-out days, else of all its days.

    Raises DataError unless it was trained on the window `days`, by the split that these were processed with.
    """
    way_out = f"run train --day {challenger.day}"
    about = challenger.trained_for
    if about is None or about.split is None:
        raise DataError(
            f"models/{challenger.day}: was trained by an earlier version, which did not record which rows it had seen; "
            f"{way_out}"
        )
    if about.split != (now := split(config)):
        raise DataError(
            f"models/{challenger.day}: its rows were split {about.split.beside(now)}, "
            f"pipeline.toml splits {now.beside(about.split)}; {way_out}"
        )
    names = [day.path.name for day in days]
    if (about.first, (about.held_out or (about.last,))[-1]) != (names[0], names[-1]):
        raise DataError(
            f"models/{challenger.day}: was trained on the window {about.first} to "
            f"{(about.held_out or (about.last,))[-1]}, pipeline.toml gives {names[0]} to {names[-1]}; {way_out}"
        )
    if moved := _moved(config, challenger, days):
        raise DataError(f"models/{challenger.day}: {moved}: it may have been fitted on test rows; {way_out}")
    apart = [day for day in days if day.path.name in about.held_out]
    if apart:
        return JudgedRows(apart, f"Judged on the test rows of {_shown(apart)}, held out of the training.")
    asked = held_out(config, days)
    why = "the training held out none of the days that it would now" if asked.days else asked.why
    text = (
        f"Judged on the test rows of all days of the window, of which the challenger knows other rows, so a champion "
        f"that does not know these days is at a disadvantage: no day is held out, {why}."
    )
    return JudgedRows(days, text, held_out=False)


def of_both(config: Config, layout: Layout, champion: Champion, alone: JudgedRows) -> JudgedRows:
    """The part of the challenger's test rows that another model, the champion, was not fitted on either.

    Raises CannotCompare for a champion that may have been fitted on any of its rows.
    """
    about = trained_for(layout, champion)
    fraction, reason = comparable(about, config)
    if reason:
        raise CannotCompare(reason)
    fractions = [known for known in (fraction, alone.fraction) if known is not None]
    alone = replace(alone, fraction=min(fractions, default=None))
    part = _apart(config, champion, about, alone)
    known = [day for day in part.days if fitted_on(champion, about, day.path.name) is not False]
    if moved := _moved(config, champion, known):
        raise CannotCompare(f"{moved}: it may have been fitted on the test rows")
    notes = [part.text]
    if about is None or about.split is None:
        notes.append("It is unknown how the champion's rows were split: it may have been fitted on test rows.")
    elif fraction is not None and fraction < config.table.test_fraction:
        notes.append(f"Of them those that a test_fraction of {fraction:g} holds out, as in the champion's training.")
    return replace(part, text=" ".join(notes))


def _apart(config: Config, champion: Champion, about: TrainedFor | None, alone: JudgedRows) -> JudgedRows:
    """Less the days that the champion was fitted on, when enough is left.

    Not where the challenger was fitted on all of them as well: it would be judged where it alone is at home.
    """
    if not alone.held_out:
        return alone
    known = {day.path.name: fitted_on(champion, about, day.path.name) for day in alone.days}
    if not any(known.values()):
        unknown = " It is unknown whether the champion was trained on these days." if None in known.values() else ""
        return replace(alone, text=alone.text + unknown)
    left = [day for day in alone.days if known[day.path.name] is False]
    gone = [day for day in alone.days if day not in left]
    if _can_decide(config, left, alone.fraction):
        text = f"{alone.text} Less {_shown(gone)}, which the champion was trained on."
        return replace(alone, days=left, text=text)
    return replace(
        alone,
        text=f"{alone.text} The champion was trained on {_shown(gone)}, which favours it: too few groups in the test "
        "rows of other days.",
    )


def _can_decide(config: Config, days: list[Dataset], fraction: float | None) -> bool:
    """Whether some days have as many test rows as the gate asks for, of the rarer class and of groups, too."""
    if not days or min(expected_rows(days, config)) < config.gate.min_test_rows:
        return False
    seen: set[int] = set()
    for batch in chain.from_iterable(day.batches([config.table.target, GROUP, "split"]) for day in days):
        of = groups(labelled_rows(batch, config.table.target, "test"))
        seen.update(np.unique(of if fraction is None else of[in_test(of, fraction)]).tolist())
        if len(seen) >= config.gate.min_test_rows:
            return True
    return False


def _moved(config: Config, model: Champion, days: list[Dataset]) -> str | None:
    return next(filter(None, (may_have_moved(model, day, config) for day in days)), None)


def _shown(days: list[Dataset]) -> str:
    return ", ".join(day.path.name for day in days)
