"""Pairs of simulated models whose true ROC AUC is known, and what the real gate makes of them.

Scores are binormal, those of two models share most of what they know (correlation RHO within a class).
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np
from scipy import stats
from sklearn import config_context

from contract.config import Config
from contract.config.model import Gate
from validate.evaluation.evidence import gather
from validate.gate.gate import Evidence, judge
from validate.measures.scored_rows import ScoredRows

RHO = 0.9
AUC = 0.80
POSITIVE = 0.3
OWN_DAY = 0.1
"""Of a score's noise, what is new each time that a customer comes back; the rest, and the label, come back, too."""

Array = np.ndarray[Any, Any]


def configured(**gate: Any) -> Config:
    """A configuration of a binary task with these settings of the gate."""
    columns = {"x": {"type": "number"}, "word": {"type": "category"}, "other": {"type": "category"}}
    return msgspec.convert(
        {
            "pipeline": {"name": "study"},
            "source": {"kind": "files"},
            "table": {"target": "y", "task": "binary", "positive": "yes"},
            "columns": columns | {"y": {"type": "category", "values": ["no", "yes"]}},
            "training": {"candidates": [{"name": "any", "estimator": "sklearn.linear_model.LogisticRegression"}]},
            "schedule": {"first_day": "2026-01-01"},
            "gate": gate,
        },
        Config,
    )


def models(rng: np.random.Generator, aucs: tuple[float, ...], groups: Array, **rows: Any) -> list[ScoredRows]:
    """Rows of these groups, scored by models with these true ROC AUCs; `groups`: the number of each row's group."""
    count = int(groups.max()) + 1
    covariance = np.full((len(aucs), len(aucs)), RHO) + (1 - RHO) * np.eye(len(aucs))
    own, root = np.linalg.cholesky(covariance), len(aucs)
    target = (rng.random(count) < POSITIVE).astype(np.intp)[groups]
    lasting, new = (rng.normal(size=(size, root)) @ own.T for size in (count, len(groups)))
    once = len(groups) == count
    noise = lasting if once else np.sqrt(1 - OWN_DAY) * lasting[groups] + np.sqrt(OWN_DAY) * new
    scored = []
    for index, auc in enumerate(aucs):
        # the AUC of two normal distributions at a distance d of each other is Phi(d / sqrt 2)
        score = stats.norm.cdf(noise[:, index] + target * np.sqrt(2) * stats.norm.ppf(auc))
        scored.append(ScoredRows(target, np.column_stack([1 - score, score]), groups=groups, **rows))
    return scored


def evidence(
    config: Config, champion: ScoredRows | None, challenger: ScoredRows, anchor: ScoredRows | None = None
) -> Evidence:
    """What the gate's rules are held against, as validate gathers it."""
    with config_context(skip_parameter_validation=True, assume_finite=True):  # half of the time
        return gather(config, "roc_auc", ["roc_auc"], challenger, champion, anchor).evidence


def promoted(found: Evidence) -> dict[str, bool]:
    """Whether each kind of gate promotes by the comparison alone."""
    # a few rows of few positives are judged here, too: what the interval alone is worth
    gates = {"better": Gate(require="better", min_test_rows=1), "not_worse": Gate(min_test_rows=1)}
    return {name: judge(gate, found).decision == "promoted" for name, gate in gates.items()}


def study(
    groups: Array | int, gap: float, trials: int, resamples: int, seed: int = 1
) -> tuple[dict[str, float], float]:
    """Promotions by gate as fractions, and the mean width of the interval; `groups` of the rows, or how many rows."""
    groups = np.arange(groups) if isinstance(groups, int) else groups
    rng, config = np.random.default_rng([seed, len(groups), round(gap * 1000) % 997]), configured(resamples=resamples)
    counts, widths = Counter[str](), []
    for _ in range(trials):
        found = evidence(config, *models(rng, (AUC, AUC + gap), groups))
        assert found.difference is not None
        widths.append(found.difference.high - found.difference.low)
        counts.update({name: int(passed) for name, passed in promoted(found).items()})
    return {name: counts[name] / trials for name in ("better", "not_worse")}, float(np.mean(widths))


def recurring(kind: str, groups: int) -> Array:
    """The group of each row: how often, and how evenly, customers come back."""
    rng, numbers = np.random.default_rng(5), np.arange(groups)
    if kind == "unequal days":
        # of seven days the first has nearly all customers, the last few of them
        days = [numbers[rng.random(groups) < share] for share in (0.9, 0.6, 0.4, 0.25, 0.15, 0.1, 0.05)]
        return np.unique(np.concatenate(days), return_inverse=True)[1]
    if kind == "unequal customers":
        return np.repeat(numbers, np.minimum(rng.zipf(1.8, groups), 100))
    return np.repeat(numbers, int(kind.split(maxsplit=1)[0]))


def slices(count: int, rows: int, drop: float, trials: int, resamples: int) -> dict[str, float]:
    """How often a model is refused by the guard that is equal, or whose ROC AUC drops by `drop` in the first slice."""
    names = ("word", "other") if count > 20 else ("word",)
    config = configured(resamples=resamples, slices=names, slice_margin=0.05, min_slice_rows=min(rows, 50))
    rng, decisions = np.random.default_rng([count, rows, round(drop * 100)]), Counter[str]()
    # each row is in one slice of each column
    each = count // len(names)
    words = {name: np.array([f"w{number}" for number in np.arange(each * rows) % each], object) for name in names}
    inside = words["word"] == "w0"
    for _ in range(trials):
        for name in names[1:]:
            words[name] = rng.permutation(words[name])
        groups = np.arange(each * rows)
        champion, challenger, worse = models(rng, (AUC, AUC, AUC - drop), groups, slices=dict(words))
        scores = np.where(inside[:, None], worse.scores, challenger.scores)
        found = evidence(config, champion, rescored(challenger, scores))
        rules = [rule for rule in judge(config.gate, found).rules if rule.name.startswith("slices")]
        words_of = {rule.verdict for rule in rules}
        decisions["failed" if "failed" in words_of else "unknown" if "unknown" in words_of else "passed"] += 1
    return {word: decisions[word] / trials for word in ("failed", "unknown")}


def rescored(scored: ScoredRows, scores: Array) -> ScoredRows:
    """The same rows with other scores."""
    return ScoredRows(scored.target, scores, slices=scored.slices, groups=scored.groups)


def calibrated(rows: int, error: float, limit: float, trials: int) -> dict[str, float]:
    """Decisions on a model whose probabilities are `error` too high, under a limit of the calibration error."""
    config = configured(resamples=99, max_calibration_error=limit, min_test_rows=1)
    rng, decisions = np.random.default_rng([rows, round(error * 100)]), Counter[str]()
    for _ in range(trials):
        true = rng.beta(2, 3, rows) * (1 - error)
        target = (rng.random(rows) < true).astype(np.intp)
        said = true + error
        scored = ScoredRows(target, np.column_stack([1 - said, said]))
        found = evidence(config, None, scored)
        decisions[judge(config.gate, found).decision] += 1
    return {word: decisions[word] / trials for word in ("refused", "undecided", "promoted")}


def naive(of_row: Array, trials: int, resamples: int) -> float:
    """Promotions by `better` of equal models when each row is taken for an entity of its own."""
    rng, config, count = np.random.default_rng(len(of_row)), configured(resamples=resamples), 0
    for _ in range(trials):
        champion, challenger = (ScoredRows(scored.target, scored.scores) for scored in models(rng, (AUC, AUC), of_row))
        count += promoted(evidence(config, champion, challenger))["better"]
    return count / trials
