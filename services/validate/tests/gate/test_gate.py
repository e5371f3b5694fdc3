from contract.config.model import Gate
from validate.gate.gate import Anchor, Evidence, judge
from validate.gate.rules import Slice
from validate.measures.bootstrap import Interval
from validate.measures.calibration import Calibration

GATE = Gate(minimums={"roc_auc": 0.7, "f1": 0.5}, margin=0.01, min_test_rows=30)
GOOD = {"roc_auc": 0.8, "f1": 0.6}


def evidence(**more):
    more = {"rows": 100} | more
    return Evidence(**({"metric": "roc_auc", "groups": more["rows"], "challenger": GOOD, "champion": None} | more))


def against(low, high, **more):
    value = (low + high) / 2
    return evidence(champion=GOOD, difference=Interval(value=value, low=low, high=high), **more)


def piece(value, low, high, rows=80, word="a", judged=True, groups=None):
    interval = None if value is None else Interval(value=value, low=low, high=high)
    scores = {"challenger": 0.7, "champion": 0.8, "difference": interval}
    return Slice(column="word", value=word, rows=rows, groups=groups or rows, judged=judged, **scores)


def verdicts(verdict):
    return {rule.name: rule.verdict for rule in verdict.rules}


def test_the_first_model_needs_the_minimums_alone():
    verdict = judge(GATE, evidence(rows=30))
    assert verdict.decision == "promoted"
    assert verdicts(verdict) == {
        "min_test_rows": "passed",
        "baseline": "unjudged",  # none is on record here
        "minimums.roc_auc": "passed",
        "minimums.f1": "passed",
    }


def test_a_minimum_that_is_missed_refuses_and_says_by_how_much():
    verdict = judge(GATE, evidence(challenger={"roc_auc": 0.65, "f1": 0.6}))
    assert verdict.decision == "refused"
    assert verdict.why == "roc_auc 0.6500 misses gate.minimums.roc_auc 0.7 by 0.0500"


def test_a_minimum_that_is_just_reached_is_reached():
    assert judge(GATE, evidence(challenger={"roc_auc": 0.7, "f1": 0.5})).decision == "promoted"


def test_the_interval_must_show_that_the_challenger_is_not_worse_by_more_than_the_margin():
    assert judge(GATE, against(-0.01, 0.02)).decision == "promoted"
    verdict = judge(GATE, against(-0.0125, 0.02))
    assert verdict.decision == "refused"
    assert verdict.why == (
        "roc_auc +0.0037 against the champion, 95 % interval -0.0125 to +0.0200: "
        "the lower end misses -gate.margin -0.01 by 0.0025"
    )


def test_when_better_is_required_the_interval_must_lie_above_zero():
    strict = Gate(require="better", min_test_rows=30)
    assert judge(strict, against(0.0, 0.02)).decision == "refused"
    verdict = judge(strict, against(0.001, 0.02))
    assert verdict.decision == "promoted"
    assert "better, the lower end is above 0" in verdict.why


def test_every_rule_that_is_missed_is_named():
    verdict = judge(GATE, against(-0.3, -0.2, challenger={"roc_auc": 0.6, "f1": 0.1}))
    assert [word in verdict.why for word in ("minimums.roc_auc", "minimums.f1", "gate.margin")] == [True] * 3


def test_too_few_rows_decide_nothing_whatever_the_scores():
    for scores in (GOOD, {"roc_auc": 0.1, "f1": 0.1}):
        verdict = judge(GATE, evidence(rows=29, challenger=scores))
        assert verdict.decision == "undecided"
        assert verdict.why == "29 labelled test rows are fewer than gate.min_test_rows 30"


def test_a_score_that_the_rows_cannot_tell_decides_nothing():
    assert judge(GATE, evidence(challenger={"roc_auc": None, "f1": 0.9})).decision == "undecided"
    verdict = judge(Gate(), evidence(champion=GOOD, difference=None))
    assert verdict.decision == "undecided"
    assert verdict.why == "the difference of roc_auc to the champion's cannot be told from these rows"


SLICED = Gate(slices=("word",), slice_margin=0.05)


def test_a_slice_that_is_shown_to_drop_refuses_and_is_named():
    verdict = judge(SLICED, against(0, 0.1, slices=[piece(0.02, -0.01, 0.05, word="b"), piece(-0.1, -0.15, -0.02)]))
    assert verdict.decision == "refused"
    assert verdict.why == (
        "roc_auc -0.1000 in word = a (80 rows, 95 % interval -0.1500 to -0.0200) drops by more than "
        "gate.slice_margin 0.05"
    )


