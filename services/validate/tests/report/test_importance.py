import numpy as np
import pyarrow as pa
import pytest
from sklearn.inspection import permutation_importance

from analysis.rows import columns, encode_target
from contract.datasets.dataset import Dataset
from validate.evaluation.sample import Sample
from validate.evaluation.scoring import predict_scores, score
from validate.measures.metrics import values
from validate.measures.scored_rows import ScoredRows
from validate.report import importance as module
from validate.report.importance import importance

METRIC = {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "r2"}


def sampled(project, rows=1000, days=("2026-01-01", "2026-01-02")):
    sample = Sample(rows)
    opened = [Dataset.open(project.root / "processed" / day) for day in days]
    score(project.fitted("good"), opened, project.config, "it", sample=sample)
    return sample.table()


def test_the_column_that_the_target_follows_comes_first_and_one_that_is_not_used_weighs_nothing(each_task):
    rows = sampled(each_task)
    importances = importance(each_task.fitted("good"), rows, each_task.config, METRIC[each_task.task])
    assert [row.column for row in importances] == ["x", "word"]
    assert importances[0].mean > 0.1
    assert (importances[1].mean, importances[1].spread) == (0, 0)


@pytest.mark.parametrize("cells", [1, 2_000_000])
def test_shuffled_together_the_figures_are_scikit_learns_own(each_task, monkeypatch, cells):
    monkeypatch.setattr(module, "_CELLS", cells)
    model, config, metric = each_task.fitted("good"), each_task.config, METRIC[each_task.task]
    rows = sampled(each_task)
    (batch,) = rows.combine_chunks().to_batches()
    known, codes = columns(batch, ["x", "word"]), encode_target(batch, config)
    classes = 0 if each_task.task == "regression" else len(set(codes.tolist()))

    def metric_of(fitted, shuffled, true):
        given = {"x": shuffled[:, 0], "word": known["word"][shuffled[:, 1].astype(int)]}
        names = each_task.config.columns["y"].values or ()
        from analysis.rows import classes as class_names

        return values([metric], ScoredRows(codes, predict_scores(fitted, given, class_names(config))), len(names))[
            metric
        ]

    matrix = np.column_stack([known["x"], np.arange(len(codes))])
    expected = permutation_importance(
        model, matrix, codes, scoring=metric_of, n_repeats=module.REPEATS, random_state=config.training.seed
    )
    own = {row.column: row for row in importance(model, rows, config, metric)}
    assert classes == len(config.columns["y"].values or ())
    assert [own[name].mean for name in ("x", "word")] == pytest.approx(expected.importances_mean, abs=1e-12)
    assert [own[name].spread for name in ("x", "word")] == pytest.approx(expected.importances_std, abs=1e-12)


def test_a_file_that_is_sorted_by_the_strongest_column_does_not_hide_it(project):
    """Of sorted rows the first ones all have the same value: shuffled among themselves nothing would fall."""
    rng = np.random.default_rng(0)
    x = np.sort(rng.normal(size=20_000).round(0))
    labels = np.where(x + rng.normal(scale=0.5, size=20_000) > 0, "yes", "no")
    table = project.columns(rows=20_000) | {"x": pa.array(x), "y": pa.array(labels)}
    project.process("2026-01-01", table)
    rows = sampled(project, days=("2026-01-01",))
    assert importance(project.fitted("good"), rows, project.config, "roc_auc")[0].mean > 0.1


def test_without_labelled_test_rows_nothing_is_known(project):
    assert importance(project.fitted("good"), None, project.config, "roc_auc") == []
