import json
import os
import subprocess
import sys

import joblib
import numpy as np
import pytest

from analysis.answers import answers
from analysis.matrix import frame
from analysis.model_parts import parts, ready
from contract.datasets.dataset import Dataset
from contract.errors import ConfigError
from train.candidates import check
from train.comparison.selection import compare
from train.rows import read


def blend(task="binary", estimators='["first", "trees"]', params="", rest=""):
    kind, soft = ("Regressor", "") if task == "regression" else ("Classifier", ', voting = "soft"')
    return (
        f'[[training.candidates]]\nname = "blend"\nestimator = "sklearn.ensemble.Voting{kind}"\n'
        f"params = {{ estimators = {estimators}{soft}{params} }}\n{rest}\n"
    )


def rows_of(project):
    return read([Dataset.open(project.root / "processed/2026-01-01")], project.config)


def answer(model, rows):
    return model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows)


@pytest.fixture
def trained(monkeypatch):
    """The model and the card of a training in which the candidate at a place of the list has won."""

    def train(project, place):
        monkeypatch.setattr("train.training.best", lambda results: results[place])
        assert project.train("--force") == 0
        dataset = Dataset.open(project.root / "models/2026-01-02")
        return joblib.load(dataset.file("model")), json.loads(dataset.file("card").read_text())

    return train


def test_it_answers_with_the_mean_of_what_the_others_answer(each_task, trained):
    each_task.configure(blend(each_task.task))
    rows = frame(rows_of(each_task).columns)
    (first, _), (trees, _), (model, card) = (trained(each_task, place) for place in range(3))
    assert answer(model, rows) == pytest.approx((answer(first, rows) + answer(trees, rows)) / 2)
    assert list(model.feature_names_in_) == list(each_task.config.features)
    assert (card["chosen"], card["params"]["estimators"]) == ("blend", ["first", "trees"])
    if each_task.task != "regression":
        assert list(model.classes_) == list(first.classes_)
        assert set(model.predict(rows)) <= set(model.classes_)


def test_weights_make_it_a_weighted_mean(project, trained):
    project.configure(blend(params=", weights = [3, 1]"))
    rows = frame(rows_of(project).columns)
    (first, _), (trees, _), (model, _) = (trained(project, place) for place in range(3))
    assert answer(model, rows) == pytest.approx((3 * answer(first, rows) + answer(trees, rows)) / 4)


def test_predictions_and_judgement_get_its_answers_without_asking_twice(each_task, trained):
    each_task.configure(blend(each_task.task))
    model, _ = trained(each_task, 2)
    prepare, estimator = parts(model)
    columns = rows_of(each_task).columns
    rows = ready(prepare, columns)
    given = answer(estimator, rows)
    np.testing.assert_allclose(given, answer(model, frame(columns)), rtol=0, atol=1e-12)
    if each_task.task != "regression":
        assert list(estimator.classes_[answers(estimator, rows, given)]) == list(model.predict(frame(columns)))


def test_each_fold_is_scored_by_members_that_did_not_see_its_rows(each_task):
    each_task.configure(blend(each_task.task))
    first, trees, mean = compare(each_task.config, each_task.rows(2))
    assert len(mean.scores) == len(mean.train_scores) == 3
    # one that knew them would score as on the rows that were fitted
    assert mean.mean < np.mean(mean.train_scores)
    assert min(first.mean, trees.mean) < mean.mean < max(np.mean(first.train_scores), np.mean(trees.train_scores))


def test_what_a_search_found_for_a_member_is_what_the_mean_has(project, trained):
    search = '[[training.candidates]]\nname = "searched"\nestimator = "sklearn.linear_model.LogisticRegression"\n'
    project.configure(search + "search = { C = [0.001, 1000] }\n" + blend(estimators='["searched", "trees"]'))
    model, card = trained(project, -1)
    member = model[-1].named_estimators_["searched"].estimator
    assert card["candidates"]["searched"]["params"]["C"] == member[-1].C


def test_its_threshold_is_by_what_errors_cost(project, trained):
    project.configure(blend() + "[decision]\ncosts = { false_positive = 1, false_negative = 20 }\n")
    model, card = trained(project, 2)
    rows = frame(rows_of(project).columns)
    positive = list(model.classes_).index("yes")
    chances = model.predict_proba(rows)[:, positive]
    assert card["threshold"] < 0.5
    assert ((model.predict(rows) == "yes") == (chances >= card["threshold"])).all()


