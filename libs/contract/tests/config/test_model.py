import tomllib

import pytest

from contract.config.model import Range
from contract.config.parse import parse


def read(raw, **tables):
    """The configuration with keys of these tables added, as TOML text."""
    for name, text in tables.items():
        raw.setdefault(name, {}).update(tomllib.loads(text))
    return parse(raw)


def broken(raw, message, **tables):
    with pytest.raises(ValueError, match=message):
        read(raw, **tables)


def test_a_search_space_has_values_or_a_range(raw):
    raw["training"]["candidates"][0]["search"] = {"C": {"low": 0.01, "high": 10, "log": True}, "penalty": ["l1", "l2"]}
    search = read(raw).training.candidates[0].search
    assert search == {"C": Range(low=0.01, high=10, log=True), "penalty": ["l1", "l2"]}


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ({"C": {"low": 2, "high": 1}}, "low must be < high, got 2 and 1"),
        ({"C": {"low": 0, "high": 1, "log": True}}, "low must be above 0 with log = true, got 0"),
        ({"C": []}, "search must give each parameter a value, got none for 'C'"),
        ({"C": {"low": 1, "high": 2, "lag": True}}, "unknown field"),
    ],
)
def test_a_space_that_cannot_be_searched_is_refused(raw, search, message):
    raw["training"]["candidates"][0]["search"] = search
    broken(raw, message)


def test_a_parameter_is_fixed_or_searched_not_both(raw):
    raw["training"]["candidates"][0] |= {"params": {"C": 1}, "search": {"C": [1, 2]}}
    broken(raw, "search must not name what params fixes, got 'C' in both")


def test_weights_name_each_class_once(raw):
    assert read(raw, training="class_weights = { no = 1, yes = 3.5 }").training.class_weights == {"no": 1, "yes": 3.5}
    broken(
        raw,
        r"training.class_weights must name each class once \(no, yes\), got no",
        training="class_weights = { no = 1 }",
    )


def test_a_threshold_is_given_or_chosen_by_costs(raw):
    decision = read(raw, decision="costs = { false_positive = 1, false_negative = 5 }").decision
    assert decision.costs.false_negative == 5
    broken(raw, "threshold must not be given beside costs", decision="threshold = 0.3")


def test_a_decision_is_for_binary_tasks_alone(raw):
    raw["table"] |= {"task": "multiclass"}
    del raw["table"]["positive"]
    broken(raw, "decision must be left out unless task is 'binary', got task 'multiclass'", decision="threshold = 0.3")


def test_slices_are_columns_of_categories(raw):
    broken(raw, "gate.slices must name columns of type category, not the target, got 'x'", gate='slices = ["x"]')
    broken(raw, "gate.slices must name columns .* got 'y'", gate='slices = ["y"]')


def test_a_regression_has_no_probabilities_to_judge(raw):
    raw["table"] |= {"task": "regression", "target": "x"}
    del raw["table"]["positive"]
    raw["columns"]["z"] = {"type": "number"}
    broken(raw, "gate.brier_margin must be left out for task 'regression'", gate="brier_margin = 0.1")


@pytest.mark.parametrize(
    ("gate", "message"),
    [
        ("confidence = 1.0", "gate.confidence must be at least 0.5 and below 1, got 1"),
        ("min_lift = 1", "gate.min_lift must be at least 0 and below 1, got 1"),
        ("resamples = 10", "gate.resamples must be at least 99, got 10"),
        ("margin = -0.1", "gate.margin must be at least 0, got -0.1"),
        ('require = "bettr"', "gate.require must be one of not_worse, better, got 'bettr'; did you mean 'better'"),
    ],
)
def test_a_gate_that_cannot_be_is_refused(raw, gate, message):
    broken(raw, message, gate=gate)


def test_alarms_need_draws_enough_to_tell_their_rate(raw):
    broken(raw, "drift.resamples must be at least 200, got 100", drift="resamples = 100")
    broken(raw, "false_alarms must be <= false_watches, got 0.1 > 0.05", drift="false_alarms = 0.1")


@pytest.mark.parametrize(("task", "own"), [("binary", "roc_auc"), ("multiclass", "neg_log_loss"), ("regression", "r2")])
def test_the_tasks_own_metric_counts_unless_another_is_given(raw, task, own):
    assert read(raw).training.metric_for(task) == own
    assert read(raw, training='metric = "accuracy"').training.metric_for(task) == "accuracy"
