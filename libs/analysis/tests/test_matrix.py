import numpy as np
import pytest
from scipy import sparse
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from analysis import matrix as module
from analysis.matrix import frame, matrix
from analysis.rows import Categorical

NAN = float("nan")


def columns(rows=50, seed=0, categories=("a", "b", "c")):
    rng = np.random.default_rng(seed)
    numbers = rng.normal(size=(2, rows))
    numbers[rng.random((2, rows)) < 0.2] = NAN
    codes = rng.integers(-1, len(categories), (2, rows)).astype(np.int32)
    return {
        "x": numbers[0],
        "word": Categorical(codes[0], list(categories)),
        "y": numbers[1],
        "other": Categorical(codes[1], list(categories)),
    }


def encoders():
    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    rare = {"handle_unknown": "infrequent_if_exist", "min_frequency": 14}
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=NAN, encoded_missing_value=NAN)
    return {
        "codes": (codes, "passthrough"),
        "dense": (OneHotEncoder(**rare, sparse_output=False), scaled),
        "as they are": (OneHotEncoder(**rare, sparse_output=False), "passthrough"),
        "sparse": (OneHotEncoder(**rare), scaled),
    }


def step_of(kind, categorical=("word", "other"), numeric=("x", "y")):
    encoder, scaler = encoders()[kind]
    step = ColumnTransformer(
        [("words", encoder, list(categorical)), ("numbers", scaler, list(numeric))],
        sparse_threshold=1.0,
        verbose_feature_names_out=False,
    )
    step = step.set_output(transform="pandas") if kind == "codes" else step
    return step.fit(frame(columns()))


def dense(values):
    return values.toarray() if sparse.issparse(values) else np.asarray(values)


@pytest.mark.parametrize("kind", encoders())
@pytest.mark.parametrize("categories", [("b", "a"), ("c", "never seen", "b", "a"), ()])
def test_the_numbers_are_those_of_scikit_learn_whatever_categories_a_batch_has(kind, categories, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_ROWS", 16)
    step, rows = step_of(kind), columns(seed=1, categories=categories)
    usual = step.transform(frame(rows))
    values = matrix(step, rows)
    assert type(values) is type(usual) or sparse.issparse(values) == sparse.issparse(usual)
    np.testing.assert_array_equal(dense(values), dense(usual))
    some = np.array([3, 40, 4])
    np.testing.assert_array_equal(dense(matrix(step, rows, some)), dense(usual)[some])


@pytest.mark.parametrize("kind", encoders())
@pytest.mark.parametrize("without", [{"categorical": ()}, {"numeric": ()}])
def test_categories_alone_or_numbers_alone_are_enough(kind, without):
    step, rows = step_of(kind, **without), columns(seed=2)
    np.testing.assert_array_equal(dense(matrix(step, rows)), dense(step.transform(frame(rows))))


@pytest.mark.parametrize("kind", encoders())
def test_no_rows_have_a_width(kind):
    step = step_of(kind)
    assert matrix(step, columns(), np.arange(0)).shape == (0, step.transform(frame(columns())).shape[1])


def test_single_precision_is_had_by_asking():
    assert matrix(step_of("dense"), columns(), None, np.float32).dtype == np.float32
    assert matrix(step_of("sparse"), columns(), None, np.float32).dtype == np.float32


@pytest.mark.parametrize("kind", encoders())
def test_categories_for_numbers_and_numbers_for_categories_are_refused(kind):
    rows = columns()
    with pytest.raises(TypeError, match="must be numbers as in the training, got 'a'"):
        matrix(step_of(kind), rows | {"x": rows["word"]})
    with pytest.raises(TypeError, match="must be words as in the training, got numbers"):
        matrix(step_of(kind), rows | {"word": rows["x"]})
