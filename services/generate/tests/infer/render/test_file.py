import tomllib
from dataclasses import replace
from datetime import date

import pytest

from contract.config.model import Costs
from contract.config.parse import parse
from generate.infer.column_stats import MISSING
from generate.infer.render.file import render
from generate.infer.schema import TableSchema
from generate.infer.types.column_schema import ColumnSchema
from generate.infer.types.missing import Missing
from generate.split.proposal import Proposal


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


def rendered(schema, name="a", source=('kind = "files"',)):
    return render(schema, name=name, first_day=date(2026, 2, 3), source=source)


def parsed(schema, **settings):
    return parse(tomllib.loads(rendered(schema, **settings)))


@pytest.mark.parametrize(
    ("task", "minimums", "estimators"),
    [
        ("binary", {"roc_auc": 0.6}, ["linear_model.LogisticRegression", "ensemble.HistGradientBoostingClassifier"]),
        ("multiclass", {"balanced_accuracy": 0.5}, ["linear_model.LogisticRegression", "ensemble.HistGradientBoostingClassifier"]),
        ("regression", {"r2": 0.0}, ["linear_model.Ridge", "ensemble.HistGradientBoostingRegressor"]),
    ],
)  # fmt: skip
def test_each_task_has_candidates_and_a_gate_that_fit(task, minimums, estimators):
    config = parsed(schema(task, rows=100_000))
    assert config.table.task == task
    assert config.gate.minimums == minimums
    assert [candidate.estimator for candidate in config.training.candidates] == [
        f"sklearn.{name}" for name in estimators
    ]


@pytest.mark.parametrize(
    ("task", "kind"), [("binary", "Classifier"), ("multiclass", "Classifier"), ("regression", "Regressor")]
)
def test_of_few_rows_a_forest_may_learn_as_well(task, kind):
    *_, forest, _ = parsed(schema(task, rows=5000)).training.candidates
    assert (forest.name, forest.estimator) == ("forest", f"sklearn.ensemble.RandomForest{kind}")
    assert "forest" not in rendered(schema(task, rows=5001))


@pytest.mark.parametrize(
    ("task", "kind", "voting"),
    [
        ("binary", "Classifier", {"voting": "soft"}),
        ("multiclass", "Classifier", {"voting": "soft"}),
        ("regression", "Regressor", {}),
    ],
)
def test_of_few_rows_the_mean_of_all_may_be_best(task, kind, voting):
    *_, blend = parsed(schema(task, rows=5000)).training.candidates
    assert (blend.name, blend.estimator) == ("blend", f"sklearn.ensemble.Voting{kind}")
    assert blend.params == {"estimators": ["linear", "trees", "forest"], **voting}
    assert "blend" not in rendered(schema(task, rows=5001))


IN_TIME = Proposal(1000, "at", None, date(2026, 2, 3), span=40, gaps=10, filled=20)


@pytest.mark.parametrize(
    ("task", "proposal", "folds"),
    [
        ("regression", IN_TIME, "by_day"),
        ("regression", Proposal(1000, "at", 7, span=400, gaps=390), "by_day"),
        ("regression", replace(IN_TIME, filled=6), "shuffled"),
        ("regression", Proposal(1000, "at", 6, span=400, gaps=390), "shuffled"),
        ("regression", Proposal(1000, days=28), "shuffled"),
        ("regression", None, "shuffled"),
        ("binary", IN_TIME, "shuffled"),
        ("multiclass", IN_TIME, "shuffled"),
    ],
)
def test_quantities_of_enough_days_are_compared_in_time(task, proposal, folds):
    text = render(schema(task), name="a", first_day=date(2026, 2, 3), source=('kind = "files"',), proposal=proposal)
    assert parse(tomllib.loads(text)).training.cross_validation == folds


@pytest.mark.parametrize(("task", "penalty"), [("binary", 10), ("multiclass", 10), ("regression", None)])
def test_boosting_of_classes_is_regularized(task, penalty):
    trees = parsed(schema(task)).training.candidates[1]
    assert (trees.name, trees.params.get("l2_regularization")) == ("trees", penalty)


@pytest.mark.parametrize("key", [None, "id"])
def test_of_things_that_come_back_each_row_is_by_itself_and_equal_ones_are_one(key):
    columns = (ColumnSchema("id", {"type": "text", "role": "ignore"}, ""), *schema().columns)
    table = schema(columns=columns, key=key, returning="x", maybe_groups=("y2",), repeated=0 if key else 500)
    assert parsed(table).table.group is None
    assert ("500 rows equal an earlier one" in rendered(table)) == (key is None)
    assert "# group" not in rendered(schema(returning="x", maybe_groups=("y2",)))


