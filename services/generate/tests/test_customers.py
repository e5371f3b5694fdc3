import numpy as np
import pyarrow as pa
import pytest

from generate import customers as module
from generate.customers import parts_of
from generate.synthetic import COLUMNS, LEVELS, NUMBERS, Customers


def made(run, raw, day="2026-11-22"):
    """A day's data and labels as two tables."""
    parts = list(parts_of(Customers(run(raw, day)), data=True, target=True))
    return pa.Table.from_batches([part.data for part in parts]), pa.Table.from_batches([part.target for part in parts])


def numbers(table, name):
    return np.array([float(text) for text in table[name].to_pylist() if text])


def test_the_columns_are_those_of_the_shipped_configuration(run, customers):
    data, target = made(run, customers)
    assert data.schema.names == [name for name in COLUMNS if name != "churned"] + ["_file", "_row"]
    assert target.schema.names == ["customer_id", "churned", "_file", "_row"]
    assert data["_row"].to_pylist() == target["_row"].to_pylist() == list(range(1, 501))
    assert set(data["_file"].to_pylist()) == {"synthetic"}


def test_the_same_seed_and_day_give_the_same_rows_and_others_do_not(run, customers):
    first = made(run, customers)
    assert made(run, customers) == first
    assert made(run, customers, "2026-11-23")[1]["churned"] != first[1]["churned"]
    customers["source"]["seed"] = -1
    assert made(run, customers)[1]["churned"] != first[1]["churned"]


def test_a_days_first_rows_do_not_depend_on_how_many_follow(run, customers, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_ROWS", 100)
    whole, _ = made(run, customers)
    customers["source"]["rows"] = 200
    assert made(run, customers)[0] == whole.slice(0, 200)


def test_keys_differ_across_rows_and_days(run, customers, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_ROWS", 100)
    keys = [
        key for day in ("2026-11-22", "2026-11-23") for key in made(run, customers, day)[0]["customer_id"].to_pylist()
    ]
    assert len(set(keys)) == 1000


def test_clean_rows_keep_the_shipped_rules(run, customers):
    data, target = made(run, customers)
    assert 18 <= numbers(data, "age").min() <= numbers(data, "age").max() <= 110
    assert 0 <= numbers(data, "tenure_months").min() <= numbers(data, "tenure_months").max() <= 120
    assert all(numbers(data, name).min() >= 0 for name in NUMBERS)
    assert all(set(data[name].to_pylist()) <= set(LEVELS[name]) for name in LEVELS if name != "churned")
    assert set(target["churned"].to_pylist()) == {"no", "yes"}


def test_drift_shifts_two_columns_by_that_many_standard_deviations_a_day(run, customers):
    customers["source"] |= {"rows": 20_000}
    still, _ = made(run, customers, "2026-11-05")
    customers["source"]["drift"] = 0.25
    moved, _ = made(run, customers, "2026-11-05")  # four days after schedule.first_day
    for name in NUMBERS:
        before = numbers(still, name)
        shift = (numbers(moved, name).mean() - before.mean()) / before.std()
        assert shift == pytest.approx(1.0 if name in ("monthly_charge", "support_calls") else 0.0, abs=0.05)


def test_on_the_first_day_nothing_has_drifted_yet(run, customers):
    still = made(run, customers, "2026-11-01")
    customers["source"]["drift"] = 1
    assert made(run, customers, "2026-11-01") == still


def test_missing_is_the_fraction_of_empty_values_and_spares_key_and_target(run, customers):
    customers["source"] |= {"rows": 20_000, "missing": 0.1}
    data, target = made(run, customers)
    for name in (*NUMBERS, "contract", "payment", "region"):
        assert data[name].to_pylist().count("") / 20_000 == pytest.approx(0.1, abs=0.01)
    assert "" not in data["customer_id"].to_pylist() + target["churned"].to_pylist()


def test_broken_is_the_fraction_of_rows_that_break_a_rule_each_kind_the_same(run, customers):
    customers["source"] |= {"rows": 20_000, "broken": 0.2}
    data, _ = made(run, customers)
    kinds = {
        "text in a number": data["age"].to_pylist().count("unknown"),
        "out of range": data["monthly_charge"].to_pylist().count("-1.0"),
        "unknown category": data["contract"].to_pylist().count("weekly"),
        "repeated key": 20_000 - len(set(data["customer_id"].to_pylist())),
    }
    assert {kind: pytest.approx(0.05, abs=0.01) for kind in kinds} == {kind: n / 20_000 for kind, n in kinds.items()}


def test_the_signal_is_realistic_for_a_straight_line(run, customers):
    customers["source"] |= {"rows": 20_000}
    data, target = made(run, customers)
    columns = [numbers(data, name) for name in NUMBERS]
    columns += [np.array(data[name].to_pylist()) == level for name in ("contract", "payment") for level in LEVELS[name]]
    x = np.column_stack([*((column - column.mean()) / column.std() for column in columns), np.ones(20_000)])
    y = np.array(target["churned"].to_pylist()) == "yes"
    assert 0.25 < y.mean() < 0.40
    weights = np.linalg.lstsq(x[:10_000], y[:10_000], rcond=None)[0]
    assert 0.78 < auc(y[10_000:], x[10_000:] @ weights) < 0.83


def auc(truth, score):
    ranks = np.empty(len(score))
    ranks[np.argsort(score)] = np.arange(1, len(score) + 1)
    positive = truth.sum()
    return (ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * (len(truth) - positive))


def test_another_column_may_be_the_target(run, customers):
    customers["table"] = {"key": "customer_id", "target": "contract", "task": "multiclass"}
    customers["columns"]["contract"] = {"type": "category", "values": list(LEVELS["contract"])}
    customers["source"] |= {"missing": 0.5, "broken": 0.5}
    data, target = made(run, customers)
    assert "churned" in data.schema.names
    assert set(target["contract"].to_pylist()) == set(LEVELS["contract"])
    assert target.num_rows == 500


def test_rows_without_a_key_are_numbered(run, customers):
    del customers["table"]["key"]
    data, _ = made(run, customers)
    assert data["row_key"].to_pylist()[:2] == ["2026-11-22-1", "2026-11-22-2"]