def test_a_slice_whose_drop_may_be_chance_or_is_small_does_not_refuse():
    for fallen in (piece(-0.1, -0.21, 0.01), piece(-0.04, -0.05, -0.03)):
        assert judge(SLICED, against(0, 0.1, slices=[fallen])).decision == "promoted"


def test_a_slice_with_few_rows_is_not_judged():
    verdict = judge(SLICED, against(0, 0.1, slices=[piece(-0.3, -0.4, -0.2, rows=5, judged=False)]))
    assert verdict.decision == "promoted"
    assert "no slice of word has gate.min_slice_rows 50 rows: none is judged" in verdict.why
    assert verdicts(verdict)["slices.word"] == "unjudged"


def test_a_slice_with_many_rows_of_few_groups_is_told_by_its_groups():
    verdict = judge(SLICED, against(0, 0.1, slices=[piece(-0.3, -0.4, -0.2, rows=500, groups=5, judged=False)]))
    assert "no slice of word has gate.min_slice_rows 50 groups: none is judged" in verdict.why
    verdict = judge(SLICED, against(0, 0.1, slices=[piece(-0.3, -0.4, -0.2, rows=500, groups=60)]))
    assert "in word = a (500 rows of 60 groups, 95 % interval" in verdict.why


def test_a_slice_with_rows_enough_that_cannot_be_told_leaves_the_question_open_and_names_the_way_out():
    dark = [piece(None, 0, 0, rows=70 + number, word=f"w{number}") for number in range(5)]
    verdict = judge(SLICED, against(0, 0.1, slices=[piece(0, -0.1, 0.1), *dark]))
    assert verdict.decision == "undecided"
    assert verdict.why == (
        "roc_auc cannot be told in word = w0 (70 rows), word = w1 (71 rows), word = w2 (72 rows), and 2 more; slices of "
        "at most 74 rows are not judged with gate.min_slice_rows 75"
    )


def test_harm_that_is_shown_refuses_although_another_slice_cannot_be_told():
    slices = [piece(None, 0, 0, word="b"), piece(-0.1, -0.15, -0.02)]
    assert judge(SLICED, against(0, 0.1, slices=slices)).decision == "refused"


def test_slices_that_are_too_many_to_be_looked_at_are_told():
    verdict = judge(SLICED, against(0, 0.1, slices=[piece(0, -0.1, 0.1)], more_slices={"word": 7}))
    assert "no slice of word, of 1 judged, is shown to drop by more than gate.slice_margin 0.05" in verdict.why
    assert "; 7 more slices of word, with fewer rows, are not judged" in verdict.why


def reliability(error, chance, most=0.6):
    return Calibration(error=error, chance=chance, most=most, bins=[])


def test_probabilities_that_do_not_mean_what_they_say_are_refused():
    gate = Gate(max_calibration_error=0.05)
    assert judge(gate, evidence(calibration=reliability(0.05, 0.01))).decision == "promoted"
    verdict = judge(gate, evidence(calibration=reliability(0.08, 0.01)))
    assert verdict.decision == "refused"
    assert verdict.why == (
        "calibration error 0.0800 exceeds gate.max_calibration_error 0.05 by 0.0300, of which chance explains at most "
        "0.0100"
    )
    assert judge(gate, evidence(calibration=None)).decision == "undecided"


def test_an_error_that_may_be_chance_does_not_refuse_and_is_not_called_small():
    verdict = judge(Gate(max_calibration_error=0.05), evidence(calibration=reliability(0.08, 0.04)))
    assert verdict.decision == "promoted"
    assert verdict.rules[-1].text == (
        "calibration error 0.0800 is not shown to exceed gate.max_calibration_error 0.05: of the 0.0300 chance alone "
        "may give 0.0400"
    )


def test_where_no_answer_of_the_rows_could_show_an_error_the_question_is_open():
    verdict = judge(Gate(max_calibration_error=0.05), evidence(calibration=reliability(0.04, 0.57)))
    assert verdict.decision == "undecided"
    assert verdict.why.startswith("too few rows to tell whether the calibration error 0.0400 exceeds")


def test_a_limit_that_no_error_can_exceed_is_kept_by_few_rows_as_well():
    verdict = judge(Gate(max_calibration_error=1.0), evidence(calibration=reliability(0.07, 0.11)))
    assert verdict.decision == "promoted"
    assert verdict.rules[-1].text == "calibration error 0.0700 is within gate.max_calibration_error 1"


