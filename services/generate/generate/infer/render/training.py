"""The text of `[training]`: the window, and the candidates to choose from."""

from __future__ import annotations

from generate.infer.schema import TableSchema
from generate.split.proposal import WINDOW_DAYS, Proposal

NO_TIME = "# test_days = 0  # for days that `generate split --days` makes, which are no time: rows of all of them judge"

FOREST_ROWS = 5_000
"""With more, boosting is as good, and a forest's file is large."""

CANDIDATES = {
    "binary": ("linear_model.LogisticRegression", "{ max_iter = 1000 }", "ensemble.HistGradientBoostingClassifier"),
    "multiclass": ("linear_model.LogisticRegression", "{ max_iter = 1000 }", "ensemble.HistGradientBoostingClassifier"),
    "regression": ("linear_model.Ridge", "{ alpha = 1.0 }", "ensemble.HistGradientBoostingRegressor"),
}


def training(schema: TableSchema, proposal: Proposal | None) -> list[str]:
    """The lines of `[training]`; `proposal`: how many days its window has."""
    linear, params, trees = CANDIDATES[schema.task]
    days = proposal.window_days if proposal is not None else WINDOW_DAYS
    return [
        "[training]",
        f"window_days = {days}  # train on the rows of the last so many days",
        *([NO_TIME] if proposal is not None and proposal.by is None else ()),
        "target_delay_days = 0  # labels that come later move the window back",
        "folds = 3  # of the cross-validation that picks the best candidate",
        "seed = 0",
        "",
        "[[training.candidates]]",
        'name = "linear"',
        f'estimator = "sklearn.{linear}"',
        f"params = {params}",
        "",
        "[[training.candidates]]",
        'name = "trees"',
        f'estimator = "sklearn.{trees}"',
        "params = { max_iter = 100, early_stopping = false }",
        "",
        *(_forest(schema) if schema.rows <= FOREST_ROWS else ()),
    ]


def _forest(schema: TableSchema) -> list[str]:
    kind = "Regressor" if schema.task == "regression" else "Classifier"
    return [
        "[[training.candidates]]",
        'name = "forest"  # of few rows boosting learns too much by heart',
        f'estimator = "sklearn.ensemble.RandomForest{kind}"',
        "params = { n_estimators = 100, min_samples_leaf = 3 }",
        "",
    ]
