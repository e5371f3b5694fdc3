"""What happens to the features before an estimator sees them, chosen by what the estimator can do.

Plain scikit-learn classes only: the file must open where our code is not. Columns without a single
value are left out; the model still asks for them by name, so that they may fill up one day.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.utils import get_tags

from contract.errors import DataError

MOST_CATEGORIES = 254
"""Of one column; rarer words share one place. What gradient boosting's bins hold."""


def pipeline(estimator: BaseEstimator, frame: pd.DataFrame) -> Pipeline:
    """An unfitted pipeline for rows like these. Raises DataError when no feature has a value."""
    filled = frame.columns[frame.notna().any()]
    if filled.empty:
        raise DataError(f"the train rows: at least one feature must have a value, got none in {', '.join(frame)}")
    words = [name for name in filled if frame[name].dtype == object]
    numbers = [name for name in filled if name not in words]
    if isinstance(estimator, HistGradientBoostingClassifier | HistGradientBoostingRegressor):
        steps = _native(estimator, words, numbers)
    elif get_tags(estimator).input_tags.allow_nan:
        # its trees send missing values their own way, but not in a sparse matrix
        steps = ColumnTransformer([("words", _one_hot(sparse=False), words), ("numbers", "passthrough", numbers)])
    else:
        filled_in = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
        sparse = get_tags(estimator).input_tags.sparse
        steps = ColumnTransformer([("words", _one_hot(sparse=sparse), words), ("numbers", filled_in, numbers)])
    return Pipeline([("prepare", steps), ("estimate", estimator)])


def _native(estimator: BaseEstimator, words: list[str], numbers: list[str]) -> ColumnTransformer:
    """Categories as codes, which gradient boosting splits on by itself: as good as one-hot, several times faster."""
    most = min(MOST_CATEGORIES, estimator.max_bins - 1)
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan, max_categories=most
    )
    estimator.set_params(categorical_features=words or None)
    # with names, so that parameters such as monotonic_cst can name columns
    return ColumnTransformer(
        [("words", codes, words), ("numbers", "passthrough", numbers)], verbose_feature_names_out=False
    ).set_output(transform="pandas")


def _one_hot(*, sparse: bool) -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=MOST_CATEGORIES, sparse_output=sparse)
