"""First models, of no use and of some, against the baseline: what the real gate lets in."""

from __future__ import annotations

from collections import Counter

import msgspec
import numpy as np
from gate_study import POSITIVE, Array, configured, models
from sklearn import config_context

from contract.config import Config
from contract.config.data import Column
from contract.config.model import Gate
from validate.evaluation.baseline import best_baseline
from validate.evaluation.evidence import gather
from validate.evaluation.judged_rows import JudgedRows
from validate.gate.gate import judge
from validate.measures.scored_rows import ScoredRows

PRIORS = {"priors": {"no": 1 - POSITIVE, "yes": POSITIVE}}


def classes(groups: Array, auc: float, trials: int, resamples: int) -> dict[str, float]:
    """Decisions on first models of this true ROC AUC, by a gate that asks for nothing else."""
    config = configured(resamples=resamples, min_test_rows=1)
    rng = np.random.default_rng([len(groups), round(auc * 1000)])
    scored = (models(rng, (auc,), groups)[0] for _ in range(trials))
    return _decisions(config, "roc_auc", PRIORS, list(scored))


def numbers(groups: Array, r2: float, trials: int, resamples: int) -> dict[str, float]:
    """The same for a regression; a group has a level of its own, which is half of the target's variance."""
    config = _regression(resamples)
    rng, count, scored = np.random.default_rng([len(groups), round(r2 * 1000)]), int(groups.max()) + 1, []
    for _ in range(trials):
        noise = (rng.normal(size=count)[groups] + rng.normal(size=len(groups))) / np.sqrt(2)
        # the best prediction explains r2 of the variance; without signal it is noise of its own around the mean
        said = np.sqrt(r2) * rng.normal(size=len(groups)) if r2 else 0.05 * rng.normal(size=len(groups))
        target = said + np.sqrt(1 - r2) * noise if r2 else noise
        scored.append(ScoredRows(target, said, groups=groups))
    return _decisions(config, "r2", {"constants": {"mean": 0.0, "median": 0.0}}, scored)


def _decisions(
    config: Config, metric: str, recorded: dict[str, dict[str, float]], scored: list[ScoredRows]
) -> dict[str, float]:
    counts, gate, part = Counter[str](), Gate(min_test_rows=1), JudgedRows([], "")
    for rows in scored:
        answers = best_baseline(config, metric, recorded, part, [], rows)
        with config_context(skip_parameter_validation=True, assume_finite=True):
            found = gather(config, metric, [metric], rows, None, None, answers).evidence
        counts[judge(gate, found).decision] += 1
    return {word: counts[word] / len(scored) for word in ("promoted", "refused", "undecided")}


def _regression(resamples: int) -> Config:
    config = configured(resamples=resamples, min_test_rows=1)
    table = msgspec.structs.replace(config.table, task="regression", positive=None)
    return msgspec.structs.replace(config, table=table, columns=config.columns | {"y": Column(type="number")})
