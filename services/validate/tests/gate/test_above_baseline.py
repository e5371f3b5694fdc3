import msgspec
import pytest

from contract.config.model import Gate
from validate.gate.above_baseline import Baseline, above_baseline
from validate.gate.gate import Evidence, Rarer, judge
from validate.measures.bootstrap import Interval


def baseline(low, value, high, least=0.05, score=0.0):
    return Baseline(
        text="always the mean of the training, 3.2",
        metrics={"r2": score},
        lift=Interval(value=value, low=low, high=high),
        least=least,
    )


def test_a_lift_that_is_shown_passes():
    rule = above_baseline(Gate(), "r2", 0.6, baseline(0.3, 0.37, 0.44))
    assert (rule.verdict, rule.value, rule.limit) == ("passed", 0.3, 0.05)
    assert rule.text == (
        "r2 0.6000 against 0.0000 of the baseline (always the mean of the training, 3.2): 37.0% of its error is gone, "
        "95 % interval 30.0% to 44.0%, reaches gate.min_lift 0.05"
    )


@pytest.mark.parametrize(
    ("low", "value", "word"),
    [(-0.2, -0.1, "no better"), (0.01, 0.03, "hardly better"), (-0.1, 0.2, "not shown better")],
)
def test_a_lift_that_is_not_shown_is_refused_with_the_way_out(low, value, word):
    rule = above_baseline(Gate(), "r2", 0.1, baseline(low, value, value + 0.1))
    assert rule.verdict == "failed"
    assert f": {word}, the lower end misses gate.min_lift 0.05; " in rule.text
    assert 'set gate.baseline = "off"' in rule.text


def test_where_the_past_of_the_group_tells_more_the_way_out_leaves_the_constant_in_force():
    known = msgspec.structs.replace(baseline(-0.2, -0.1, 0.1), text="the last known label of each 'id'", of_group="id")
    rule = above_baseline(Gate(), "r2", 0.1, known)
    assert rule.verdict == "failed"
    assert rule.text.endswith("where most of tomorrow's 'id' are new ones, set gate.baseline = \"constant\"")


def test_without_a_least_lift_it_must_be_better_all_the_same():
    assert above_baseline(Gate(), "r2", 0.1, baseline(0.0, 0.03, 0.1, least=0.0)).verdict == "failed"
    assert above_baseline(Gate(), "r2", 0.1, baseline(0.001, 0.03, 0.1, least=0.0)).verdict == "passed"


def test_what_the_rows_cannot_tell_leaves_the_question_open():
    unknown = Baseline(text="always 1", metrics={"r2": 0.0}, lift=None, least=0.05)
    assert above_baseline(Gate(), "r2", None, unknown).verdict == "unknown"
    assert above_baseline(Gate(), "r2", 0.5, unknown).verdict == "unknown"


def test_where_there_is_no_baseline_nothing_is_refused_and_words_say_so():
    rule = above_baseline(Gate(), "r2", 0.5, None)
    assert rule.verdict == "unjudged"
    assert "no baseline is on record: the model was trained by an earlier version" in rule.text
    untold = Baseline(text="always 1", metrics={"r2": None}, lift=None, least=0.05)
    assert above_baseline(Gate(), "r2", 0.5, untold).verdict == "unjudged"


def evidence(**more):
    return Evidence(
        **({"metric": "r2", "rows": 300, "groups": 300, "challenger": {"r2": 0.1}, "champion": None} | more)
    )


def test_the_gate_refuses_what_is_hardly_better_and_can_be_told_not_to():
    weak = evidence(baseline=baseline(0.03, 0.053, 0.07))
    verdict = judge(Gate(), weak)
    assert verdict.decision == "refused"
    assert verdict.why.startswith("r2 0.1000 against 0.0000 of the baseline")
    off = judge(Gate(baseline="off"), weak)
    assert off.decision == "promoted"
    assert [rule.name for rule in off.rules] == ["min_test_rows"]


def test_rows_of_the_rarer_class_are_counted_in_groups():
    rare = Rarer(text="the rarer class 'yes'", groups=3)
    verdict = judge(Gate(baseline="off"), evidence(rarer=rare))
    assert verdict.decision == "undecided"
    assert verdict.why == (
        "3 labelled test rows are of the rarer class 'yes', which are fewer than gate.min_test_rows 30: bring more of "
        "them, hold out more days (training.test_days), or lower gate.min_test_rows"
    )
    verdict = judge(Gate(baseline="off"), evidence(rarer=rare, groups=100))
    assert verdict.why.startswith("3 labelled test groups are of the rarer class 'yes'")
    assert judge(Gate(baseline="off", min_test_rows=3), evidence(rarer=rare)).decision == "promoted"
