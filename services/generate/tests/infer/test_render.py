import tomllib
from datetime import date

import pytest

from contract.config.parse import parse
from generate.infer.render import render
from generate.infer.schema import ColumnSchema, TableSchema


def schema(task="binary", **changes):
    values = {"binary": ["0", "1"], "multiclass": ["a", "b", "c"], "regression": None}[task]
    target = {"type": "category", "values": values} if values else {"type": "number"}
    settings = {
        "file": "a.csv",
        "rows": 1000,
        "key": None,
        "target": "y",
        "task": task,
        "positive": "1" if task == "binary" else None,
        "columns": (
            ColumnSchema("x", {"type": "number", "min": 0}, "2 distinct"),
            ColumnSchema("y", target, "to predict"),
        ),
        "max_rejected_fraction": 0.05,
    }
    return TableSchema(**settings | changes)


def parsed(schema, source=()):
    return parse(tomllib.loads(render(schema, first_day=date(2026, 2, 3), source=source)))


@pytest.mark.parametrize(
    ("task", "minimums", "estimators"),
    [
        ("binary", {"roc_auc": 0.6}, ["linear_model.LogisticRegression", "ensemble.HistGradientBoostingClassifier"]),
        ("multiclass", {"balanced_accuracy": 0.5}, ["linear_model.LogisticRegression", "ensemble.HistGradientBoostingClassifier"]),
        ("regression", {"r2": 0.0}, ["linear_model.Ridge", "ensemble.HistGradientBoostingRegressor"]),
    ],
)  # fmt: skip
def test_each_task_has_candidates_and_a_gate_that_fit(task, minimums, estimators):
    config = parsed(schema(task))
    assert config.table.task == task
    assert config.gate.minimums == minimums
    assert [candidate.estimator for candidate in config.training.candidates] == [
        f"sklearn.{name}" for name in estimators
    ]


@pytest.mark.parametrize(("rows", "least"), [(100, 10), (150, 10), (1797, 89), (7048, 100)])
def test_small_tables_need_fewer_test_rows(rows, least):
    assert parsed(schema(rows=rows)).gate.min_test_rows == least


def test_the_file_says_what_was_seen_and_where_it_comes_from():
    text = render(schema(), first_day=date(2026, 2, 3))
    assert 'from "a.csv": 1,000 rows' in text
    assert "# 2 distinct\n[columns.x]\ntype = " in text


def test_day_delimiter_and_key_are_written():
    config = parsed(schema(key="id"), source=['delimiter = "\\t"  # seen'])
    assert (config.schedule.first_day, config.source.delimiter, config.table.key) == (date(2026, 2, 3), "\t", "id")


@pytest.mark.parametrize(
    ("file", "name"), [("telco churn (1).csv", "telco-churn-1"), ("é.csv", "é"), ("?.csv", "microstep")]
)
def test_the_models_name_is_the_files(file, name):
    assert parsed(schema(file=file)).pipeline.name == name


def test_names_and_values_of_any_kind_make_a_valid_file():
    nasty = 'a "b".\n[c] \x7f é #'
    columns = (
        ColumnSchema(nasty, {"type": "category", "values": [nasty, "b"]}, repr(nasty)),
        ColumnSchema("y", {"type": "category", "values": ["0", "1"]}, "to predict"),
    )
    config = parsed(schema(columns=columns, file=nasty))
    assert config.columns[nasty].values == (nasty, "b")


def test_the_group_is_written_and_a_question_is_a_comment_that_works_when_it_is_taken_away():
    columns = (ColumnSchema("who", {"type": "text", "role": "ignore"}, "60 distinct"), *schema().columns)
    assert parsed(schema(columns=columns, key="id", group="who")).group == "who"
    asked = render(schema(columns=columns, maybe_groups=("who",)), first_day=date(2026, 2, 3))
    assert parse(tomllib.loads(asked)).group is None
    assert parse(tomllib.loads(asked.replace('# group = "who"', 'group = "who"'))).group == "who"


def test_rows_that_repeat_are_counted_where_nothing_tells_whose_they_are():
    text = render(schema(repeated=500), first_day=date(2026, 2, 3))
    assert "# 500 rows equal an earlier one in all features" in text
    assert parse(tomllib.loads(text.replace('# group = "row_key"', 'group = "row_key"'))).group == "row_key"
    assert "equal an earlier one" not in render(schema(), first_day=date(2026, 2, 3))
