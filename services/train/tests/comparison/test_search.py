import json

import pytest

from contract.config.model import Candidate, Range
from contract.datasets.dataset import Dataset
from train.comparison.search import _points

SEARCH = '[[training.candidates]]\nname = "searched"\nestimator = "sklearn.linear_model.LogisticRegression"\n'


def card(project):
    return json.loads(Dataset.open(project.root / "models/2026-01-02").file("card").read_text())


@pytest.fixture
def searched(project):
    project.configure(
        SEARCH + "search = { C = { low = 0.0001, high = 10, log = true }, tol = [0.001, 0.0001] }\ntrials = 6\n"
    )
    assert project.train() == 0
    return project


def test_the_winner_is_in_the_card_with_all_that_was_tried(searched):
    entry = card(searched)["candidates"]["searched"]
    assert 0.0001 <= entry["searched"]["C"] <= 10
    assert entry["params"] == entry["searched"]
    assert len(entry["folds"]) == 3
    sizes = [trial["rows"] for trial in entry["trials"]]
    assert sizes == sorted(sizes)
    assert sizes.count(sizes[0]) == 6 > sizes.count(sizes[-1])
    last = [trial["mean"] for trial in entry["trials"] if trial["rows"] == sizes[-1]]
    assert max(last) == next(
        trial["mean"] for trial in reversed(entry["trials"]) if trial["params"] == entry["searched"]
    )


def test_the_same_seed_searches_the_same_points(searched):
    first = searched.snapshot()
    assert searched.train("--force") == 0
    manifest = "models/2026-01-02/manifest.json"
    assert {k: v for k, v in searched.snapshot().items() if k != manifest} == {
        k: v for k, v in first.items() if k != manifest
    }


def test_no_point_is_scored_on_customers_that_it_was_fitted_on(project):
    project.recur(4)
    search = "search = { min_samples_leaf = [1, 100], n_estimators = [20, 21] }\ntrials = 4\n"
    forest = SEARCH.replace("linear_model.LogisticRegression", "ensemble.RandomForestClassifier")
    project.configure(forest + search, days=4)
    assert project.train(day="2026-01-04") == 0
    entry = json.loads(Dataset.open(project.root / "models/2026-01-04").file("card").read_text())["candidates"][
        "searched"
    ]
    # by heart each customer is known, and knowing them by heart looks good on their own rows only
    assert entry["searched"]["min_samples_leaf"] == 100
    assert max(trial["mean"] for trial in entry["trials"]) < 0.8


def test_boosting_that_stops_early_is_searched_by_customers_as_well(project):
    project.recur(2)
    search = "params = { early_stopping = true, max_iter = 50 }\nsearch = { max_leaf_nodes = [3, 31] }\ntrials = 2\n"
    boosting = SEARCH.replace("linear_model.LogisticRegression", "ensemble.HistGradientBoostingClassifier")
    for weights in ("", 'class_weights = "balanced"\n'):
        project.configure(boosting + search, pair=False)
        text = (project.root / "pipeline.toml").read_text()
        (project.root / "pipeline.toml").write_text(text.replace("[training]\n", f"[training]\n{weights}"))
        assert project.train() == 0
        assert all(trial["mean"] > 0.5 for trial in card(project)["candidates"]["searched"]["trials"])


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("{ Cc = [1.0] }", "has no parameter 'Cc'; did you mean 'C'?"),
        ("{ C = [-1.0, 1.0] }", "The 'C' parameter of LogisticRegression must be"),
        ("{ C = { low = -1, high = 1 } }", "The 'C' parameter of LogisticRegression must be"),
    ],
)
def test_a_space_that_the_estimator_does_not_have_is_entry_out_before_any_row_is_read(project, capsys, search, message):
    project.configure(SEARCH + f"search = {search}\n")
    (project.root / "processed/2026-01-01").joinpath("gone").touch()
    assert project.train() == 78
    error = capsys.readouterr().err
    assert "training.candidates: 'searched'" in error
    assert message in error


def test_no_more_points_than_there_are():
    lists = Candidate(name="a", estimator="e", search={"x": [1, 2], "y": [1, 2, 3]})
    assert _points(lists) == 6
    assert _points(Candidate(name="a", estimator="e", search={"x": [1], "y": Range(low=0, high=1)}, trials=7)) == 7
