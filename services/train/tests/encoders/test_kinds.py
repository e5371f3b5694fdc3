import subprocess
import sys
from io import BytesIO

import joblib
import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import (
    BaggingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import Pipeline

from analysis import matrix as module
from analysis.matrix import frame, is_ours, matrix
from analysis.rows import Categorical, Text
from contract.config.model import Encode
from contract.errors import DataError
from train.encoders import texts
from train.encoders.targets import Target, cross_fitted
from train.prepare import fit_preparation, precision

NAT = np.datetime64("NaT")
ESTIMATORS = [
    HistGradientBoostingClassifier(max_iter=5),
    RandomForestClassifier(n_estimators=5, random_state=0),
    LogisticRegression(),
    GaussianNB(),
]
WORDS = ["red", "green", "blue", "apple", "house", "river", "stone", "cloud"]


def columns(rows=400, seed=0, cities=300):
    rng = np.random.default_rng(seed)
    texts = [" ".join(rng.choice(WORDS, 4)) for _ in range(rows // 2)]
    when = np.datetime64("2026-01-01", "us") + rng.integers(0, 90 * 24 * 3600, rows) * np.timedelta64(1, "s")
    when[rng.random(rows) < 0.1] = NAT
    return {
        "x": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
        "when": when,
        "note": Text(rng.integers(-1, len(texts), rows).astype(np.int32), texts),
        "city": Categorical(rng.integers(-1, cities, rows).astype(np.int32), [f"city {n}" for n in range(cities)]),
        "word": Categorical(rng.integers(-1, 2, rows).astype(np.int32), ["a", "b"]),
    }


def target_of(rows=400, kind="binary"):
    return Target(np.arange(rows) % (3 if kind == "multiclass" else 2), np.arange(rows, dtype=np.uint64), kind, 0)


def step_of(estimator, rows, encode=None, target=None):
    return fit_preparation(estimator, rows, np.arange(len(rows["x"])), encode or Encode(), target)


def dense(values):
    return values.toarray() if sparse.issparse(values) else np.asarray(values, dtype=float)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
@pytest.mark.parametrize("kind", ["binary", "multiclass"])
@pytest.mark.parametrize("text", ["auto", "words", "characters", "hashing"])
def test_the_numbers_are_those_of_scikit_learn_for_dates_texts_and_means(estimator, kind, text, monkeypatch):
    monkeypatch.setattr(module, "BLOCK_ROWS", 64)
    monkeypatch.setattr(texts, "HASHES", 2**9)
    encode = Encode(text=text, category="target")
    step, rows = step_of(estimator, columns(), encode, target_of(kind=kind)), columns(200, seed=1, cities=320)
    assert is_ours(step)
    usual, values = step.transform(frame(rows)), matrix(step, rows)
    assert type(values) is type(usual) or sparse.issparse(values) == sparse.issparse(usual)
    np.testing.assert_allclose(dense(values), dense(usual), rtol=1e-9, atol=1e-12)
    some = np.array([3, 150, 4])
    np.testing.assert_allclose(dense(matrix(step, rows, some)), dense(usual)[some], rtol=1e-9, atol=1e-12)
    assert matrix(step, rows, np.arange(0)).shape == (0, dense(usual).shape[1])


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
@pytest.mark.parametrize("name", ["when", "note", "city"])
def test_one_such_column_alone_is_enough(estimator, name):
    rows = {name: columns()[name]}
    step = fit_preparation(estimator, rows, np.arange(400), Encode(), target_of())
    model = Pipeline([("prepare", step), ("estimate", estimator.fit(matrix(step, rows), np.arange(400) % 2))])
    assert model.predict_proba(frame(rows)).sum(axis=1) == pytest.approx(1)
    assert list(model.feature_names_in_) == [name]


def test_a_column_without_a_value_is_left_out_but_may_fill_up():
    rows = columns()
    gone = rows | {"when": np.full(400, NAT, "datetime64[us]"), "note": Text(np.full(400, -1, dtype=np.int32), [])}
    for estimator in ESTIMATORS:
        step = step_of(estimator, gone, target=target_of())
        np.testing.assert_array_equal(dense(matrix(step, gone)), dense(matrix(step, rows | {"city": gone["city"]})))


def test_the_rows_that_are_numbered_alone_decide():
    rows = columns()
    rows["note"] = Text(np.arange(400, dtype=np.int32) % 2, ["red house", "blue river"])
    step = fit_preparation(LogisticRegression(), {"note": rows["note"]}, np.arange(0, 400, 2), Encode(text="words"))
    terms = step.named_transformers_["texts 0"].estimator["tfidfvectorizer"].get_feature_names_out()
    assert terms.tolist() == ["house", "red", "red house"]


def test_kinds_that_changed_since_the_training_are_refused():
    rows = columns()
    step = step_of(LogisticRegression(), rows, Encode(category="target"), target_of())
    for name, other, message in [
        ("when", rows["x"], "must be dates as in the training, got numbers"),
        ("when", rows["note"], "must be dates as in the training, got words"),
        ("note", rows["x"], "must be words as in the training, got numbers"),
        ("city", rows["x"], "must be words as in the training, got numbers"),
        ("x", rows["when"], "must be numbers as in the training, got dates"),
    ]:
        with pytest.raises(TypeError, match=message):
            matrix(step, rows | {name: other})


def test_many_categories_are_means_of_the_target_and_few_are_not_unless_asked():
    rows, trees = columns(4000), HistGradientBoostingClassifier()

    def means(encode, **of):
        return [
            wanted
            for name, _, wanted in step_of(trees, columns(4000, **of), encode, target_of(4000)).transformers_
            if name == "targets"
        ]

    assert means(Encode()) == [["city"]]
    assert means(Encode(), cities=100) == []
    assert means(Encode(category="frequent")) == []
    assert means(Encode(category="target")) == [["city", "word"]]
    assert [name for name, *_ in step_of(trees, rows).transformers_][-1] == "texts 0"


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
@pytest.mark.parametrize(("cities", "rows", "few"), [(30, 400, True), (30, 800, False), (15, 200, False)])
def test_several_words_of_few_rows_each_are_means_but_for_a_linear_model(estimator, cities, rows, few):
    table = columns(rows, cities=cities)
    parts = {name: wanted for name, _, wanted in step_of(estimator, table, target=target_of(rows)).transformers_}
    assert ("targets" in parts) == (few and not isinstance(estimator, LogisticRegression))
    assert "targets" not in {name for name, *_ in step_of(estimator, table).transformers_}


@pytest.mark.parametrize(("cities", "rows", "means"), [(40, 1000, False), (40, 780, True)])
def test_folds_tell_a_category_as_the_last_fit_does(cities, rows, means):
    # of 25 rows a word in all, a fold has fewer than 20
    table = {"city": Categorical(np.arange(rows, dtype=np.int32) % cities, [f"city {n}" for n in range(cities)])}
    table["x"] = np.arange(rows, dtype=float)
    every = np.arange(rows)
    for fitted in (every, every[: rows * 2 // 3], every[: rows // 5]):
        target = Target(fitted % 2, fitted.astype(np.uint64), "binary", 0)
        step = fit_preparation(HistGradientBoostingClassifier(), table, fitted, Encode(), target)
        assert ("targets" in {name for name, *_ in step.transformers_}) == means


def test_trees_learn_from_words_of_few_rows_each():
    rng = np.random.default_rng(0)
    codes, level = rng.integers(0, 60, 480).astype(np.int32), rng.normal(size=60)
    rows = {"city": Categorical(codes, [f"city {n}" for n in range(60)]), "x": rng.normal(size=480)}
    quantity, half = level[codes] + rng.normal(size=480) / 2, np.arange(480) % 2 == 0
    fitted, others = np.flatnonzero(half), np.flatnonzero(~half)
    target = Target(quantity[fitted], fitted.astype(np.uint64), "regression", 0)

    def r2(encode):
        trees = HistGradientBoostingRegressor(max_iter=100, random_state=0)
        step = fit_preparation(trees, rows, fitted, encode, target)
        learnt = matrix(step, rows, fitted, given=cross_fitted(step, rows, fitted, target))
        return trees.fit(learnt, quantity[fitted]).score(matrix(step, rows, others), quantity[others])

    assert r2(Encode()) > r2(Encode(category="frequent")) + 0.2


def falling(estimator, **other):
    """What is learnt of a quantity that falls with x, for x of -2 and of 2."""
    rng = np.random.default_rng(0)
    cities = Categorical(np.arange(400, dtype=np.int32) % 30, [f"city {n}" for n in range(30)])
    rows = {"city": cities, "x": rng.normal(size=400), "z": rng.normal(size=400)}
    rows |= {name: column[:400] for name, column in other.items()}
    quantity, every = rng.normal(size=400) - 3 * rows["x"], np.arange(400)
    target = Target(quantity, every.astype(np.uint64), "regression", 0)
    step = fit_preparation(estimator, rows, every, Encode(), target)
    estimator.fit(matrix(step, rows, given=cross_fitted(step, rows, every, target)), quantity)
    asked = {name: column[np.zeros(2, dtype=int)] for name, column in rows.items()} | {"x": np.array([-2.0, 2.0])}
    return estimator.predict(matrix(step, asked))


@pytest.mark.parametrize("constraint", [[0, 1, 0], np.array([0, 1, 0]), {"x": 1}, {"x": 1, "city": 0}])
def test_boosting_that_may_not_fall_with_a_column_does_not_whatever_becomes_of_the_others(constraint):
    low, high = falling(HistGradientBoostingRegressor(max_iter=20, monotonic_cst=constraint))
    assert low <= high
    low, high = falling(HistGradientBoostingRegressor(max_iter=20))
    assert low > high


def test_a_constraint_by_name_holds_beside_dates():
    low, high = falling(HistGradientBoostingRegressor(max_iter=20, monotonic_cst={"x": 1}), when=columns()["when"])
    assert low <= high


def test_a_constraint_of_a_category_is_refused_when_means_tell_it():
    with pytest.raises(DataError, match="monotonic_cst must name columns of numbers, got 'city'"):
        falling(HistGradientBoostingRegressor(max_iter=20, monotonic_cst={"city": 1}))


@pytest.mark.parametrize(
    ("estimator", "told"),
    [
        (HistGradientBoostingRegressor(interaction_cst=[[0], [1, 2]]), False),
        (HistGradientBoostingRegressor(interaction_cst="no_interactions"), True),
        (RandomForestRegressor(5, monotonic_cst=[0] * 30 + [1, 0]), False),
        (BaggingRegressor(HistGradientBoostingRegressor(monotonic_cst=[0, 1, 0])), False),
    ],
)
def test_outputs_that_a_parameter_numbers_stay_where_they_are(estimator, told):
    table = {"city": Categorical(np.arange(400, dtype=np.int32) % 30, [f"city {n}" for n in range(30)])}
    table |= {name: np.arange(400.0) for name in ("x", "z")}
    target = Target(np.arange(400.0), np.arange(400, dtype=np.uint64), "regression", 0)
    assert ("targets" in {name for name, *_ in step_of(estimator, table, target=target).transformers_}) == told


@pytest.mark.parametrize("groups", [[0] * 60, [0, 1] * 30, list(range(60))])
def test_means_are_there_for_few_entities_and_for_classes_of_few_rows(groups):
    rows = {"city": Categorical(np.arange(60, dtype=np.int32) // 2, [f"city {n}" for n in range(30)])}
    every, trees = np.arange(60), HistGradientBoostingClassifier()
    target = Target(np.arange(60) % 20, np.array(groups, dtype=np.uint64), "multiclass", 0)
    step = fit_preparation(trees, rows, every, Encode(), target)
    given = cross_fitted(step, rows, every, target)
    assert matrix(step, rows, every, given=given).shape == (60, 20)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda estimator: type(estimator).__name__)
def test_a_window_may_lack_all_but_two_of_many_classes(estimator):
    rows, codes = columns(), np.arange(400) % 2 * 2
    target = Target(codes, np.arange(400, dtype=np.uint64), "multiclass", 0)
    step = step_of(estimator, rows, Encode(category="target"), target)
    learnt = matrix(step, rows, given=cross_fitted(step, rows, np.arange(400), target))
    assert learnt.shape == matrix(step, rows).shape
    means = step.named_transformers_["targets"].transform(frame({name: rows[name] for name in ("city", "word")}))
    assert means.shape == (400, 2)


SIXTY = np.arange(60)
OF_ONE_ENTITY, OF_ONE_EACH = np.zeros(60, dtype=np.uint64), np.arange(60, dtype=np.uint64)


@pytest.mark.parametrize("estimator", [RandomForestClassifier(), GaussianNB()])
@pytest.mark.parametrize(
    ("kind", "codes", "groups"),
    [
        ("binary", SIXTY * 7 % 2, OF_ONE_ENTITY),
        ("multiclass", SIXTY % 3, OF_ONE_ENTITY),
        ("regression", SIXTY / 7, OF_ONE_ENTITY),
        ("multiclass", SIXTY, OF_ONE_EACH),
    ],
)
def test_rows_without_others_to_learn_from_meet_the_mean_of_all(estimator, kind, codes, groups):
    words = {"city": SIXTY // 2, "word": SIXTY % 4}
    rows = {name: Categorical(of.astype(np.int32), [f"{n}" for n in range(30)]) for name, of in words.items()}
    target = Target(codes, groups, kind, 0)
    step = fit_preparation(estimator, rows, SIXTY, Encode(category="target"), target)
    told = matrix(step, rows, SIXTY, given=cross_fitted(step, rows, SIXTY, target))
    assert told.shape == matrix(step, rows).shape
    assert (told == told[0]).all()
    if isinstance(estimator, RandomForestClassifier):
        mean = np.bincount(codes) / 60 if kind == "multiclass" else codes.mean()
        assert told[0] == pytest.approx(np.tile(mean, 2))


def test_a_row_does_not_meet_its_own_target_nor_that_of_its_entity():
    rng = np.random.default_rng(0)
    codes, groups = rng.integers(0, 2, 3000), np.repeat(np.arange(1000, dtype=np.uint64), 3)
    codes = np.repeat(codes[::3], 3)
    rows = {"city": Categorical(np.arange(3000, dtype=np.int32) // 3, [f"{n}" for n in range(1000)])}
    trees, every = HistGradientBoostingClassifier(), np.arange(3000)
    target = Target(codes, groups, "binary", 0)
    step = fit_preparation(trees, rows, every, Encode(), target)
    given = cross_fitted(step, rows, every, target)
    told = matrix(step, rows, every, given=given)[:, 0]
    # the mean of all others: nothing of what its own rows say
    assert told == pytest.approx(codes.mean(), abs=0.05)
    assert matrix(step, rows)[:, 0] == pytest.approx(codes, abs=0.05)


def test_learning_in_parts_takes_texts_and_dates_too():
    rows = columns()
    estimator = SGDClassifier(loss="log_loss", random_state=0)
    step = step_of(estimator, rows, Encode(text="hashing"))
    estimator.partial_fit(matrix(step, rows, None, precision(estimator)), np.arange(400) % 2, classes=[0, 1])
    assert estimator.coef_.shape[1] == matrix(step, rows).shape[1] > texts.HASHES


def test_a_model_opens_where_our_code_is_not(tmp_path):
    rows = columns()
    for number, estimator in enumerate(ESTIMATORS):
        target = target_of()
        step = step_of(estimator, rows, Encode(category="target"), target)
        model = Pipeline([("prepare", step), ("estimate", estimator.fit(matrix(step, rows), target.codes))])
        joblib.dump((model, frame(rows), model.predict_proba(frame(rows))), tmp_path / f"{number}.joblib")
    script = (
        "import sys, joblib, numpy as np\n"
        "for path in sys.argv[1:]:\n"
        "    model, rows, then = joblib.load(path)\n"
        "    rows.index = rows.index + 7\n"
        "    np.testing.assert_allclose(model.predict_proba(rows), then, rtol=1e-6)\n"
        "assert not {'train', 'analysis', 'contract'} & set(sys.modules)\n"
    )
    command = [sys.executable, "-I", "-c", script, *map(str, sorted(tmp_path.glob("*.joblib")))]
    subprocess.run(command, check=True)


def test_the_same_rows_give_the_same_file():
    def content():
        file = BytesIO()
        joblib.dump(step_of(HistGradientBoostingClassifier(), columns(), Encode(), target_of()), file)
        return file.getvalue()

    assert content() == content()


def test_a_table_without_dates_and_texts_loads_nothing_for_them():
    program = (
        "import sys, numpy as np\n"
        "from sklearn.linear_model import LogisticRegression\n"
        "import train.training\n"
        "from train.prepare import fit_preparation\n"
        "fit_preparation(LogisticRegression(), {'x': np.arange(9.0)}, np.arange(9))\n"
        "loaded = {'train.encoders.dates', 'train.encoders.texts', 'sklearn.feature_extraction.text'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})
