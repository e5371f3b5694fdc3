"""The same model in plain scikit-learn, fitted on the rows that the oracle thinks may train; and scores by it."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pandas as pd
from plain.settings import Settings
from sklearn import metrics
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

Array = np.ndarray[Any, Any]


def features(rows: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The features as scikit-learn takes them."""
    kinds = settings.features
    return pd.DataFrame(
        {
            name: pd.Series(
                [math.nan if value is None else value for value in rows[name]],
                dtype=object if kind == "category" else float,
                index=rows.index,
            )
            for name, kind in kinds.items()
        }
    )


def fitted(rows: pd.DataFrame, settings: Settings) -> Any:
    """What train must come to on these rows."""
    frame = features(rows, settings)
    filled = [name for name in frame if frame[name].notna().any()]
    words = [name for name in filled if settings.features[name] == "category"]
    numbers = [name for name in filled if name not in words]
    prepare = ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore"), words),
            ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), numbers),
        ]
    )
    estimator = Ridge() if settings.task == "regression" else LogisticRegression(max_iter=1000, tol=1e-6)
    target = rows[settings.target].to_numpy(dtype=float if settings.task == "regression" else object)
    return make_pipeline(prepare, estimator).fit(frame, target)


def scores(model: Any, rows: pd.DataFrame, settings: Settings) -> Array:
    """A number for each row, or the probabilities of the classes in the order of pipeline.toml."""
    frame = features(rows, settings)
    if settings.task == "regression":
        return np.asarray(model.predict(frame), dtype=float)
    found = model.predict_proba(frame)
    own = list(model.classes_)
    return np.column_stack(
        [found[:, own.index(word)] if word in own else np.zeros(len(rows)) for word in settings.asked]
    )


def predicted(found: Array, settings: Settings) -> list[Any]:
    """The answer to each row: the number, or the class."""
    if settings.task == "regression":
        return [float(value) for value in found]
    if settings.task == "binary" and settings.threshold is not None:
        positive = settings.asked.index(settings.positive)
        return [settings.asked[positive if row[positive] >= settings.threshold else 1 - positive] for row in found]
    return [settings.asked[int(np.argmax(row))] for row in found]


def measured(name: str, truth: list[Any], found: Array, answers: list[Any], settings: Settings) -> float | None:
    """A score by scikit-learn itself; None where it cannot tell."""
    words = list(settings.asked)
    positive = settings.positive
    column = found[:, words.index(positive)] if settings.task == "binary" else None
    is_positive = [word == positive for word in truth]
    ways = {
        "roc_auc": lambda: metrics.roc_auc_score(is_positive, column),
        "average_precision": lambda: metrics.average_precision_score(is_positive, column),
        "neg_brier_score": lambda: -metrics.brier_score_loss(is_positive, column),
        "neg_log_loss": lambda: (
            -metrics.log_loss([words.index(word) for word in truth], found, labels=list(range(len(words))))
        ),
        "f1": lambda: metrics.f1_score(is_positive, [word == positive for word in answers]),
        "accuracy": lambda: metrics.accuracy_score(truth, answers),
        "balanced_accuracy": lambda: metrics.balanced_accuracy_score(truth, answers),
        "f1_macro": lambda: metrics.f1_score(truth, answers, average="macro"),
        "roc_auc_ovr": lambda: metrics.roc_auc_score(
            [words.index(word) for word in truth],
            found[:, 1] if len(words) == 2 else found,
            multi_class="ovr",
            labels=list(range(len(words))),
        ),
        "r2": lambda: metrics.r2_score(truth, found),
        "neg_root_mean_squared_error": lambda: -metrics.root_mean_squared_error(truth, found),
        "neg_mean_absolute_error": lambda: -metrics.mean_absolute_error(truth, found),
    }
    if not truth:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = float(ways[name]())
        except ValueError:
            return None
    return value if math.isfinite(value) else None


def same(ours: float | None, theirs: float | None, close: float = 1e-9) -> bool:
    """Whether two scores are one."""
    if ours is None or theirs is None:
        return ours is theirs
    return math.isclose(ours, theirs, rel_tol=close, abs_tol=close)
