import numpy as np

from validate.evaluation.rarer import rarer
from validate.measures.scored_rows import ScoredRows


def scored(target, classes, groups=None):
    target = np.asarray(target)
    return ScoredRows(target, np.full((len(target), classes), 1 / classes), groups=groups)


def test_of_two_classes_the_rarer_one_is_counted_also_where_no_row_has_it(project):
    # "no" is the positive class, so it is the last
    found = rarer(project.config, "roc_auc", scored([0] * 97 + [1] * 3, 2))
    assert (found.text, found.groups) == ("the rarer class 'no'", 3)
    assert rarer(project.config, "roc_auc", scored([1] * 9, 2)).groups == 0


def test_groups_are_counted_not_rows(project):
    groups = np.array([5, 5, 5, 6, 7, 8], np.uint64)
    assert rarer(project.config, "roc_auc", scored([1, 1, 1, 0, 0, 0], 2, groups)).groups == 1


def test_of_many_classes_the_metric_says_which_are_counted(make_project, tmp_path):
    config = make_project(tmp_path, "multiclass").config
    rows = scored([0] * 90 + [1] * 8 + [2] * 2, 3)
    by_row = rarer(config, "neg_log_loss", rows)
    assert (by_row.text, by_row.groups) == ("other classes than 'red'", 10)
    by_class = rarer(config, "f1_macro", rows)
    assert (by_class.text, by_class.groups) == ("the rarer class 'green'", 2)


def test_a_regression_has_none(make_project, tmp_path):
    config = make_project(tmp_path, "regression").config
    assert rarer(config, "r2", ScoredRows(np.ones(3), np.ones(3))) is None
