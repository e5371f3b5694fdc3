"""Whether what a step has written is what the oracle has come to."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from plain import models
from plain.mirror import Model
from plain.settings import Settings

CLOSE = 0.01
"""How far two fits on the same rows may be apart: one of them holds its numbers in single precision."""


def rows(written: pd.DataFrame, expected: pd.DataFrame, where: str) -> None:
    """The same rows in the same order, value by value; numbers as numbers."""
    assert len(written) == len(expected), f"{where}: {len(written)} rows, must be {len(expected)}"
    for name in expected:
        assert name in written, f"{where}: lacks {name}, has {list(written)}"
        for place, (ours, theirs) in enumerate(zip(expected[name], written[name], strict=True)):
            same = ours == theirs or (_number(ours) and _number(theirs) and math.isclose(ours, theirs, rel_tol=1e-12))
            assert same or (_none(ours) and _none(theirs)), (
                f"{where}: row {place}: {name} is {theirs!r}, must be {ours!r}; key {written.iloc[place, 0]}"
            )


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _none(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def scores(theirs: Any, ours: Any) -> None:
    """Scores of two fits on the same rows."""
    scale = max(1.0, float(np.abs(ours).max())) if np.size(ours) else 1.0
    furthest = float(np.abs(np.asarray(theirs) - np.asarray(ours)).max()) if np.size(ours) else 0.0
    assert furthest < CLOSE * scale, f"the model answers otherwise than one of the same rows: by {furthest:.3f}"


def predictions(written: pd.DataFrame, scored: pd.DataFrame, champion: Model, settings: Settings) -> None:
    """One row for each processed row, in the same order, with the champion's answer."""
    key = settings.key or "row_key"
    assert list(written[key]) == list(scored[key])
    known = models.scores(champion.opened, scored, settings)
    answers = models.predicted(known, replace(settings, threshold=champion.settings.threshold))
    if settings.task == "regression":
        assert np.allclose([float(value) for value in written["prediction"]], known, rtol=1e-9)
        return
    assert [str(value) for value in written["prediction"]] == answers
    names = (
        {"score": settings.positive}
        if settings.task == "binary"
        else {f"score_{word}": word for word in settings.asked}
    )
    for name, word in names.items():
        column = [float(value) for value in written[name]]
        assert np.allclose(column, known[:, settings.asked.index(word)], atol=1e-9), f"{name} is another row's"
