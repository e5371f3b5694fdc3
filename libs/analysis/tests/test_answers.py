"""Which class a model answers with."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from analysis.answers import answers

WORDS = np.array(["churn", "stay", "unsure"], dtype=object)


def rows_of(classes):
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(400, 2)).round(1)
    return rows, WORDS[np.clip((rows[:, 0] + rng.normal(size=400) > 0.3) + rng.integers(0, classes - 1, 400), 0, 2)]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "estimator",
    [
        KNeighborsClassifier(n_neighbors=2),
        SVC(probability=True, class_weight="balanced"),
        LogisticRegression(),
        HistGradientBoostingClassifier(max_iter=3),
        VotingClassifier([("near", KNeighborsClassifier(2)), ("far", KNeighborsClassifier(4))], voting="soft"),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_it_is_the_class_that_the_model_itself_predicts(estimator, classes):
    rows, target = rows_of(classes)
    estimator.fit(rows, target)
    codes = answers(estimator, rows, estimator.predict_proba(rows))
    assert (estimator.classes_[codes] == estimator.predict(rows)).all()


def test_it_is_by_the_threshold_that_the_training_chose():
    rows, target = rows_of(2)
    estimator = FixedThresholdClassifier(
        LogisticRegression(), threshold=0.2, pos_label="stay", response_method="predict_proba"
    ).fit(rows, target)
    codes = answers(estimator, rows, estimator.predict_proba(rows))
    assert (estimator.classes_[codes] == estimator.predict(rows)).all()


def test_a_model_without_probabilities_is_asked():
    rows, target = rows_of(3)
    estimator = RidgeClassifier().fit(rows, target)
    assert (estimator.classes_[answers(estimator, rows, None)] == estimator.predict(rows)).all()
