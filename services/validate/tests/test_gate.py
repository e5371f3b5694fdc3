from contract.modelling import Gate
from validate.gate import judge

GATE = Gate(minimums={"roc_auc": 0.7, "f1": 0.5}, margin=0.01, min_test_rows=30)
GOOD = {"roc_auc": 0.8, "f1": 0.6}


def verdicts(verdict):
    return {rule.name: rule.verdict for rule in verdict.rules}


def test_the_first_model_needs_the_minimums_alone():
    verdict = judge(GATE, "roc_auc", 30, GOOD, None)
    assert verdict.decision == "promoted"
    assert verdicts(verdict) == {"min_test_rows": "passed", "minimums.roc_auc": "passed", "minimums.f1": "passed"}


def test_a_minimum_that_is_missed_refuses_and_says_by_how_much():
    verdict = judge(GATE, "roc_auc", 100, {"roc_auc": 0.65, "f1": 0.6}, None)
    assert verdict.decision == "refused"
    assert verdict.why == "roc_auc 0.6500 misses gate.minimums.roc_auc 0.7 by 0.0500"


def test_a_minimum_that_is_just_reached_is_reached():
    assert judge(GATE, "roc_auc", 100, {"roc_auc": 0.7, "f1": 0.5}, None).decision == "promoted"


def test_a_challenger_may_be_worse_than_the_champion_by_the_margin_and_no_more():
    champion = {"roc_auc": 0.75, "f1": 0.9}
    assert judge(Gate(margin=0.25), "roc_auc", 100, {"roc_auc": 0.5}, champion).decision == "promoted"
    verdict = judge(Gate(margin=0.25), "roc_auc", 100, {"roc_auc": 0.4375}, champion)
    assert verdict.decision == "refused"
    assert verdict.why == "roc_auc 0.4375 misses the champion's 0.7500 less gate.margin 0.25 by 0.0625"
    assert verdicts(verdict)["not_worse"] == "failed"


def test_scores_that_are_losses_are_compared_as_scores():
    assert (
        judge(Gate(margin=0), "neg_log_loss", 100, {"neg_log_loss": -0.4}, {"neg_log_loss": -0.5}).decision
        == "promoted"
    )
    assert (
        judge(Gate(margin=0), "neg_log_loss", 100, {"neg_log_loss": -0.6}, {"neg_log_loss": -0.5}).decision == "refused"
    )


def test_every_rule_that_is_missed_is_named():
    verdict = judge(GATE, "roc_auc", 100, {"roc_auc": 0.6, "f1": 0.1}, {"roc_auc": 0.9})
    assert [word in verdict.why for word in ("minimums.roc_auc", "minimums.f1", "gate.margin")] == [True] * 3


def test_too_few_rows_decide_nothing_whatever_the_scores():
    for scores in (GOOD, {"roc_auc": 0.1, "f1": 0.1}):
        verdict = judge(GATE, "roc_auc", 29, scores, None)
        assert verdict.decision == "undecided"
        assert verdict.why == "29 labelled test rows are fewer than gate.min_test_rows 30"


def test_a_score_that_the_rows_cannot_tell_decides_nothing():
    assert judge(GATE, "roc_auc", 50, {"roc_auc": None, "f1": 0.9}, None).decision == "undecided"
    verdict = judge(Gate(), "roc_auc", 50, {"roc_auc": 0.9}, {"roc_auc": None})
    assert (verdict.decision, verdict.why) == ("undecided", "the champion's roc_auc cannot be told from these rows")
