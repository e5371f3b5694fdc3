import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from analysis.matrix import frame, matrix
from analysis.rows import Categorical
from contract.config.model import Encode
from contract.errors import DataError
from train.prepare import MOST_CATEGORIES, fit_preparation, precision

NAN = float("nan")
ESTIMATORS = [
    HistGradientBoostingClassifier(max_iter=5),
    RandomForestClassifier(n_estimators=5, random_state=0),
    LogisticRegression(),
    KNeighborsClassifier(),
]


def rows(texts, **numbers):
    known = sorted({text for text in texts if isinstance(text, str)})
    codes = [known.index(text) if isinstance(text, str) else -1 for text in texts]
    columns = {name: np.array(values, dtype="float64") for name, values in numbers.items()}
    return {**columns, "word": Categorical(np.array(codes, dtype=np.int32), known)}


TRAIN = rows(["a", "b", NAN, "a"] * 20, x=[1.0, 2.0, NAN, 4.0] * 20, same=[1.0] * 80)
TARGET = np.array(["no", "yes", "yes", "no"] * 20, dtype=object)


def model_of(estimator, columns, target):
    chosen = np.arange(len(target))
    step = fit_preparation(estimator, columns, chosen)
    estimator.fit(matrix(step, columns, chosen, precision(estimator)), target)
    return Pipeline([("prepare", step), ("estimate", estimator)])


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_every_kind_of_estimator_learns_from_missing_values_and_meets_unknown_categories(estimator):
    model = model_of(estimator, TRAIN, TARGET)
    assert (model.predict(frame(TRAIN)) == TARGET).all()
    assert list(model.feature_names_in_) == ["x", "same", "word"]
    unseen = frame(rows(["never seen", NAN], x=[NAN, 2.0], same=[NAN, 3.0]))
    assert model.predict_proba(unseen).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_a_column_without_a_value_is_left_out_but_may_fill_up(estimator):
    train = TRAIN | {"x": np.full(80, NAN), "same": TRAIN["x"]}
    model = model_of(estimator, train, TARGET)
    filled = train | {"x": np.full(80, 5.0)}
    assert (model.predict_proba(frame(filled)) == model.predict_proba(frame(train))).all()


def test_the_rows_that_are_numbered_alone_decide():
    half = np.arange(80)[np.arange(80) % 4 < 2]
    step = fit_preparation(LogisticRegression(), TRAIN, half)
    assert step.named_transformers_["words"].categories_[0].tolist() == ["a", "b"]
    assert step.named_transformers_["numbers"].estimator["simpleimputer"].statistics_.tolist() == [1.5, 1.0]


def test_it_is_what_scikit_learn_fits_on_a_frame_of_all_rows():
    rng = np.random.default_rng(0)
    texts = [f"word {number}" if number < 9 else NAN for number in rng.integers(0, 10, 70_000)]
    columns = rows(texts, x=np.where(rng.random(70_000) < 0.1, NAN, rng.lognormal(size=70_000)), y=rng.random(70_000))
    step = fit_preparation(LogisticRegression(), columns, np.arange(70_000))
    usual = ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False), ["word"]),
            (
                "numbers",
                make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()),
                ["x", "y"],
            ),
        ]
    ).fit(frame(columns))
    new = frame(rows(["word 1", "unknown", NAN], x=[NAN, 2.0, -1.0], y=[0.5, NAN, 1.0]))
    assert np.asarray(step.transform(new)) == pytest.approx(np.asarray(usual.transform(new)), rel=1e-9)


def test_gradient_boosting_gets_codes_and_is_told_which_columns_they_are():
    model = model_of(HistGradientBoostingClassifier(max_iter=5), TRAIN, TARGET)
    assert model["prepare"].transform(frame(TRAIN)).columns.tolist() == ["word", "x", "same"]
    assert model["estimate"].is_categorical_.tolist() == [True, False, False]


def test_gradient_boosting_can_be_told_of_columns_by_name():
    estimator = HistGradientBoostingClassifier(max_iter=5, monotonic_cst={"x": 1})
    assert model_of(estimator, TRAIN, TARGET)["estimate"].n_features_in_ == 3


def test_more_categories_than_bins_are_no_obstacle():
    many = rows([f"word {row % 400}" for row in range(800)], x=np.arange(800) % 7)
    target = np.array(["no", "yes"] * 400, dtype=object)
    for estimator in (
        HistGradientBoostingClassifier(max_iter=2),
        HistGradientBoostingClassifier(max_iter=2, max_bins=16),
    ):
        model = model_of(estimator, many, target)
        prepared = model["prepare"].transform(frame(many))
        assert prepared["word"].nunique() <= min(MOST_CATEGORIES, estimator.max_bins)
        pd.testing.assert_frame_equal(prepared, matrix(model["prepare"], many))
    for estimator, most in ((KNeighborsClassifier(), MOST_CATEGORIES), (LogisticRegression(), 400)):
        assert model_of(estimator, many, target)["estimate"].n_features_in_ == most + 1
    frequent = fit_preparation(LogisticRegression(), many, np.arange(800), Encode(category="frequent"))
    assert matrix(frequent, many).shape[1] == MOST_CATEGORIES + 1


def test_no_categories_at_all_are_no_obstacle():
    for estimator in ESTIMATORS:
        numbers = {name: TRAIN[name] for name in ("x", "same")}
        assert model_of(estimator, numbers, TARGET).classes_.tolist() == ["no", "yes"]


def test_rows_without_any_value_are_refused():
    with pytest.raises(DataError, match="at least one feature must have a value, got none in x, word"):
        fit_preparation(LogisticRegression(), rows([NAN], x=[NAN]), np.arange(1))
