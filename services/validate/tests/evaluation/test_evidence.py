import numpy as np
import pytest

from validate.evaluation.evidence import MOST_SLICES, gather
from validate.evaluation.scored_rows import ScoredRows
from validate.evaluation.scoring import score

WANTED = {
    "binary": ["roc_auc", "accuracy"],
    "multiclass": ["neg_log_loss", "accuracy"],
    "regression": ["r2", "neg_mean_absolute_error"],
}


def scored_rows(project, *qualities):
    from contract.datasets.dataset import Dataset

    days = [Dataset.open(project.root / "processed" / day) for day in ("2026-01-01", "2026-01-02")]
    return [score(project.fitted(quality), days, project.config, "it") for quality in qualities]


def test_a_better_model_differs_by_an_interval_above_zero(each_task):
    wanted = WANTED[each_task.task]
    good, bad = scored_rows(each_task, "good", "bad")
    gathered = gather(each_task.config, wanted[0], wanted, good, bad)
    assert gathered.evidence.difference.low > 0
    assert [measure.name for measure in gathered.measures] == wanted
    main = gathered.measures[0]
    assert main.difference.value == pytest.approx(main.challenger.value - main.champion.value)
    assert main.challenger.value == pytest.approx(gathered.evidence.challenger[wanted[0]])
    assert (gathered.evidence.brier is None) == (each_task.task == "regression")


def test_without_a_champion_there_is_nothing_to_differ_from(each_task):
    wanted = WANTED[each_task.task]
    gathered = gather(each_task.config, wanted[0], wanted, *scored_rows(each_task, "good"), None)
    assert (gathered.evidence.champion, gathered.evidence.difference, gathered.evidence.brier) == (None, None, None)
    assert gathered.measures[0].champion is None


def test_a_metric_without_a_form_of_its_own_has_an_interval_all_the_same(project):
    good, bad = scored_rows(project, "good", "bad")
    gathered = gather(project.config, "jaccard", ["jaccard"], good, bad)
    interval = gathered.evidence.difference
    assert interval.low < interval.value < interval.high
    assert interval.low > 0


def test_every_word_of_a_column_is_a_slice_and_small_ones_are_not_judged(project):
    project.configure('slices = ["word"]\nmin_slice_rows = 45\n')
    good, bad = scored_rows(project, "good", "bad")
    slices = gather(project.config, "roc_auc", ["roc_auc"], good, bad).evidence.slices
    assert [(part.column, part.value) for part in slices] == [("word", word) for word in sorted_by_rows(good)]
    assert sum(part.rows for part in slices) == 100
    for part in slices:
        assert part.judged == (part.rows >= 45)
        assert (part.difference is not None) == part.judged
        assert part.champion == 0.5


def sorted_by_rows(scored):
    words, rows = np.unique(scored.slices["word"].astype(str), return_counts=True)
    return [word for _, word in sorted(zip(-rows, words, strict=True))]


def test_of_many_words_those_with_the_most_rows_are_shown(project):
    project.configure('slices = ["word"]\n')
    rng = np.random.default_rng(0)
    words = np.array([f"w{number}" for number in rng.integers(0, 60, 400)], dtype=object)
    scores = rng.random(400)
    scored = ScoredRows(rng.integers(0, 2, 400), np.column_stack([1 - scores, scores]), slices={"word": words})
    slices = gather(project.config, "roc_auc", ["roc_auc"], scored, None).evidence.slices
    assert len(slices) == MOST_SLICES
    assert slices[0].rows == max(np.unique(words, return_counts=True)[1])


def test_the_mean_cost_follows_each_models_own_threshold(project):
    project.configure("\n[decision]\ncosts = { false_positive = 1, false_negative = 10 }\n")
    target = np.array([0, 0, 0, 1, 1])
    scores = np.column_stack([1 - np.array([0.1, 0.2, 0.4, 0.45, 0.9]), [0.1, 0.2, 0.4, 0.45, 0.9]])
    cheap, dear = ScoredRows(target, scores, threshold=0.42), ScoredRows(target, scores)
    gathered = gather(project.config, "roc_auc", ["roc_auc"], cheap, dear)
    assert (gathered.costs.challenger.value, gathered.costs.champion.value) == (0, 2)
    assert gathered.evidence.cost.value == -2