def test_rows_of_few_groups_decide_nothing_however_many_they_are():
    verdict = judge(GATE, evidence(rows=5000, groups=29))
    assert verdict.decision == "undecided"
    assert verdict.why == "5000 labelled test rows of 29 groups are fewer than gate.min_test_rows 30"


ANCHOR = Anchor(label="2026-01-01 v1")


def test_who_is_not_worse_than_the_champion_must_not_be_worse_than_the_anchor_either():
    below = Interval(value=-0.03, low=-0.035, high=-0.025)
    verdict = judge(GATE, against(-0.005, 0.005, anchor=ANCHOR, to_anchor=below))
    assert verdict.decision == "refused"
    assert verdict.why == (
        "roc_auc -0.0300 against the anchor, the model of 2026-01-01 v1, 95 % interval -0.0350 to -0.0250: the lower "
        "end misses -gate.margin -0.01 by 0.0250"
    )
    near = Interval(value=-0.005, low=-0.009, high=0.001)
    assert judge(GATE, against(-0.005, 0.005, anchor=ANCHOR, to_anchor=near)).decision == "promoted"
    assert judge(GATE, against(-0.005, 0.005, anchor=ANCHOR, to_anchor=None)).decision == "undecided"


def test_an_anchor_that_cannot_be_compared_is_told_and_is_no_rule_that_passed():
    gone = Anchor(label="2026-01-01", not_compared="its file is gone")
    verdict = judge(GATE, against(-0.005, 0.005, anchor=gone))
    assert verdict.decision == "promoted"
    assert verdicts(verdict)["not_worse_than_anchor"] == "unjudged"
    assert (
        "the anchor, the model of 2026-01-01, cannot be compared: its file is gone; the champion takes its place"
        in (verdict.why)
    )


def test_who_must_be_better_than_the_champion_is_not_held_against_the_anchor():
    below = Interval(value=-0.03, low=-0.035, high=-0.025)
    strict = Gate(require="better", min_test_rows=30)
    assert judge(strict, against(0.001, 0.02, anchor=ANCHOR, to_anchor=below)).decision == "promoted"


def test_a_worse_brier_score_or_a_higher_cost_must_be_shown_to_refuse():
    gate = Gate(brier_margin=0.01, cost_margin=0.1)
    for field, margin in (("brier", "brier_margin"), ("cost", "cost_margin")):
        fine = {
            "has_costs": True,
            "cost": Interval(value=0, low=0, high=0),
            "brier": Interval(value=0, low=0, high=0),
        } | {field: Interval(value=0.2, low=-0.1, high=0.4)}
        assert judge(gate, against(0, 0.1, **fine)).decision == "promoted"
        verdict = judge(gate, against(0, 0.1, **{**fine, field: Interval(value=0.2, low=0.1, high=0.4)}))
        assert verdict.decision == "refused"
        assert f"is worse by more than gate.{margin}" in verdict.why
        assert judge(gate, against(0, 0.1, **{**fine, field: None})).decision == "undecided"


def test_who_passes_waits_for_a_person_where_that_is_asked_for():
    assert judge(Gate(approval="manual"), evidence()).decision == "proposed"
    assert judge(Gate(approval="manual", minimums={"f1": 0.9}), evidence()).decision == "refused"


def test_a_class_that_no_test_row_has_is_named_with_a_way_out_where_nothing_can_be_told():
    cannot_tell = {"roc_auc": None, "f1": 0.9}
    verdict = judge(GATE, evidence(challenger=cannot_tell, absent=["rare"]))
    assert verdict.decision == "undecided"
    assert "no test row is of the class rare, which some scores cannot do without: bring rows of it" in verdict.why
    assert "no test row is of the class" not in judge(GATE, evidence(absent=["rare"])).why


def test_a_metric_that_is_not_defined_for_the_rows_is_told_in_its_own_words_with_a_way_out():
    reason = "Mean Squared Logarithmic Error cannot be used when targets contain values less than or equal to -1"
    verdict = judge(GATE, evidence(challenger={"roc_auc": None, "f1": 0.9}, untold=reason))
    assert verdict.decision == "undecided"
    assert f"; {reason}; mend these rows, or take another training.metric" in verdict.why
    assert reason not in judge(GATE, evidence(untold=reason)).why
