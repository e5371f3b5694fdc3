import json

import pytest

from contract.config.model import Candidate, Range
from contract.datasets.dataset import Dataset
from train.search import _points

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
