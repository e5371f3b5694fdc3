"""The text of `[training]`: the window, and the candidates to choose from."""

from __future__ import annotations

from generate.infer.render.toml_text import value
from generate.infer.schema import TableSchema
from generate.split.proposal import WINDOW_DAYS, Proposal

NO_TIME = "# test_days = 0  # for days that `generate split --days` makes, which are no time: rows of all of them judge"

BY_DAY = 'cross_validation = "by_day"  # fit on earlier days, score later ones: shuffled folds make trends look easy'

FEW_ROWS = 5_000
"""With more, boosting is as good, and a forest's file is large."""

MOST_BOOSTED = 50
"""Classes: boosting grows a tree for each in each round, four minutes a fit for 80 classes of 4,000 rows."""

FEWEST_DAYS = 7
"""With rows, of a window, for folds in time: a third of them may be held out, and three folds need four."""

CANDIDATES = {
    "binary": ("linear_model.LogisticRegression", "{ max_iter = 1000 }", "ensemble.HistGradientBoostingClassifier"),
    "multiclass": ("linear_model.LogisticRegression", "{ max_iter = 1000 }", "ensemble.HistGradientBoostingClassifier"),
    "regression": ("linear_model.Ridge", "{ alpha = 1.0 }", "ensemble.HistGradientBoostingRegressor"),
}


def training(schema: TableSchema, proposal: Proposal | None) -> list[str]:
    """The lines of `[training]`; `proposal`: how many days its window has."""
    linear, params, trees = CANDIDATES[schema.task]
    few, boosts = schema.rows <= FEW_ROWS, len(schema.classes) <= MOST_BOOSTED
    days = proposal.window_days if proposal is not None else WINDOW_DAYS
    return [
        "[training]",
        f"window_days = {days}  # train on the rows of the last so many days",
        *([NO_TIME] if proposal is not None and proposal.by is None else ()),
        "target_delay_days = 0  # labels that come later move the window back",
        "folds = 3  # of the cross-validation that picks the best candidate",
        *([BY_DAY] if _in_time(schema, proposal) else ()),
        "seed = 0",
        "",
        "[[training.candidates]]",
        'name = "linear"',
        f'estimator = "sklearn.{linear}"',
        f"params = {params}",
        "",
        *(_boosting(schema, trees) if boosts else ()),
        *(_forest(schema) if few or not boosts else ()),
        *(_blend(schema, boosts) if few else ()),
    ]


def _in_time(schema: TableSchema, proposal: Proposal | None) -> bool:
    """Whether candidates are best compared in time: of classes a rare one may lack on the first days."""
    if schema.task != "regression" or proposal is None or proposal.by is None:
        return False
    return proposal.days_in_window >= FEWEST_DAYS


def _boosting(schema: TableSchema, estimator: str) -> list[str]:
    # leaves of a rare class weigh next to nothing: without a penalty their steps have no bound
    penalty = "" if schema.task == "regression" else ", l2_regularization = 10"
    return [
        "[[training.candidates]]",
        'name = "trees"',
        f'estimator = "sklearn.{estimator}"',
        f"params = {{ max_iter = 100, early_stopping = false{penalty} }}",
        "",
    ]


def _forest(schema: TableSchema) -> list[str]:
    kind = "Regressor" if schema.task == "regression" else "Classifier"
    few = schema.rows <= FEW_ROWS
    why = "on few rows boosting overfits" if few else "for many classes, of which boosting takes hours"
    most = "" if few else ", max_leaf_nodes = 500"
    return [
        "[[training.candidates]]",
        f'name = "forest"  # {why}',
        f'estimator = "sklearn.ensemble.RandomForest{kind}"',
        f"params = {{ n_estimators = 100, min_samples_leaf = 3{most} }}",
        "",
    ]


def _blend(schema: TableSchema, boosts: bool) -> list[str]:
    names = ["linear", *(["trees"] if boosts else ()), "forest"]
    kind, soft = ("Regressor", "") if schema.task == "regression" else ("Classifier", ', voting = "soft"')
    return [
        "[[training.candidates]]",
        'name = "blend"  # the mean of their answers: few rows do not show for sure which one is best',
        f'estimator = "sklearn.ensemble.Voting{kind}"',
        f"params = {{ estimators = {value(names)}{soft} }}",
        "",
    ]
