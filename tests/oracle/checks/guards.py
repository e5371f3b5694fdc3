"""The guards of the gate: slices, and whether probabilities mean what they say, each by a loop over rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from plain import models
from plain.mirror import Model
from plain.settings import Settings

DRAWS = 2_000
MISSING = "(missing)"


def answers(model: Model, rows: pd.DataFrame, settings: Settings) -> tuple[models.Array, list[Any]]:
    """A model's scores of rows, and its answers."""
    found = models.scores(model.opened, rows, settings)
    return found, models.predicted(found, settings.with_threshold(model.settings.threshold))


def check_slices(
    verdict: dict[str, Any], rows: pd.DataFrame, pair: dict[str, Model], settings: Settings
) -> dict[str, str]:
    """Every slice has its own rows and both models' scores on them; what follows for each column, by the ends told."""
    known = {name: answers(model, rows, settings) for name, model in pair.items()}
    words: dict[str, str] = {}
    told = {(one["column"], one["value"]): one for one in verdict["slices"]}
    assert len(told) == len(verdict["slices"])
    for column in settings.slices:
        here = [MISSING if word is None else word for word in rows[column]]
        pieces = {word: told.pop((column, word)) for word in dict.fromkeys(here)}
        for word, piece in pieces.items():
            mine = np.array([one == word for one in here])
            groups = rows["_group"][mine].nunique()
            assert (piece["rows"], piece["groups"]) == (mine.sum(), groups), f"slice {column} = {word}: {piece}"
            assert piece["judged"] == (groups >= settings.least_slice), f"slice {column} = {word}: {piece}"
            truth = list(rows[settings.target][mine])
            for name, (found, said) in known.items():
                answered = [one for one, here in zip(said, mine, strict=True) if here]
                ours = models.measured(settings.metric, truth, found[mine], answered, settings)
                assert models.same(ours, piece[name], 1e-5), f"{name} in {column} = {word}: {piece[name]}, not {ours}"
        words[column] = judged(list(pieces.values()), settings)
    assert not told, f"slices that no row has: {list(told)}"
    return words


def judged(pieces: list[dict[str, Any]], settings: Settings) -> str:
    """What a rule for a column's slices says: it refuses for harm that is shown."""
    looked_at = [piece["difference"] for piece in pieces if piece["judged"]]
    if not looked_at:
        return "unjudged"
    if any(one is not None and one["value"] < -settings.slice_margin and one["high"] < 0 for one in looked_at):
        return "failed"
    return "unknown" if None in looked_at else "passed"


def check_calibration(told: dict[str, Any] | None, rows: pd.DataFrame, model: Model, settings: Settings) -> str | None:
    """The calibration error, and what chance gives; what follows from both for the limit, None without one."""
    if settings.task == "regression" or rows.empty:
        assert told is None
        return "unknown" if settings.most_error is not None and settings.task != "regression" else None
    assert told is not None
    found, _ = answers(model, rows, settings)
    truth = list(rows[settings.target])
    if len(settings.asked) == 2:
        # of two classes both tell the same
        positive = settings.positive if settings.task == "binary" else settings.asked[-1]
        said = found[:, settings.asked.index(positive)]
        true = np.array([word == positive for word in truth])
    else:
        best = found.argmax(axis=1)
        said = found.max(axis=1)
        true = np.array([word == settings.asked[one] for word, one in zip(truth, best, strict=True)])
    bins = bins_of(said, rows["_group"].to_numpy())
    error = sum(abs(said[mine].sum() - true[mine].sum()) for mine in bins) / len(rows)
    most = sum(mine.sum() * max(said[mine].mean(), 1 - said[mine].mean()) for mine in bins) / len(rows)
    assert math.isclose(told["error"], error, abs_tol=1e-6), f"calibration error {told['error']}, must be {error}"
    assert math.isclose(told["most"], most, abs_tol=1e-6), f"the worst calibration is {told['most']}, must be {most}"
    chance = by_chance(said, true, bins, rows["_group"].to_numpy())
    assert 0.85 * chance < told["chance"] < 1.15 * chance, f"chance gives {told['chance']}, by draws {chance}"
    limit = settings.most_error
    if limit is None:
        return None
    if told["error"] - told["chance"] > limit:
        return "failed"
    return "unknown" if limit < told["most"] <= limit + told["chance"] else "passed"


def bins_of(said: models.Array, groups: Any) -> list[models.Array]:
    """Masks of about equally many rows, by their probabilities: at most ten, and one for each 20 entities."""
    sizes = pd.Series(groups).value_counts().to_numpy(dtype=float)
    number = max(1, min(10, int(sizes.sum() ** 2 / (sizes**2).sum() / 20)))
    edges = sorted(set(np.quantile(said, np.linspace(0, 1, number + 1)[1:-1])))
    numbers = np.array([sum(edge <= one for edge in edges) for one in said])
    return [numbers == one for one in sorted(set(numbers))]


def by_chance(said: models.Array, true: models.Array, bins: list[models.Array], groups: Any) -> float:
    """The error that a model gives whose probabilities are right, with its entities as alike as these: 95 % of draws.

    An entity's rows go up or down together; a bin varies at least as independent answers do.
    """
    residual = np.zeros(len(said))
    for mine in bins:
        residual[mine] = true[mine] - said[mine] - (true[mine].mean() - said[mine].mean())
    names = np.unique(groups)
    sums = np.array([[residual[mine & (groups == name)].sum() for mine in bins] for name in names])
    spread = sums.T @ sums * len(names) / max(len(names) - 1, 1)
    least = [(said[mine] * (1 - said[mine])).sum() for mine in bins]
    for place, one in enumerate(least):
        spread[place, place] = max(spread[place, place], one)
    drawn = np.random.default_rng(1).multivariate_normal(np.zeros(len(bins)), spread, DRAWS, check_valid="ignore")
    return float(np.quantile(np.abs(drawn).sum(axis=1), 0.95) / len(said))
