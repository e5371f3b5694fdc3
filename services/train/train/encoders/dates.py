"""A column of dates: hour, weekday, month, day of the year, and days since 1970, by which a trend can be learnt."""

from __future__ import annotations

from operator import attrgetter, methodcaller
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from train.rows import Array

_CALENDAR_PARTS = {
    "hour": "dt.hour",
    "weekday": "dt.dayofweek",
    "month": "dt.month",
    "day of year": "dt.dayofyear",
}
_CALENDAR = (range(24), range(7), range(1, 13))
"""Of hour, weekday and month."""
MOST_ROWS = 100_000
"""The most rows from which the days' mean and spread are taken; more change neither."""


def dates(values: Array, *, scaled: bool) -> FrozenEstimator:
    """The part for a column of datetime64[us], fitted on its values.

    `scaled`: for an estimator that takes no missing values and no units, as a linear one: hour, weekday and month as
    one-hot, the others scaled; a missing date is 0 in all of them.
    """
    column = pd.Series(values[:: 1 + len(values) // MOST_ROWS])
    read = FeatureUnion([*((word, _getter(accessor)) for word, accessor in _CALENDAR_PARTS.items()), ("days", _days())])
    if not scaled:
        return FrozenEstimator(read.fit(column))
    known = make_pipeline(StandardScaler(), SimpleImputer(strategy="constant", fill_value=0.0))
    calendar = OneHotEncoder(categories=[*map(np.array, _CALENDAR)], handle_unknown="ignore", sparse_output=False)
    numbers = ColumnTransformer([("calendar", calendar, [0, 1, 2]), ("scaled", known, [3, 4])])
    return FrozenEstimator(make_pipeline(read, numbers).fit(column))


def _getter(accessor: str) -> Any:
    return make_pipeline(FunctionTransformer(attrgetter(accessor)), FunctionTransformer(methodcaller("to_frame")))


def _days() -> Any:
    # in the column's own unit: nanoseconds end in 2262, and one row of 9999-12-31 would stop all others
    return make_pipeline(
        FunctionTransformer(methodcaller("sub", pd.Timestamp(0).as_unit("us"))),
        FunctionTransformer(methodcaller("div", pd.Timedelta(days=1).as_unit("us"))),
        FunctionTransformer(methodcaller("to_frame")),
    )
