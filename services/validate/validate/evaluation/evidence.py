"""From all models' scored rows to the evidence that the gate's rules judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from analysis.rows import classes as class_names
from contract.config import Config
from contract.config.model import Costs
from validate.evaluation.baseline import Answers
from validate.evaluation.rarer import rarer
from validate.evaluation.slicing import Piece, pieces, shown, slices
from validate.gate.above_baseline import Baseline
from validate.gate.gate import Evidence
from validate.measures.bootstrap import Draws, Interval, Weighted, draw, interval
from validate.measures.calibration import calibration
from validate.measures.clusters import Clusters, degrees_of_freedom
from validate.measures.lift import LEAST_LIFT, lift
from validate.measures.metrics import values, why_untold
from validate.measures.scored_rows import ScoredRows
from validate.measures.weighted import affordable, by_class, one_by_one, weighted

_BRIER = "neg_brier_score"


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """One score of both models, with the interval of each and of the difference."""

    name: str
    challenger: Interval | None
    champion: Interval | None
    difference: Interval | None


@dataclass(frozen=True)
class Gathered:
    """The gate's evidence, and what is shown beside it."""

    evidence: Evidence
    measures: list[Measure]
    costs: Measure | None
    """Mean cost of a row; smaller is better."""


@dataclass(frozen=True)
class _Drawn:
    """All that was drawn, and how its intervals are made."""

    draws: Mapping[str, Draws]
    confidence: float
    by_row: float
    by_class: float
    """Degrees of freedom of the two kinds of scores."""

    def difference(self, name: str, one: str = "challenger", other: str = "champion") -> Draws | None:
        """The difference of two models' scores; None where one of them was not drawn."""
        first, second = self.draws.get(f"{name}:{one}"), self.draws.get(f"{name}:{other}")
        return None if first is None or second is None else first - second

    def interval(self, name: str, drawn: Draws | None) -> Interval | None:
        """The interval of a score, or of a difference in it."""
        return interval(drawn, self.by_class if by_class(name) else self.by_row, self.confidence)

    def measure(self, name: str, own: float | None = None, old: float | None = None) -> Measure:
        """A score of both; where nothing was drawn, the bare values."""

        def known(drawn: Draws | None, value: float | None) -> Interval | None:
            found = self.interval(name, drawn)
            return Interval(value=value, low=np.nan, high=np.nan) if found is None and value is not None else found

        return Measure(
            name=name,
            challenger=known(self.draws.get(f"{name}:challenger"), own),
            champion=known(self.draws.get(f"{name}:champion"), old),
            difference=known(self.difference(name), None if own is None or old is None else own - old),
        )


def gather(
    config: Config,
    metric: str,
    wanted: list[str],
    challenger: ScoredRows,
    champion: ScoredRows | None,
    anchor: ScoredRows | None = None,
    baseline: Answers | None = None,
) -> Gathered:
    """All scores in `wanted` (the training's `metric` among them), with intervals where they are affordable.

    The metric always has one, unless the rows cannot tell it: overall, in the slices, and against the anchor and the
    baseline.
    """
    classes = challenger.scores.shape[1] if challenger.scores.ndim > 1 else 0
    rows, gate, costs = len(challenger.target), config.gate, config.decision.costs
    clusters = challenger.clusters
    found, more = shown(list(pieces(gate, challenger, clusters)))
    own = values(wanted, challenger, classes)
    old = None if champion is None else values(wanted, champion, classes)
    models = {"challenger": challenger} | ({} if champion is None else {"champion": champion})
    drawn = _Drawn(
        _draw(config, metric, wanted, models, _further(anchor, baseline), found, clusters),
        gate.confidence,
        degrees_of_freedom(clusters),
        degrees_of_freedom(clusters, challenger.target if classes else None),
    )
    brier = drawn.interval(_BRIER, drawn.difference(_BRIER))
    evidence = Evidence(
        metric=metric,
        rows=rows,
        groups=clusters.count,
        challenger=own,
        champion=old,
        difference=drawn.interval(metric, drawn.difference(metric)),
        to_anchor=drawn.interval(metric, drawn.difference(metric, other="anchor")),
        baseline=None if baseline is None else _lifted(config, metric, wanted, baseline, drawn),
        rarer=rarer(config, metric, challenger),
        slices=slices(found, metric, models, drawn.draws, gate.confidence, by_class=by_class(metric) and classes > 0),
        more_slices=more,
        calibration=calibration(challenger, gate.confidence, config.training.seed),
        brier=brier and Interval(value=-brier.value, low=-brier.high, high=-brier.low),
        absent=[name for code, name in enumerate(class_names(config)) if not (challenger.target == code).any()],
        untold=_untold(metric, models, {"challenger": own, "champion": old}, classes),
        has_costs=costs is not None,
        cost=drawn.interval("cost", drawn.difference("cost")),
    )
    measures = [drawn.measure(name, own[name], None if old is None else old[name]) for name in wanted]
    return Gathered(evidence, measures, drawn.measure("cost") if costs is not None else None)