def test_its_file_opens_where_our_code_is_not(each_task, trained, tmp_path):
    each_task.configure(blend(each_task.task))
    trained(each_task, 2)
    file = Dataset.open(each_task.root / "models/2026-01-02").file("model")
    script = (
        "import joblib, pandas, sys\n"
        "model = joblib.load(sys.argv[1])\n"
        "rows = pandas.DataFrame({'x': [0.5, None], 'n': [1.0, 2.0], 'word': ['a', None]})\n"
        "assert len(model.predict(rows)) == 2\n"
        "assert 'train' not in sys.modules and 'analysis' not in sys.modules\n"
    )
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "-c", script, str(file)], cwd=tmp_path, env=environment, check=True)


@pytest.mark.parametrize(
    ("candidate", "message"),
    [
        (blend(estimators='["first", "forrest"]'), "must name candidates that stand before it.* got 'forrest'"),
        (blend(estimators='["first", "tree"]'), r"got 'tree'; did you mean 'trees'\?"),
        (blend(estimators='["first", "blend"]'), "must name candidates that stand before it.* got 'blend'"),
        (blend(estimators='["first"]'), r"must be names of other candidates, two at least, .* got \['first'\]"),
        (blend(estimators='["first", "first"]'), "must be names of other candidates, two at least"),
        (blend(estimators='[["first", "trees"], "trees"]'), "must be names of other candidates, two at least"),
        (blend(estimators='"first"'), "must be names of other candidates, two at least, .* got 'first'"),
        (blend(params=", weights = [1]"), "params.weights must be one for each of estimators, 2, got 1"),
        (blend(params=", weights = [1, -1]"), r"weights must be numbers from 0 on, .* got \[1, -1\]"),
        (blend(params=", weights = [0, 0]"), "weights must be numbers from 0 on, one at least above 0"),
        (blend(params=", weights = [nan, 1]"), "weights must be numbers from 0 on"),
        (blend(params=", weights = [inf, 1]"), "weights must be numbers from 0 on"),
        (blend(params=', weights = ["1", "2"]'), "weights must be numbers from 0 on"),
        (blend(params=", weights = [[1], [2]]"), "weights must be numbers from 0 on"),
        (blend(params=", weights = { first = 1, trees = 2 }"), "weights must be one for each of estimators"),
        (blend(params=", wights = [1, 2]"), r"has no parameter 'wights'; did you mean 'weights'\?"),
        (blend(rest="passes = 2"), "passes must be left out"),
        (blend(rest='encode = { text = "words" }'), "encode must be left out: .* give it to first or trees"),
        (blend(rest='search = { voting = ["soft", "hard"] }').replace(', voting = "soft"', ""), "probabilities"),
        (blend().replace(', voting = "soft"', ""), "must give probabilities"),
        (blend("regression"), "must be a classifier for task 'binary'"),
    ],
)
def test_what_cannot_be_a_mean_is_refused_before_any_row_is_read(project, candidate, message):
    project.configure(candidate)
    with pytest.raises(ConfigError, match=message):
        check(project.config)


@pytest.mark.parametrize("name", ["hgb__small", "weights", "voting", "n_jobs", "estimators"])
def test_a_name_that_scikit_learn_does_not_take_for_a_member_is_refused_before_any_row_is_read(project, name):
    member = f'[[training.candidates]]\nname = "{name}"\nestimator = "sklearn.linear_model.LogisticRegression"\n'
    project.configure(member + blend(estimators=f'["first", "{name}"]'))
    with pytest.raises(ConfigError, match=f"estimators must be names without __ .* got '{name}'; give .* another name"):
        check(project.config)
    project.configure(member)
    check(project.config)


def test_classes_are_weighed_in_the_members_fits(project, trained):
    project.configure(blend())
    text = (project.root / "pipeline.toml").read_text()
    weighed = text.replace("[training]\n", "[training]\nclass_weights = { yes = 20.0, no = 1.0 }\n")
    (project.root / "pipeline.toml").write_text(weighed)
    rows = frame(rows_of(project).columns)
    (first, _), (trees, _), (model, _) = (trained(project, place) for place in range(3))
    assert answer(model, rows) == pytest.approx((answer(first, rows) + answer(trees, rows)) / 2)
