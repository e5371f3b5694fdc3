"""What others would make of a table: three ways, from plain to careful, on the same rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, r2_score, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, TargetEncoder

SHORT = 50
"""A column of texts with at most so many different ones is a category to whoever looks at it plainly."""
PARTS = 30
"""Dimensions that a column of texts is reduced to."""

Fit = Callable[[pd.DataFrame, Any, str], Any]


def plain(frame: pd.DataFrame, target: Any, task: str) -> Any:
    """Gradient boosting on the numbers and the short categories; what else there is, is left out."""
    numbers, categories, _, _ = _kinds(frame)
    return _boosted(task, len(categories), _ordinal(categories), ("passthrough", numbers)).fit(frame, target)


def careful(frame: pd.DataFrame, target: Any, task: str) -> Any:
    """What a good data scientist writes in an afternoon: dates in parts, texts by TF-IDF, words by the target."""
    numbers, categories, dates, texts = _kinds(frame)
    words = [name for name in texts if frame[name].nunique() < 0.5 * frame[name].count()]
    prose = [name for name in texts if name not in words]
    return _boosted(
        task,
        len(categories),
        _ordinal(categories),
        ("passthrough", numbers),
        (FunctionTransformer(_date_parts), dates),
        (TargetEncoder(random_state=0), words),
        *[(_prose(), [name]) for name in prose],
    ).fit(frame, target)


def tabular(frame: pd.DataFrame, target: Any, task: str) -> Any:
    """What skrub makes of it by itself."""
    from skrub import tabular_pipeline

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tabular_pipeline("regressor" if task == "regression" else "classifier").fit(frame, target)


PEERS: dict[str, Fit] = {peer.__name__: peer for peer in (plain, careful, tabular)}


def metric(task: str) -> str:
    """What the bench compares."""
    return {"binary": "AUC", "multiclass": "accuracy", "regression": "R2"}[task]


def score(task: str, y_true: Any, y_pred: Any, y_score: Any) -> float:
    """Of predictions; `y_score` is the probability of the class that `y_true` has as True."""
    if task == "binary":
        return float(roc_auc_score(y_true, y_score))
    return float(accuracy_score(y_true, y_pred) if task == "multiclass" else r2_score(y_true, y_pred))


def _kinds(frame: pd.DataFrame) -> tuple[list[str], list[str], list[str], list[str]]:
    """Names of numbers, short categories, dates, and other texts."""
    numbers, categories, dates, texts = [], [], [], []
    for name, column in frame.items():
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            numbers.append(name)
        elif column.dropna().astype(str).str.match(r"\d{4}-\d\d-\d\d").all() and column.notna().any():
            dates.append(name)
        else:
            (categories if column.nunique() <= SHORT else texts).append(name)
    return numbers, categories, dates, texts


def _ordinal(names: list[str]) -> tuple[Any, list[str]]:
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
    return make_pipeline(FunctionTransformer(_objects), encoder), names


def _boosted(task: str, categories: int, *columns: tuple[Any, list[str]]) -> Any:
    """The categories are the first columns."""
    estimator = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    booster = estimator(random_state=0, categorical_features=list(range(categories)))
    return make_pipeline(make_column_transformer(*columns, sparse_threshold=0), booster)


def _prose() -> Any:
    text = FunctionTransformer(lambda frame: frame.iloc[:, 0].fillna("").astype(str))
    # char_wb: endings, misspellings and languages without blanks count, too
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), max_features=20_000, min_df=2)
    return make_pipeline(text, vectors, TruncatedSVD(PARTS, random_state=0))


def _objects(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame.notna(), np.nan)


def _date_parts(frame: pd.DataFrame) -> pd.DataFrame:
    parts = {}
    for name in frame.columns:
        moment = pd.to_datetime(frame[name], utc=True)
        parts |= {f"{name}.{part}": getattr(moment.dt, part) for part in ("hour", "dayofweek", "month", "dayofyear")}
        parts[f"{name}.days"] = (moment - pd.Timestamp(0, tz="UTC")).dt.total_seconds() / 86400
    return pd.DataFrame(parts)
