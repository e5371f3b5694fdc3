import numpy as np
import pytest
from sklearn import metrics as reference

from contract.errors import ConfigError
from validate.measures.metrics import metric_names, values
from validate.measures.scored_rows import ScoredRows

RNG = np.random.default_rng(0)


def scored_rows(classes, rows=60):
    return ScoredRows(np.arange(rows) % classes, RNG.dirichlet([1] * classes, size=rows))


def test_scores_of_two_classes_are_of_the_positive_one():
    two = scored_rows(2)
    scores = values(["roc_auc", "average_precision", "f1", "neg_brier_score", "neg_log_loss", "accuracy"], two, 2)
    positive, predicted = two.scores[:, 1], two.scores.argmax(axis=1)
    assert scores == pytest.approx(
        {
            "roc_auc": reference.roc_auc_score(two.target, positive),
            "average_precision": reference.average_precision_score(two.target, positive),
            "f1": reference.f1_score(two.target, predicted),
            "neg_brier_score": -reference.brier_score_loss(two.target, positive),
            "neg_log_loss": -reference.log_loss(two.target, positive),
            "accuracy": reference.accuracy_score(two.target, predicted),
        }
    )


def test_scores_of_several_classes_and_of_numbers_are_scikit_learns():
    three = scored_rows(3)
    scores = values(["f1_macro", "roc_auc_ovr"], three, 3)
    assert scores["f1_macro"] == pytest.approx(
        reference.f1_score(three.target, three.scores.argmax(axis=1), average="macro")
    )
    assert scores["roc_auc_ovr"] == pytest.approx(
        reference.roc_auc_score(three.target, three.scores, multi_class="ovr")
    )
    numbers = ScoredRows(RNG.normal(size=50), RNG.normal(size=50))
    assert values(["neg_mean_absolute_error"], numbers, 0) == pytest.approx(
        {"neg_mean_absolute_error": -reference.mean_absolute_error(numbers.target, numbers.scores)}
    )


def test_a_class_that_the_test_rows_lack_does_not_hinder_the_log_loss():
    three = scored_rows(3)
    lacking = ScoredRows(three.target % 2, three.scores)
    scores = values(["neg_log_loss", "roc_auc_ovr"], lacking, 3)
    assert scores["neg_log_loss"] == pytest.approx(np.mean(np.log(three.scores[np.arange(60), lacking.target])))
    assert scores["roc_auc_ovr"] is None


def test_rows_that_cannot_tell_give_no_score():
    one_class = ScoredRows(np.zeros(10, int), scored_rows(2, 10).scores)
    assert values(["roc_auc", "accuracy"], one_class, 2)["roc_auc"] is None
    nothing = ScoredRows(np.empty(0), np.empty((0, 2)))
    assert values(["roc_auc", "accuracy", "neg_log_loss"], nothing, 2) == dict.fromkeys(
        ["roc_auc", "accuracy", "neg_log_loss"]
    )
    assert values(["r2"], ScoredRows(np.ones(1), np.ones(1)), 0) == {"r2": None}


def test_every_score_that_is_asked_for_is_computed_once(project):
    project.configure("minimums = { recall = 0.1, roc_auc = 0.5 }")
    assert metric_names(project.config, "roc_auc").count("roc_auc") == 1
    assert metric_names(project.config, "d2_log_loss_score")[-3:] == ["f1", "d2_log_loss_score", "recall"]


def test_an_unknown_score_is_a_wrong_configuration(project):
    project.configure("minimums = { roc_acu = 0.1 }")
    with pytest.raises(ConfigError, match=r"gate.minimums.roc_acu .* got 'roc_acu'; did you mean 'roc_auc'\?"):
        metric_names(project.config, "roc_auc")


def test_a_score_of_another_task_is_a_wrong_configuration(each_task):
    wrong = {"binary": "recall_samples", "multiclass": "f1", "regression": "roc_auc"}[each_task.task]
    each_task.configure(f"minimums = {{ {wrong} = 0.1 }}")
    with pytest.raises(ConfigError, match=f"gate.minimums.{wrong} must suit task '{each_task.task}'"):
        metric_names(each_task.config, "accuracy" if each_task.task != "regression" else "r2")
