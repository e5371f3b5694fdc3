import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from contract.errors import DataError
from train.prepare import MOST_CATEGORIES, pipeline

NAN = float("nan")
ESTIMATORS = [
    HistGradientBoostingClassifier(max_iter=5),
    RandomForestClassifier(n_estimators=5, random_state=0),
    LogisticRegression(),
    KNeighborsClassifier(),
]


def rows(words, **numbers):
    columns = {name: pd.Series(np.array(values, dtype="float64")) for name, values in numbers.items()}
    return pd.DataFrame({**columns, "word": pd.Series(np.array(words, dtype=object), dtype=object)})


TRAIN = rows(["a", "b", NAN, "a"] * 20, x=[1.0, 2.0, NAN, 4.0] * 20, same=[1.0] * 80)
TARGET = np.array(["no", "yes", "yes", "no"] * 20, dtype=object)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
def test_every_kind_of_estimator_learns_from_missing_values_and_meets_unknown_words(estimator):
    model = pipeline(estimator, TRAIN).fit(TRAIN, TARGET)
    assert (model.predict(TRAIN) == TARGET).all()
    assert list(model.feature_names_in_) == ["x", "same", "word"]
    unseen = rows(["never seen", NAN], x=[NAN, 2.0], same=[NAN, 3.0])
    assert model.predict_proba(unseen).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda each: type(each).__name__)
def test_a_column_without_a_value_is_left_out_but_may_fill_up(estimator):
    train = TRAIN.assign(x=NAN, same=TRAIN["x"])
    model = pipeline(estimator, train).fit(train, TARGET)
    filled = train.assign(x=5.0)
    assert (model.predict_proba(filled) == model.predict_proba(train)).all()


def test_gradient_boosting_gets_codes_and_is_told_which_columns_they_are():
    model = pipeline(HistGradientBoostingClassifier(max_iter=5), TRAIN).fit(TRAIN, TARGET)
    assert model["prepare"].transform(TRAIN).columns.tolist() == ["word", "x", "same"]
    assert model["estimate"].is_categorical_.tolist() == [True, False, False]


def test_gradient_boosting_can_be_told_of_columns_by_name():
    estimator = HistGradientBoostingClassifier(max_iter=5, monotonic_cst={"x": 1})
    assert pipeline(estimator, TRAIN).fit(TRAIN, TARGET)["estimate"].n_features_in_ == 3


def test_more_words_than_bins_are_no_obstacle():
    many = rows([f"word {row % 400}" for row in range(800)], x=np.arange(800) % 7)
    target = np.array(["no", "yes"] * 400, dtype=object)
    for estimator in (
        HistGradientBoostingClassifier(max_iter=2),
        HistGradientBoostingClassifier(max_iter=2, max_bins=16),
    ):
        model = pipeline(estimator, many).fit(many, target)
        assert model["prepare"].transform(many)["word"].nunique() <= min(MOST_CATEGORIES, estimator.max_bins)
    linear = pipeline(LogisticRegression(), many).fit(many, target)
    assert linear["estimate"].n_features_in_ == MOST_CATEGORIES + 1


def test_no_words_at_all_are_no_obstacle():
    for estimator in ESTIMATORS:
        numbers = TRAIN[["x", "same"]]
        assert pipeline(estimator, numbers).fit(numbers, TARGET).classes_.tolist() == ["no", "yes"]


def test_rows_without_any_value_are_refused():
    with pytest.raises(DataError, match="at least one feature must have a value, got none in x, word"):
        pipeline(LogisticRegression(), rows([NAN], x=[NAN]))
