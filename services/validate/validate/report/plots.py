"""The plots of a training's report."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup
from sklearn.metrics import precision_recall_curve, roc_curve

from analysis.pages import plots
from validate.evaluation.compare import Comparison
from validate.evaluation.evidence import Measure
from validate.gate.rules import Rule
from validate.live.metrics import LiveMetrics
from validate.measures.scored_rows import ScoredRows
from validate.report.importance import Importance

MOST_COLUMNS = 15


def training_plots(comparison: Comparison, importances: list[Importance]) -> dict[str, Markup]:
    """The plots by name; which there are depends on the task, and on what there is to compare."""
    report = comparison.report
    both = [("challenger", comparison.challenger)]
    if comparison.champion is not None:
        both.append(("champion", comparison.champion))
    drawn: dict[str, Markup] = {}
    main = next((measure for measure in report.measures if measure.name == report.metric), None)
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
    if comparable := [part for part in report.slices if part.difference is not None]:
        rows = _readable(
            [
                (f"{part.column} = {part.value}", part.difference.value, part.difference.low, part.difference.high)
                for part in comparable
                if part.difference is not None
            ]
        )
        drawn["slices"] = plots.intervals(
            "slices", f"Difference of {report.metric} by slice", rows, x=f"{report.metric}, challenger less champion"
        )
    if importances:
        top = importances[:MOST_COLUMNS]
        drawn["importance"] = plots.bars(
            "importance", "Permutation importance by column", [column.column for column in top],
            [column.mean for column in top], spread=[column.spread for column in top],
            x=f"fall of {report.metric} when shuffled",
        )  # fmt: skip
    return drawn


def _readable(rows: list[tuple[str, float, float, float]]) -> list[tuple[str, float, float, float]]:
    """With intervals that a few rows make wider than all others are cut off, so that these can still be told apart."""
    reach = 3 * float(np.median([max(high - value, value - low) for _, value, low, high in rows]))
    reach = max(reach, 2 * max(abs(value) for _, value, _, _ in rows))
    return [(name, value, max(low, value - reach), min(high, value + reach)) for name, value, low, high in rows]


def live_plot(live: list[LiveMetrics]) -> Markup | None:
    """The course of the newest metric on predicted days; None where no day has one."""
    known = [day for day in live if day.value is not None]
    if not known:
        return None
    metric = known[-1].metric
    known = [day for day in known if day.metric == metric]
    values = np.array([day.value for day in known], dtype=float)
    days = np.array([np.datetime64(day.day) for day in known])
    text = f"{metric} of predictions by day"
    return plots.lines("live", text, [("", days, values)], x="", y=metric, unit=False, markers=True)


def _difference(main: Measure, rules: list[Rule]) -> Markup:
    difference = main.difference
    assert difference is not None
    limit = next((rule.limit for rule in rules if rule.name in ("not_worse", "better")), 0.0)
    return plots.intervals(
        "difference", f"Difference of {main.name} with its interval",
        [("", difference.value, difference.low, difference.high)], x=f"{main.name}, challenger less champion",
        marks=(limit,),
    )  # fmt: skip


def _binary(both: list[tuple[str, ScoredRows]]) -> dict[str, Markup]:
    roc, precision_recall = [], []
    for label, scored in both:
        positive, score = scored.target == 1, scored.scores[:, 1]
        if positive.all() or not positive.any():
            continue
        false_positive_rate, true_positive_rate, _ = roc_curve(positive, score)
        precision, recall, _ = precision_recall_curve(positive, score, drop_intermediate=True)
        roc.append((label, false_positive_rate, true_positive_rate))
        precision_recall.append((label, recall[::-1], precision[::-1]))
    if not roc:
        return {}
    return {
        "roc": plots.lines("roc", "ROC curve", roc, x="false positive rate", y="true positive rate", diagonal=True),
        "precision_recall": plots.lines("pr", "Precision-recall curve", precision_recall, x="recall", y="precision"),
        "scores": _scores(both[0][1]),
    }


def _scores(scored: ScoredRows) -> Markup:
    edges = np.linspace(0, 1, 21)
    positive = scored.target == 1
    first, second = (
        np.histogram(scored.scores[part, 1], edges)[0] / max(int(part.sum()), 1) for part in (positive, ~positive)
    )
    return plots.two_histograms(
        "scores", "Scores of positive and of negative rows", [f"{edge:.2f}" for edge in edges[:-1]], list(first),
        list(second), names=("positive rows", "negative rows"), x="score of the challenger",
    )  # fmt: skip


def _one_against_rest(scored: ScoredRows, classes: list[str]) -> Markup:
    curves = []
    for code, name in enumerate(classes):
        positive = scored.target == code
        if positive.any() and not positive.all():
            false_positive_rate, true_positive_rate, _ = roc_curve(positive, scored.scores[:, code])
            curves.append((name, false_positive_rate, true_positive_rate))
    return plots.lines(
        "roc", "ROC curves, each class against the rest", curves or [("", np.array([0, 1]), np.array([0, 1]))],
        x="false positive rate", y="true positive rate", diagonal=True,
    )  # fmt: skip


def _reliability(comparison: Comparison) -> Markup:
    report, series = comparison.report, []
    for label, model in (("challenger", report.challenger), ("champion", report.champion)):
        if model is not None and model.calibration is not None:
            bins = model.calibration.bins
            series.append((label, np.array([part.said for part in bins]), np.array([part.observed for part in bins])))
    return plots.lines(
        "reliability", "Reliability: probability said against fraction observed", series,
        x="probability said", y="fraction observed", diagonal=True, markers=True,
    )  # fmt: skip


def _regression(scored: ScoredRows) -> dict[str, Markup]:
    order = np.argsort(scored.scores, kind="stable")
    y_pred, y_true = scored.scores[order], scored.target[order]
    return {
        "actual": plots.cloud(
            "actual", "Predicted against actual", y_pred, y_true, x="predicted", y="actual", line="diagonal"
        ),
        "residuals": plots.cloud(
            "residuals",
            "Residuals against predicted",
            y_pred,
            y_true - y_pred,
            x="predicted",
            y="actual less predicted",
            line="zero",
        ),
    }
