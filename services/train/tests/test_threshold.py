import joblib
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from analysis.matrix import frame
from contract.config.model import Costs
from contract.datasets.dataset import Dataset
from train.comparison.selection import compare
from train.rows import read
from train.threshold import cheapest, choose


def cost(threshold, scores, positive, costs):
    predicted = scores >= threshold
    return costs.false_positive * (predicted & ~positive).sum() + costs.false_negative * (~predicted & positive).sum()


@pytest.mark.parametrize(("fp", "fn"), [(1, 1), (1, 5), (10, 1), (1, 1000), (1000, 1)])
def test_no_other_threshold_costs_less(fp, fn):
    rng = np.random.default_rng(0)
    scores = np.round(rng.random(300), 2)
    positive = rng.random(300) < scores
    costs = Costs(false_positive=fp, false_negative=fn)
    threshold = cheapest(scores, positive, costs)
    least = min(cost(limit, scores, positive, costs) for limit in np.linspace(0, 1.001, 1500))
    assert cost(threshold, scores, positive, costs) == least
    assert 0 < threshold < 1


def test_of_equals_the_one_nearest_to_a_half_is_taken():
    scores, positive = np.array([0.1, 0.45, 0.9]), np.array([False, True, True])
    assert cheapest(scores, positive, Costs(false_positive=1, false_negative=1)) == pytest.approx(0.275)
    ties = np.array([0.2, 0.4, 0.6, 0.8])
    assert cheapest(
        ties, np.array([True, False, True, False]), Costs(false_positive=1, false_negative=1)
    ) == pytest.approx(0.5)


DECISION = "[decision]\ncosts = { false_positive = 1, false_negative = 20 }\n"


def model_of(project):
    dataset = Dataset.open(project.root / "models/2026-01-02")
    return joblib.load(dataset.file("model")), dataset.manifest


def test_the_model_itself_says_the_positive_class_from_its_threshold_on(project):
    project.configure(DECISION)
    assert project.train() == 0
    model, manifest = model_of(project)
    threshold = manifest.notes["threshold"]
    assert threshold < 0.5
    frame = frame_of(project)
    positive = list(model.classes_).index(project.config.table.positive)
    chances = model.predict_proba(frame)[:, positive]
    assert ((model.predict(frame) == project.config.table.positive) == (chances >= threshold)).all()
    assert list(model.feature_names_in_) == list(project.config.features)


def test_the_threshold_is_chosen_on_customers_that_the_fit_did_not_know(project):
    project.recur(4)
    forest = '[[training.candidates]]\nname = "forest"\nestimator = "sklearn.ensemble.RandomForestClassifier"\n'
    project.configure(DECISION + forest, days=4, pair=False)
    (_, forest) = compare(project.config, project.rows(4))
    rows = project.rows(4)
    # who misses so dearly calls everybody, unless it looks as if nobody were missed
    assert choose(project.config, forest, rows) < 0.2
    assert roc_auc_score(rows.codes, forest.out_of_fold) < 0.75


def test_a_threshold_changes_no_probability(project):
    project.train()
    plain = model_of(project)[0].predict_proba(frame_of(project))
    project.configure("[decision]\nthreshold = 0.3\n")
    project.train()
    model, manifest = model_of(project)
    assert manifest.notes["threshold"] == 0.3
    assert (model.predict_proba(frame_of(project)) == plain).all()


def frame_of(project):
    return frame(read([Dataset.open(project.root / "processed/2026-01-01")], project.config).columns)