@pytest.mark.parametrize(("rows", "leaves"), [(2000, None), (200_000, 500)])
def test_of_many_classes_a_forest_learns_in_place_of_boosting(rows, leaves):
    table = schema("multiclass", rows=rows)
    words = {"type": "category", "values": [f"intent {number}" for number in range(60)]}
    table = replace(table, columns=(table.columns[0], ColumnSchema("y", words, "to predict")))
    linear, forest, *blend = parsed(table).training.candidates
    assert [mean.params["estimators"] for mean in blend] == ([["linear", "forest"]] if rows == 2000 else [])
    assert (linear.name, forest.name, forest.params.get("max_leaf_nodes")) == ("linear", "forest", leaves)


@pytest.mark.parametrize(
    ("rows", "positives", "least"), [(100, 50, 10), (440, 220, 11), (7048, 1871, 30), (7048, 90, 10)]
)
def test_tables_with_few_rows_or_few_of_a_class_need_fewer_test_rows(rows, positives, least):
    assert parsed(schema(rows=rows, positives=positives)).gate.min_test_rows == least


def test_its_first_line_names_the_schema_by_which_editors_check_it():
    assert rendered(schema()).splitlines()[0] == "#:schema ./pipeline.schema.json"


def test_the_file_says_what_was_seen_and_where_it_comes_from():
    text = rendered(schema())
    assert 'from "a.csv": 1,000 rows' in text
    assert "# 2 distinct\n[columns.x]\ntype = " in text


def test_day_delimiter_and_key_are_written():
    config = parsed(schema(key="id"), source=['kind = "files"', 'delimiter = "\\t"  # seen'])
    assert (config.schedule.first_day, config.source.delimiter, config.table.key) == (date(2026, 2, 3), "\t", "id")


def test_the_models_name_is_the_pipelines():
    assert parsed(schema(), name="telco churn (é)").pipeline.name == "telco churn (é)"


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
    asked = rendered(schema(columns=columns, maybe_groups=("who",)))
    assert parse(tomllib.loads(asked)).group is None
    assert parse(tomllib.loads(asked.replace('# group = "who"', 'group = "who"'))).group == "who"


def test_rows_that_repeat_are_counted_where_nothing_tells_whose_they_are():
    text = rendered(schema(repeated=500))
    assert "# 500 rows equal an earlier one in all features" in text
    assert parse(tomllib.loads(text.replace('# group = "row_key"', 'group = "row_key"'))).group == "row_key"
    assert "equal an earlier one" not in rendered(schema())


def test_the_words_for_a_missing_value_are_there_where_somebody_is_asked_to_add_one():
    doubt = '-99 in 9 rows is far: if it stands for a missing value, add "-99" to table.missing_values'
    columns = (*schema().columns, ColumnSchema("z", {"type": "number"}, "3 distinct", (doubt,)))
    assert parse(tomllib.loads(rendered(schema(columns=columns)))).table.missing_values == MISSING
    assert "\nmissing_values = " in rendered(schema(columns=columns))


def test_other_missing_values_are_written_with_their_reason():
    text = rendered(schema(missing=Missing((*MISSING, "?"), ("'?' in 2 rows of 'x'",))))
    assert "# '?' in 2 rows of 'x'\nmissing_values = " in text
    assert parse(tomllib.loads(text)).table.missing_values == (*MISSING, "?")
    assert "missing_values" not in rendered(schema())


def test_a_doubt_is_a_comment_and_another_setting_works_when_it_takes_the_others_place():
    doubt = ColumnSchema(
        "x", {"type": "datetime", "format": "%d/%m/%Y"}, "2 distinct", ("day or month?",), ('format = "%m/%d/%Y"',)
    )
    text = rendered(schema(columns=(doubt, *schema().columns[1:])))
    assert "# look: day or month?\n[columns.x]" in text
    assert tomllib.loads(text)["columns"]["x"]["format"] == "%d/%m/%Y"
    other = text.replace('format = "%d/%m/%Y"\n', "").replace('# format = "%m/%d/%Y"', 'format = "%m/%d/%Y"')
    assert tomllib.loads(other)["columns"]["x"]["format"] == "%m/%d/%Y"


def test_costs_are_proposed_where_positives_are_rare():
    text = rendered(schema(positives=10))
    assert '# 1 % of the rows are "1"' in text
    asked = text.replace("# [decision]\n# costs", "[decision]\ncosts")
    assert parse(tomllib.loads(asked)).decision.costs == Costs(false_positive=1, false_negative=99)
    assert parse(tomllib.loads(text)).decision.costs is None
    for positives in (0, 100, 500):
        assert "[decision]" not in rendered(schema(positives=positives))


def test_whose_past_a_model_must_beat_is_said_where_a_group_was_found():
    text = rendered(schema(group="x"))
    assert 'the known labels of a row\'s own "x" do' in text
    edited = text.replace('# baseline = "constant"', 'baseline = "constant"')
    assert parse(tomllib.loads(edited)).gate.baseline == "constant"
    assert "baseline" not in rendered(schema())
