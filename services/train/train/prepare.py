"""What happens to the features before an estimator sees them, chosen by what the estimator can do.

Plain scikit-learn classes only: the file must open where our code is not. Columns without a single
value are left out; the model still asks for them by name, so that they may fill up one day.

Each part is fitted by itself, on no more than it needs: encoders on the different categories alone, gaps on medians,
scales block by block. It comes to what scikit-learn's own `fit` on a data frame of all rows gives, without one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.utils import get_tags

from analysis.derived import Derived
from analysis.matrix import BLOCK_ROWS, CATEGORIES, NUMBERS
from analysis.rows import Categorical, Columns
from contract.config.model import Encode
from contract.errors import DataError
from train.encoders.kinds import Kinds, by_means
from train.encoders.targets import Target
from train.rows import Array

MOST_CATEGORIES = 254
"""The most of one column, as many as gradient boosting's bins hold; rarer categories share one code."""
MOST_ONE_HOT = 5000
"""The most of one column for a linear model, whose penalty keeps rare ones small."""
DENSE = 0.3
"""From which share of values that are not 0 a matrix is held dense, as scikit-learn's ColumnTransformer has it."""
CONSTRAINTS = ("monotonic_cst", "interaction_cst")
"""Parameters that say something of outputs, by names or by positions."""

NAN = float("nan")


def fit_preparation(
    estimator: BaseEstimator,
    columns: Columns,
    rows: Array,
    encode: Encode | None = None,
    target: Target | None = None,
    seed: int = 0,
) -> ColumnTransformer:
    """The step that prepares rows like these, fitted on the rows numbered in `rows`; tells the estimator what it gives.

    `target`: of these rows, for categories encoded as its means; without it there are none. All of `columns` decide
    which, so they are the same in each fold and in the last fit. `seed`: of anything random.
    Raises DataError when no feature has a value there.
    """
    used = {name: column[rows] for name, column in columns.items()}
    filled = {name: column for name, column in used.items() if known(column).any()}
    if not filled:
        raise DataError(f"the train rows: at least one feature must have a value, got none in {', '.join(columns)}")
    encode = encode or Encode()
    boosts = isinstance(estimator, HistGradientBoostingClassifier | HistGradientBoostingRegressor)
    tags, linear = get_tags(estimator).input_tags, type(estimator).__module__.startswith("sklearn.linear_model")
    most = MOST_CATEGORIES if encode.category == "frequent" or not linear else MOST_ONE_HOT
    # means come after all other outputs: what is said of outputs by their positions would be of others
    stay = linear or _by_position(estimator)
    told = frozenset() if target is None else by_means(columns, encode.category, most, few_rows=not stay)
    kinds = Kinds.of(filled, told)
    sparse_texts = bool(kinds.texts) and linear and tags.sparse
    scales = not boosts and not tags.allow_nan
    derived = kinds.derived(encode.text, target, dense=not sparse_texts, scaled=scales, seed=seed)
    if boosts:
        # categories as codes, which gradient boosting splits on by itself: as good as one-hot, several times faster
        fewer = min(MOST_CATEGORIES, estimator.max_bins - 1)
        encoder = OrdinalEncoder(
            handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan, max_categories=fewer
        )
        step = _step(encoder, "passthrough", kinds, derived, columns)
        if derived:
            # outputs of dates and texts have no names, so there are none at all
            _by_number(estimator, kinds, Derived(step, columns, np.arange(0)).width)
            return step
        estimator.set_params(categorical_features=list(kinds.categories) or None)
        # with names, so that parameters such as monotonic_cst can name columns
        return step.set_output(transform="pandas")
    if tags.allow_nan:
        # its trees send missing values their own way, but not in a sparse matrix
        return _step(_one_hot(MOST_CATEGORIES, sparse=False), "passthrough", kinds, derived, columns)
    numbers, categories = kinds.numbers, kinds.categories
    scaled = _scaled(numbers) if numbers else "passthrough"
    dense = len(numbers) + sum(bool((~known(column)).any()) for column in numbers.values())
    width = dense + sum(min(len(column.categories), most) for column in categories.values())
    sparse = tags.sparse and width > 0 and (dense + len(categories)) / width < DENSE
    return _step(_one_hot(most, sparse=sparse or sparse_texts), scaled, kinds, derived, columns)


