import numpy as np
import pytest

from validate.evaluation.evidence import MOST_SLICES, gather
from validate.evaluation.scored_rows import Outcome
from validate.evaluation.scoring import score

WANTED = {
    "binary": ["roc_auc", "accuracy"],
    "multiclass": ["neg_log_loss", "accuracy"],
    "regression": ["r2", "neg_mean_absolute_error"],
}


def outcomes(project, *qualities):
    from contract.dataset import Dataset

    days = [Dataset.open(project.root / "processed" / day) for day in ("2026-01-01", "2026-01-02")]
    return [score(project.fitted(quality), days, project.config, "it") for quality in qualities]


def test_a_better_model_differs_by_an_interval_above_zero(each_task):
    wanted = WANTED[each_task.task]
    good, bad = outcomes(each_task, "good", "bad")
    found = gather(each_task.config, wanted[0], wanted, good, bad)
    assert found.evidence.difference.low > 0
    assert [each.name for each in found.measures] == wanted
    main = found.measures[0]
    assert main.difference.value == pytest.approx(main.challenger.value - main.champion.value)
    assert main.challenger.value == pytest.approx(found.evidence.challenger[wanted[0]])
    assert (found.evidence.brier is None) == (each_task.task == "regression")


def test_without_a_champion_there_is_nothing_to_differ_from(each_task):
    wanted = WANTED[each_task.task]
    found = gather(each_task.config, wanted[0], wanted, *outcomes(each_task, "good"), None)
    assert (found.evidence.champion, found.evidence.difference, found.evidence.brier) == (None, None, None)
    assert found.measures[0].champion is None


def test_a_metric_without_a_form_of_its_own_has_an_interval_all_the_same(project):
    good, bad = outcomes(project, "good", "bad")
    found = gather(project.config, "jaccard", ["jaccard"], good, bad)
    interval = found.evidence.difference
    assert interval.low < interval.value < interval.high
    assert interval.low > 0


def test_every_word_of_a_column_is_a_slice_and_small_ones_are_not_judged(project):
    project.configure('slices = ["word"]\nmin_slice_rows = 45\n')
    good, bad = outcomes(project, "good", "bad")
    found = gather(project.config, "roc_auc", ["roc_auc"], good, bad).evidence.slices
    assert [(each.column, each.value) for each in found] == [("word", word) for word in sorted_by_rows(good)]
    assert sum(each.rows for each in found) == 100
    for each in found:
        assert each.judged == (each.rows >= 45)
        assert (each.difference is not None) == each.judged
        assert each.champion == 0.5


def sorted_by_rows(outcome):
    words, rows = np.unique(outcome.slices["word"].astype(str), return_counts=True)
    return [word for _, word in sorted(zip(-rows, words, strict=True))]


def test_of_many_words_those_with_the_most_rows_are_shown(project):
    project.configure('slices = ["word"]\n')
    rng = np.random.default_rng(0)
    words = np.array([f"w{number}" for number in rng.integers(0, 60, 400)], dtype=object)
    scores = rng.random(400)
    outcome = Outcome(rng.integers(0, 2, 400), np.column_stack([1 - scores, scores]), slices={"word": words})
    found = gather(project.config, "roc_auc", ["roc_auc"], outcome, None).evidence.slices
    assert len(found) == MOST_SLICES
    assert found[0].rows == max(np.unique(words, return_counts=True)[1])


def test_the_mean_cost_follows_each_models_own_threshold(project):
    project.configure("\n[decision]\ncosts = { false_positive = 1, false_negative = 10 }\n")
    target = np.array([0, 0, 0, 1, 1])
    scores = np.column_stack([1 - np.array([0.1, 0.2, 0.4, 0.45, 0.9]), [0.1, 0.2, 0.4, 0.45, 0.9]])
    cheap, dear = Outcome(target, scores, threshold=0.42), Outcome(target, scores)
    found = gather(project.config, "roc_auc", ["roc_auc"], cheap, dear)
    assert (found.costs.challenger.value, found.costs.champion.value) == (0, 2)
    assert found.evidence.cost.value == -2
