import numpy as np
import pytest
from sklearn import metrics as reference

from contract.errors import ConfigError
from validate.evaluation.metrics import names, values
from validate.evaluation.scoring import Outcome

RNG = np.random.default_rng(0)


def outcome(classes, rows=60):
    return Outcome(np.arange(rows) % classes, RNG.dirichlet([1] * classes, size=rows))


def test_scores_of_two_classes_are_of_the_positive_one():
    two = outcome(2)
    found = values(["roc_auc", "average_precision", "f1", "neg_brier_score", "neg_log_loss", "accuracy"], two, 2)
    positive, said = two.scores[:, 1], two.scores.argmax(axis=1)
    assert found == pytest.approx(
        {
            "roc_auc": reference.roc_auc_score(two.target, positive),
            "average_precision": reference.average_precision_score(two.target, positive),
            "f1": reference.f1_score(two.target, said),
            "neg_brier_score": -reference.brier_score_loss(two.target, positive),
            "neg_log_loss": -reference.log_loss(two.target, positive),
            "accuracy": reference.accuracy_score(two.target, said),
        }
    )


def test_scores_of_several_classes_and_of_numbers_are_scikit_learns():
    three = outcome(3)
    found = values(["f1_macro", "roc_auc_ovr"], three, 3)
    assert found["f1_macro"] == pytest.approx(
        reference.f1_score(three.target, three.scores.argmax(axis=1), average="macro")
    )
    assert found["roc_auc_ovr"] == pytest.approx(reference.roc_auc_score(three.target, three.scores, multi_class="ovr"))
    numbers = Outcome(RNG.normal(size=50), RNG.normal(size=50))
    assert values(["neg_mean_absolute_error"], numbers, 0) == pytest.approx(
        {"neg_mean_absolute_error": -reference.mean_absolute_error(numbers.target, numbers.scores)}
    )


def test_a_class_that_the_test_rows_lack_does_not_hinder_the_log_loss():
    three = outcome(3)
    lacking = Outcome(three.target % 2, three.scores)
    found = values(["neg_log_loss", "roc_auc_ovr"], lacking, 3)
    assert found["neg_log_loss"] == pytest.approx(np.mean(np.log(three.scores[np.arange(60), lacking.target])))
    assert found["roc_auc_ovr"] is None


def test_rows_that_cannot_tell_give_no_score():
    one_class = Outcome(np.zeros(10, int), outcome(2, 10).scores)
    assert values(["roc_auc", "accuracy"], one_class, 2)["roc_auc"] is None
    nothing = Outcome(np.empty(0), np.empty((0, 2)))
    assert values(["roc_auc", "accuracy", "neg_log_loss"], nothing, 2) == dict.fromkeys(
        ["roc_auc", "accuracy", "neg_log_loss"]
    )
    assert values(["r2"], Outcome(np.ones(1), np.ones(1)), 0) == {"r2": None}


def test_every_score_that_is_asked_for_is_computed_once(project):
    project.configure("minimums = { recall = 0.1, roc_auc = 0.5 }")
    assert names(project.config, "roc_auc").count("roc_auc") == 1
    assert names(project.config, "d2_log_loss_score")[-3:] == ["f1", "d2_log_loss_score", "recall"]


def test_an_unknown_score_is_a_wrong_configuration(project):
    project.configure("minimums = { roc_acu = 0.1 }")
    with pytest.raises(ConfigError, match=r"gate.minimums.roc_acu .* got 'roc_acu'; did you mean 'roc_auc'\?"):
        names(project.config, "roc_auc")


def test_a_score_of_another_task_is_a_wrong_configuration(each_task):
    wrong = {"binary": "recall_samples", "multiclass": "f1", "regression": "roc_auc"}[each_task.task]
    each_task.configure(f"minimums = {{ {wrong} = 0.1 }}")
    with pytest.raises(ConfigError, match=f"gate.minimums.{wrong} must suit task '{each_task.task}'"):
        names(each_task.config, "accuracy" if each_task.task != "regression" else "r2")