def precision(estimator: BaseEstimator) -> type[np.floating[Any]]:
    """The precision of an estimator's numbers: single, if that does not change what it learns."""
    return np.float32 if isinstance(estimator, LogisticRegression) else np.float64


def _step(encoder: Any, numeric: Any, kinds: Kinds, derived: list[Any], columns: Columns) -> Any:
    types = {name: object if isinstance(column, Categorical) else column.dtype for name, column in columns.items()}
    alone = {name: pd.Series([None], dtype=dtype) for name, dtype in types.items()}
    categorical = kinds.categories
    prepare = ColumnTransformer(
        [
            (CATEGORIES, FrozenEstimator(_fitted(encoder, categorical)) if categorical else encoder, list(categorical)),
            (NUMBERS, numeric, list(kinds.numbers)),
            *derived,
        ],
        verbose_feature_names_out=False,
        sparse_threshold=1.0,
    )
    # its parts are fitted: this only tells it the names and types of the columns
    return prepare.fit(pd.DataFrame(alone))


def _by_position(estimator: BaseEstimator) -> bool:
    """Whether a parameter says something of outputs by their positions."""
    given = (value for name, value in estimator.get_params().items() if name.endswith(CONSTRAINTS))
    return any(value is not None and not isinstance(value, dict | str) for value in given)


def _by_number(estimator: Any, kinds: Kinds, derived: int) -> None:
    """Tell gradient boosting by their numbers which outputs are categories, and what its params say by names.

    `derived`: outputs after those of categories and numbers.
    """
    estimator.set_params(categorical_features=list(range(len(kinds.categories))) or None)
    wanted = estimator.monotonic_cst
    if isinstance(wanted, dict):
        names = [*kinds.categories, *kinds.numbers]
        # 0 asks for nothing
        free = {name for name in kinds.means if wanted.get(name) == 0}
        if strange := sorted(set(wanted) - set(names) - free):
            raise DataError(f"monotonic_cst must name columns of numbers, got {strange[0]!r}; the model has {names}")
        estimator.set_params(monotonic_cst=[*(wanted.get(name, 0) for name in names), *[0] * derived])


def _fitted(encoder: Any, categorical: dict[str, Categorical]) -> Any:
    """Fitted on each category once; where there are so many that their frequencies matter, on all rows."""
    if all(len(column.categories) <= encoder.max_categories - 1 for column in categorical.values()):
        once = {name: _once(column) for name, column in categorical.items()}
        rows = max(len(values) for values in once.values())
        frame = {name: [*values, *values[:1] * (rows - len(values))] for name, values in once.items()}
    else:
        frame = {name: column.objects().tolist() for name, column in categorical.items()}
    return encoder.fit(pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in frame.items()}))


def _once(column: Categorical) -> list[Any]:
    occurs = np.bincount(column.codes + 1, minlength=len(column.categories) + 1) > 0
    labels = [label for label, used in zip(column.categories, occurs[1:], strict=True) if used]
    return [*labels, NAN] if occurs[0] else labels


def _scaled(numbers: dict[str, Array]) -> FrozenEstimator:
    """Medians in the gaps, a column of its own that says where there was one, all of it scaled."""
    medians = {name: float(np.nanmedian(column)) for name, column in numbers.items()}
    gaps = {name: NAN if np.isnan(column).any() else medians[name] for name, column in numbers.items()}
    # two rows with the same medians and with gaps in the same columns as all the others
    imputer = SimpleImputer(strategy="median", add_indicator=True).fit(pd.DataFrame([medians, gaps]))
    scaler = StandardScaler()
    for start in range(0, len(next(iter(numbers.values()))), BLOCK_ROWS):
        block = {name: column[start : start + BLOCK_ROWS] for name, column in numbers.items()}
        scaler.partial_fit(imputer.transform(pd.DataFrame(block)))
    return FrozenEstimator(make_pipeline(imputer, scaler))


def _one_hot(most: int, *, sparse: bool) -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=most, sparse_output=sparse)


def take(prepared: Any, indices: Any) -> Any:
    """Some rows of a prepared matrix, of whatever kind."""
    return prepared.iloc[indices] if hasattr(prepared, "iloc") else prepared[indices]


def known(column: Array | Categorical) -> Array:
    """Where a column has a value."""
    return column.codes >= 0 if isinstance(column, Categorical) else ~np.isnan(column)
