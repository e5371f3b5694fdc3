"""What the gate lets through week after week: many small steps, and models that are judged where they are at home."""

from __future__ import annotations

from collections import Counter

import numpy as np
from gate_study import AUC, Array, configured, evidence, models, promoted
from sklearn.linear_model import LogisticRegression

from validate.measures.scored_rows import ScoredRows


def creep(step: float, weeks: int, rows: int, trials: int, resamples: int, *, anchored: bool) -> tuple[float, float]:
    """The true ROC AUC after so many weekly challengers, each `step` from its champion, and how many were promoted."""
    config, groups = configured(resamples=resamples), np.arange(rows)
    ends, shares = [], []
    for trial in range(trials):
        rng, champion, anchor, changes = np.random.default_rng([trial, rows]), AUC, AUC, 0
        for _ in range(weeks):
            challenger = champion + step
            one, two, three = models(rng, (champion, challenger, anchor), groups)
            held = anchored and anchor != champion
            found = evidence(config, one, two, three if held else None)
            to_anchor = found.to_anchor if held else found.difference
            assert to_anchor is not None
            if promoted(found)["not_worse"] and (not held or to_anchor.low >= -config.gate.margin):
                champion, changes = challenger, changes + 1
                anchor = challenger if to_anchor.low > 0 else anchor
        ends.append(champion)
        shares.append(changes / weeks)
    return float(np.mean(ends)), float(np.mean(shares))


def home_advantage(held_out: int, trials: int, resamples: int, rows_a_day: int = 1000) -> dict[str, float]:
    """Weeks in which nothing but the day changes: what counts is a little different each day, as it happens.

    A model knows the days that it was trained on better than others, so on those its score is no forecast. With
    `held_out` days at the window's end both models are judged on days that neither saw; 0: on the test part of all.
    """
    config, counts = configured(resamples=resamples), Counter[str]()
    for trial in range(trials):
        rng = np.random.default_rng([trial, held_out])
        days = [_day(rng, rows_a_day) for _ in range(21)]
        champion = _fit(days[: 7 - held_out])
        challenger = _fit(days[7 : 14 - held_out])
        judged = days[14 - held_out : 14] if held_out else days[7:14]
        tests = [(features[test], target[test]) for features, target, test in judged]
        found = evidence(config, *(_score(model, tests) for model in (champion, challenger)))
        later = [(features, target) for features, target, _ in days[14:]]
        next_week = evidence(configured(resamples=99), *(_score(model, later) for model in (champion, challenger)))
        assert next_week.difference is not None
        for name, passed in promoted(found).items():
            counts[name] += passed
            counts[f"{name} in vain"] += passed and next_week.difference.value <= 0
    return {name: count / trials for name, count in sorted(counts.items())}


def _day(rng: np.random.Generator, rows: int) -> tuple[Array, Array, Array]:
    features = rng.normal(size=(rows, 20))
    slope = 0.35 + 0.25 * rng.normal(size=20)
    target = (rng.random(rows) < 1 / (1 + np.exp(-features @ slope))).astype(np.intp)
    return features, target, rng.random(rows) < 0.2


def _fit(days: list[tuple[Array, Array, Array]]) -> LogisticRegression:
    features, target = (np.concatenate([day[part][~day[2]] for day in days]) for part in (0, 1))
    return LogisticRegression().fit(features, target)


def _score(model: LogisticRegression, days: list[tuple[Array, Array]]) -> ScoredRows:
    features, target = (np.concatenate([day[part] for day in days]) for part in (0, 1))
    return ScoredRows(target, model.predict_proba(features))
