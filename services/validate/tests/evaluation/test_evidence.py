import numpy as np
import pytest

from validate.evaluation.evidence import gather
from validate.evaluation.scoring import score
from validate.evaluation.slicing import MOST_SLICES
from validate.gate.gate import judge
from validate.measures.scored_rows import ScoredRows

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
    name = "d2_log_loss_score"
    gathered = gather(project.config, name, [name], good, bad, bad)
    interval = gathered.evidence.difference
    assert gathered.evidence.to_anchor == interval
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


def binary(rng, rows, **more):
    scores = rng.random(rows)
    return ScoredRows(rng.integers(0, 2, rows), np.column_stack([1 - scores, scores]), **more)


def test_of_many_words_those_with_the_most_rows_are_judged_and_how_many_more_there_are_is_told(project):
    project.configure('slices = ["word"]\nmin_slice_rows = 10\nresamples = 99\n')
    rng = np.random.default_rng(0)
    words = np.array([f"w{number}" for number in rng.integers(0, MOST_SLICES + 20, 2000)], dtype=object)
    scored = binary(rng, 2000, slices={"word": words})
    evidence = gather(project.config, "roc_auc", ["roc_auc"], scored, None).evidence
    sizes = np.sort(np.unique(words, return_counts=True)[1])[::-1]
    assert [part.rows for part in evidence.slices] == sizes[:MOST_SLICES].tolist()
    assert evidence.more_slices == {"word": int((sizes[MOST_SLICES:] >= 10).sum())}


def test_a_slice_with_many_rows_of_few_groups_is_not_judged(project):
    project.configure('slices = ["word"]\nmin_slice_rows = 10\nresamples = 99\n')
    words = np.repeat(np.array(["a", "b"], object), 100)
    groups = np.r_[np.arange(100) % 9, 50 + np.arange(100) % 10]
    scored = binary(np.random.default_rng(0), 200, slices={"word": words}, groups=groups)
    evidence = gather(project.config, "roc_auc", ["roc_auc"], scored, scored).evidence
    assert [(part.value, part.groups, part.judged) for part in evidence.slices] == [("a", 9, False), ("b", 10, True)]
    assert (evidence.rows, evidence.groups) == (200, 19)


@pytest.mark.parametrize("metric", ["recall", "positive_likelihood_ratio", "d2_brier_score"])
def test_whatever_the_metric_a_slice_that_falls_refuses(project, metric):
    """The minority's recall falls from 0.86 to 0.14: by a form of its own, or by scikit-learn's scorer alone."""
    project.configure('slices = ["word"]\nresamples = 199\n')
    rng = np.random.default_rng(3)
    words = np.where(np.arange(2000) < 300, "minority", "majority").astype(object)
    target = rng.integers(0, 2, 2000)
    right = rng.random(2000)
    said_before, said_now = (
        np.where(right < np.where(words == "minority", share, 0.86), target, 1 - target) for share in (0.86, 0.14)
    )
    before, now = (
        ScoredRows(target, np.column_stack([0.9 - 0.8 * said, 0.1 + 0.8 * said]), slices={"word": words})
        for said in (said_before, said_now)
    )
    evidence = gather(project.config, metric, [metric], now, before).evidence
    by_word = {part.value: part.difference for part in evidence.slices}
    assert by_word["minority"].high < 0
    assert by_word["majority"].low <= 0 <= by_word["majority"].high
    (rule,) = (rule for rule in judge(project.config.gate, evidence).rules if rule.name == "slices.word")
    assert (rule.verdict, "word = minority" in rule.text) == ("failed", True)


def test_customers_who_come_back_widen_the_interval_as_if_each_had_come_once(project):
    rng = np.random.default_rng(1)
    one, other = binary(rng, 300), binary(rng, 300)
    other = ScoredRows(one.target, other.scores)
    again = np.repeat(np.arange(300), 20)
    often = [ScoredRows(part.target[again], part.scores[again], groups=again) for part in (one, other)]
    once, back = (gather(project.config, "roc_auc", ["roc_auc"], *pair).evidence for pair in ((one, other), often))
    assert back.groups == once.groups == 300
    width = once.difference.high - once.difference.low
    assert back.difference.high - back.difference.low == pytest.approx(width, rel=0.1)


def test_the_anchor_is_held_against_on_the_same_rows(project):
    good, bad = scored_rows(project, "good", "bad")
    evidence = gather(project.config, "roc_auc", ["roc_auc"], good, good, bad).evidence
    assert (evidence.difference.low, evidence.difference.high) == (0, 0)
    assert evidence.to_anchor.low > 0
    assert gather(project.config, "roc_auc", ["roc_auc"], good, good).evidence.to_anchor is None


def test_the_mean_cost_follows_each_models_own_threshold(project):
    project.configure("\n[decision]\ncosts = { false_positive = 1, false_negative = 10 }\n")
    target = np.array([0, 0, 0, 1, 1])
    scores = np.column_stack([1 - np.array([0.1, 0.2, 0.4, 0.45, 0.9]), [0.1, 0.2, 0.4, 0.45, 0.9]])
    cheap, dear = ScoredRows(target, scores, threshold=0.42), ScoredRows(target, scores)
    gathered = gather(project.config, "roc_auc", ["roc_auc"], cheap, dear)
    assert (gathered.costs.challenger.value, gathered.costs.champion.value) == (0, 2)
    assert gathered.evidence.cost.value == -2


def test_why_a_metric_is_not_defined_for_the_rows_of_one_of_the_models_is_kept(project):
    good, bad = ScoredRows(np.arange(60.0), np.arange(60.0) + 1), ScoredRows(np.arange(60.0), np.arange(60.0) - 5)
    wanted = ["neg_mean_poisson_deviance"]
    assert gather(project.config, wanted[0], wanted, good, good).evidence.untold is None
    for models in ((bad, good), (good, bad)):
        assert "strictly positive y_pred" in gather(project.config, wanted[0], wanted, *models).evidence.untold