def _untold(
    metric: str, models: Mapping[str, ScoredRows], scores: Mapping[str, Mapping[str, float | None] | None], classes: int
) -> str | None:
    """Why the metric of a model is not known; it is only scored again where it is not."""
    unknown = [scored for name, scored in models.items() if (scores[name] or {}).get(metric) is None]
    return next((why for scored in unknown if (why := why_untold(metric, scored, classes))), None)


def _draw(
    config: Config,
    metric: str,
    wanted: list[str],
    models: Mapping[str, ScoredRows],
    others: Mapping[str, ScoredRows],
    found: list[Piece],
    clusters: Clusters,
) -> dict[str, Draws]:
    """Every statistic's draws by `score:model` or `slice:model`, from the same resamples of the groups.

    A metric without a form that takes weights is scored anew for every resample, so it gets fewer of them.
    """
    challenger, gate = models["challenger"], config.gate
    classes = challenger.scores.shape[1] if challenger.scores.ndim > 1 else 0
    statistics: dict[str, Weighted] = {}
    # the Brier score is a rule of its own, whether it is among the scores that are shown or not
    for name in dict.fromkeys([*wanted, *([_BRIER] if classes else [])]):
        for model, scored in models.items():
            if (statistic := weighted(name, scored, classes)) is not None:
                statistics[f"{name}:{model}"] = statistic
    if config.decision.costs is not None:
        statistics |= {f"cost:{model}": _cost(scored, config.decision.costs) for model, scored in models.items()}

    def of_metric(scored: ScoredRows) -> Weighted:
        return weighted(metric, scored, classes) or one_by_one(metric, scored, classes)

    further = {f"{metric}:{model}": of_metric(scored) for model, scored in others.items()}
    if "champion" in models:
        judged = [piece for piece in found if piece.judged]
        further |= {
            f"{piece.key}:{model}": piece.of(of_metric(scored.part(piece.rows)))
            for piece in judged
            for model, scored in models.items()
        }
    seed = config.training.seed
    if f"{metric}:challenger" in statistics:
        return draw(statistics | further, clusters, resamples=gate.resamples, seed=seed)
    further |= {f"{metric}:{model}": of_metric(scored) for model, scored in models.items()}
    fewer = affordable(gate.resamples, clusters.rows, len(further))
    return draw(statistics, clusters, resamples=gate.resamples, seed=seed) | draw(
        further, clusters, resamples=fewer, seed=seed
    )


def _further(anchor: ScoredRows | None, baseline: Answers | None) -> dict[str, ScoredRows]:
    """What only the metric is asked of."""
    return ({} if anchor is None else {"anchor": anchor}) | ({} if baseline is None else {"baseline": baseline.rows})


def _lifted(config: Config, metric: str, wanted: list[str], answers: Answers, drawn: _Drawn) -> Baseline:
    least = config.gate.min_lift
    classes = answers.rows.scores.shape[1] if answers.rows.scores.ndim > 1 else 0
    own, other = drawn.draws[f"{metric}:challenger"], drawn.draws[f"{metric}:baseline"]
    return Baseline(
        text=answers.text,
        metrics=values(wanted, answers.rows, classes),
        lift=drawn.interval(metric, lift(metric, own, other)),
        least=LEAST_LIFT[config.table.task] if least is None else least,
        of_group=answers.of_group,
    )


def _cost(scored: ScoredRows, costs: Costs) -> Weighted:
    wrong = scored.predicted != scored.target
    cost_of_row = np.where(scored.target == 1, costs.false_negative, costs.false_positive) * wrong
    return lambda weights: (weights @ cost_of_row) / weights.sum(axis=1, dtype=np.float64)
