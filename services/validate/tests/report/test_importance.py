from contract.datasets.dataset import Dataset
from validate.report.importance import importance

METRIC = {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "r2"}


def days(project):
    return [Dataset.open(project.root / "processed" / day) for day in ("2026-01-01", "2026-01-02")]


def test_the_column_that_the_target_follows_comes_first_and_one_that_is_not_used_weighs_nothing(each_task):
    importances = importance(each_task.fitted("good"), days(each_task), each_task.config, METRIC[each_task.task])
    assert [row.column for row in importances] == ["x", "word"]
    assert importances[0].mean > 0.1
    assert (importances[1].mean, importances[1].spread) == (0, 0)


def test_without_labelled_test_rows_nothing_is_known(project):
    for day in ("2026-01-01", "2026-01-02"):
        project.process(day, project.columns(rows=1) | {"split": ["train"]})
    assert importance(project.fitted("good"), days(project), project.config, "roc_auc") == []
