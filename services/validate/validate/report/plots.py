"""The plots of a training's page."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from sklearn.metrics import precision_recall_curve, roc_curve

from analysis import plots
from validate.evaluation.compare import Comparison
from validate.evaluation.evidence import Measure
from validate.evaluation.live_metrics import Live
from validate.evaluation.scored_rows import Outcome
from validate.report.importance import Importance

MOST_COLUMNS = 15


def figures(comparison: Comparison, weights: list[Importance]) -> dict[str, Markup]:
    """By name; which there are depends on the task, and on what there is to compare."""
    report = comparison.report
    both = [("challenger", comparison.challenger)]
    if comparison.champion is not None:
        both.append(("champion", comparison.champion))
    drawn: dict[str, Markup] = {}
    main = next((each for each in report.measures if each.name == report.metric), None)
    if main is not None and main.difference is not None and np.isfinite(main.difference.low):
        drawn["difference"] = _difference(main, report.rules)
    if report.rows:
        if not report.classes:
            drawn |= _regression(comparison.challenger)
        elif len(report.classes) == 2:
            drawn |= _binary(both)
        else:
            drawn["roc"] = _one_against_rest(comparison.challenger, report.classes)
        if report.classes:
            drawn["reliability"] = _reliability(comparison)
    if judged := [each for each in report.slices if each.difference is not None]:
        rows = [
            (f"{each.column} = {each.value}", each.difference.value, each.difference.low, each.difference.high)
            for each in judged
            if each.difference is not None
        ]
        drawn["slices"] = plots.intervals(
            "slices", f"Difference of {report.metric} by slice", rows, x=f"{report.metric}, challenger less champion"
        )
    if weights:
        top = weights[:MOST_COLUMNS]
        drawn["importance"] = plots.bars(
            "importance", "Permutation importance by column", [each.column for each in top],
            [each.mean for each in top], spread=[each.spread for each in top],
            x=f"fall of {report.metric} when shuffled",
        )  # fmt: skip
    return drawn


def live_figure(live: list[Live]) -> Markup:
    """The course of the metric on predicted days."""
    told = [each for each in live if each.metrics[each.metric] is not None]
    values = np.array([each.metrics[each.metric] for each in told], dtype=float)
    text = f"{told[0].metric if told else 'metric'} of predictions by day"
    days = np.array([np.datetime64(each.day) for each in told])
    return plots.lines("live", text, [("", days, values)], x="", y=told[0].metric, unit=False, markers=True)


def _difference(main: Measure, rules: list) -> Markup:  # type: ignore[type-arg]
    found = main.difference
    assert found is not None
    limit = next((rule.limit for rule in rules if rule.name in ("not_worse", "better")), 0.0)
    return plots.intervals(
        "difference", f"Difference of {main.name} with its interval",
        [("", found.value, found.low, found.high)], x=f"{main.name}, challenger less champion", marks=(limit,),
    )  # fmt: skip


def _binary(both: list[tuple[str, Outcome]]) -> dict[str, Markup]:
    roc, precision = [], []
    for label, outcome in both:
        positive, score = outcome.target == 1, outcome.scores[:, 1]
        if positive.all() or not positive.any():
            continue
        false, true, _ = roc_curve(positive, score)
        exact, recall, _ = precision_recall_curve(positive, score, drop_intermediate=True)
        roc.append((label, false, true))
        precision.append((label, recall[::-1], exact[::-1]))
    if not roc:
        return {}
    return {
        "roc": plots.lines("roc", "ROC curve", roc, x="false positive rate", y="true positive rate", diagonal=True),
        "precision_recall": plots.lines("pr", "Precision-recall curve", precision, x="recall", y="precision"),
        "scores": _scores(both[0][1]),
    }


def _scores(outcome: Outcome) -> Markup:
    edges = np.linspace(0, 1, 21)
    positive = outcome.target == 1
    first, second = (
        np.histogram(outcome.scores[part, 1], edges)[0] / max(int(part.sum()), 1) for part in (positive, ~positive)
    )
    return plots.two_histograms(
        "scores", "Scores of positive and of negative rows", [f"{edge:.2f}" for edge in edges[:-1]], list(first),
        list(second), names=("positive rows", "negative rows"), x="score of the challenger",
    )  # fmt: skip


def _one_against_rest(outcome: Outcome, classes: list[str]) -> Markup:
    curves = []
    for place, name in enumerate(classes[:8]):
        positive = outcome.target == place
        if positive.any() and not positive.all():
            false, true, _ = roc_curve(positive, outcome.scores[:, place])
            curves.append((name, false, true))
    return plots.lines(
        "roc", "ROC curves, each class against the rest", curves or [("", np.array([0, 1]), np.array([0, 1]))],
        x="false positive rate", y="true positive rate", diagonal=True,
    )  # fmt: skip


def _reliability(comparison: Comparison) -> Markup:
    report, series = comparison.report, []
    for label, scored in (("challenger", report.challenger), ("champion", report.champion)):
        if scored is not None and scored.calibration is not None:
            bins = scored.calibration.bins
            series.append((label, np.array([each.said for each in bins]), np.array([each.observed for each in bins])))
    return plots.lines(
        "reliability", "Reliability: probability said against fraction observed", series,
        x="probability said", y="fraction observed", diagonal=True, markers=True,
    )  # fmt: skip


def _regression(outcome: Outcome) -> dict[str, Markup]:
    order = np.argsort(outcome.scores, kind="stable")
    said, true = outcome.scores[order], outcome.target[order]
    return {
        "actual": plots.cloud(
            "actual", "Predicted against actual", said, true, x="predicted", y="actual", line="diagonal"
        ),
        "residuals": plots.cloud(
            "residuals",
            "Residuals against predicted",
            said,
            true - said,
            x="predicted",
            y="actual less predicted",
            line="zero",
        ),
    }
