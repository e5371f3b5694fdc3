"""What a model said about the test rows as a drift reference: rows that it was not fitted on, so an honest one."""

from __future__ import annotations

from analysis.drift import Column
from analysis.reference import binned
from analysis.rows import Categorical
from validate.evaluation.compare import Comparison


def said_column(comparison: Comparison) -> Column:
    """The challenger's, under the name of a column of predictions."""
    outcome, names = comparison.challenger, comparison.report.classes
    if not names:
        return binned("prediction", outcome.scores)[0]
    if len(names) == 2:
        return binned("score", outcome.scores[:, 1])[0]
    return binned("prediction", Categorical(outcome.answers, names))[0]
