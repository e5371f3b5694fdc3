"""What prepares the rows, and what estimates: of single models, and of means of models."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

from analysis.answers import answers
from analysis.matrix import frame, is_ours
from analysis.model_parts import parts, ready
from analysis.rows import Categorical

ROWS = 400
NOTES = ["late again", "all is well", "never again", "well, late", "is it late", "fine"]


class Counting(TfidfVectorizer):
    """Weights of words, and how many texts were asked for since the fit."""

    def fit_transform(self, texts, target=None):
        self.asked = 0
        return super().fit_transform(texts, target).toarray()

    def transform(self, texts):
        self.asked += len(texts)
        return super().transform(texts.fillna("")).toarray()


def columns(seed=0, rows=ROWS):
    random = np.random.default_rng(seed)
    return {
        "x": random.normal(size=rows),
        "word": Categorical(random.integers(-1, 3, rows).astype(np.int32), ["a", "b", "c"]),
        "note": Categorical(random.integers(0, 6, rows).astype(np.int32), NOTES),
    }


def target(kind):
    rows, random = columns(), np.random.default_rng(1)
    value = np.nan_to_num(rows["x"]) + rows["note"].codes % 2 + random.normal(size=ROWS)
    words = np.array(["no", "perhaps", "yes"], dtype=object)
    return value if kind == "regression" else words[np.digitize(value, [0.5] if kind == "binary" else [0.0, 1.0])]


def fitted(encoder, estimator, kind):
    step = ColumnTransformer(
        [("words", encoder, ["word"]), ("numbers", "passthrough", ["x"]), ("texts_note", Counting(), "note")],
        sparse_threshold=0.0,
    )
    return Pipeline([("prepare", step), ("estimate", estimator)]).fit(frame(columns()), target(kind))


def mean_of(kind, weights=None, threshold=None):
    """As train makes it; and its members."""
    regression = kind == "regression"
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, encoded_missing_value=np.nan)
    boosting = HistGradientBoostingRegressor if regression else HistGradientBoostingClassifier
    members = [
        fitted(one_hot, Ridge() if regression else LogisticRegression(), kind),
        fitted(codes, boosting(max_iter=20), kind),
    ]
    named = list(zip(("linear", "trees"), map(FrozenEstimator, members), strict=True))
    voting = VotingRegressor(named) if regression else VotingClassifier(named, voting="soft")
    estimator = voting.set_params(weights=weights).fit(None, np.unique(target(kind)))
    if threshold is not None:
        estimator = FixedThresholdClassifier(
            FrozenEstimator(estimator), threshold=threshold, pos_label="perhaps", response_method="predict_proba"
        ).fit(None, np.unique(target(kind)))
    return Pipeline([("estimate", estimator)]), members


MEANS = [
    ("binary", None, None), ("binary", [3, 1], None), ("binary", None, 0.3), ("binary", [1, 2], 0.7),
    ("multiclass", None, None), ("multiclass", [0, 1], None), ("regression", None, None), ("regression", [1, 4], None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "weights", "threshold"), MEANS)
def test_the_members_of_a_mean_prepare_the_rows_and_it_answers_as_it_does_itself(kind, weights, threshold):
    model, _ = mean_of(kind, weights, threshold)
    prepare, estimator = parts(model)
    new = columns(seed=7)
    rows = ready(prepare, new)
    if kind == "regression":
        np.testing.assert_allclose(estimator.predict(rows), model.predict(frame(new)), rtol=0, atol=1e-12)
        return
    probabilities = estimator.predict_proba(rows)
    np.testing.assert_allclose(probabilities, model.predict_proba(frame(new)), rtol=0, atol=1e-12)
    assert list(estimator.classes_[answers(estimator, rows, probabilities)]) == list(model.predict(frame(new)))
    assert list(estimator.predict(rows)) == list(model.predict(frame(new)))


@pytest.mark.parametrize(("kind", "weights", "threshold"), MEANS)
def test_each_member_of_a_mean_is_asked_for_each_different_text_once(kind, weights, threshold):
    model, members = mean_of(kind, weights, threshold)
    before = [member[0].named_transformers_["texts_note"].asked for member in members]
    prepare, estimator = parts(model)
    copies = {name: column[np.tile(np.arange(ROWS), 20)] for name, column in columns().items()}
    estimator.predict(ready(prepare, copies))
    asked = [member[0].named_transformers_["texts_note"].asked for member in members]
    # one more tells how many outputs there are
    assert [after - earlier for after, earlier in zip(asked, before, strict=True)] == [len(NOTES) + 1] * 2


def test_the_model_itself_stays_as_it_was():
    model, members = mean_of("binary", threshold=0.3)
    parts(model)
    assert model[-1].estimator_.estimator.estimators_[0].estimator is members[0]
    model.predict(frame(columns()))


def test_a_step_of_another_kind_transforms_a_frame_by_itself():
    other = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["word"]), remainder="drop")
    rows = columns()
    other.fit(frame(rows))
    assert not is_ours(other)
    np.testing.assert_array_equal(
        ready(Pipeline([("prepare", other)]), rows).toarray(), other.transform(frame(rows)).toarray()
    )


def test_a_model_without_preparation_gets_the_frame():
    for model in (LogisticRegression(), Pipeline([("estimate", LogisticRegression())])):
        prepare, estimator = parts(model)
        assert (prepare, type(estimator)) == (None, LogisticRegression)
        pd.testing.assert_frame_equal(ready(None, columns()), frame(columns()))


def test_a_mean_whose_members_are_not_frozen_gets_the_frame():
    voting = VotingRegressor([("one", Ridge()), ("two", Ridge(2.0))])
    voting.fit(frame({"x": columns()["x"]}), target("regression"))
    assert parts(Pipeline([("estimate", voting)])) == (None, voting)
