import re
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from analysis.record.row_split import comparable, may_have_moved
from analysis.record.trained_for import misfit, question, record, trained_for, unseen
from contract.config.model import Costs, Decision
from contract.config.parse import parse
from contract.datasets.manifest import Input, Manifest, encode
from contract.layout import MANIFEST, Layout
from contract.models.champion import Champion

FIELDS = ("step", "fingerprint", "code")


def config(name="y", task="multiclass", positive=None, values=("a", "b", "c"), more=(), slices=(), **table_keys):
    column = {"type": "number"} if task == "regression" else {"type": "category", "values": list(values)}
    table = {"target": name, "task": task} | ({"positive": positive} if positive else {}) | table_keys
    return parse(
        {
            "pipeline": {"name": "trial"},
            "source": {"kind": "files"},
            "schedule": {"first_day": "2026-01-01"},
            "table": table,
            "columns": {name: column, "x": {"type": "number"}} | dict(more),
            "gate": {"slices": list(slices)},
            "training": {"candidates": [{"name": "one", "estimator": "sklearn.dummy.DummyClassifier"}]},
        }
    )


def processed(day, root=Path(), identity="0" * 64, raw="2" * 64):
    inputs = [Input(f"raw/{day}/data", raw)]
    return SimpleNamespace(path=Layout(root).processed(day), manifest=SimpleNamespace(identity=identity, inputs=inputs))


@pytest.fixture
def trained(tmp_path):
    """Makes a training for a configuration; gives the model."""

    def train(settings, days=()):
        manifest = Manifest(
            **dict.fromkeys(FIELDS, "s"),
            day="2026-01-02",
            settings=settings,
            inputs=[Input(f"processed/{day}", "0" * 64) for day in days],
            schema=[],
            files=[],
            counts={},
            notes={},
            run={},
        )
        path = Layout(tmp_path).model("2026-01-02")
        path.mkdir(parents=True, exist_ok=True)
        (path / MANIFEST).write_bytes(encode(manifest))
        return Champion(day="2026-01-02", file="m", sha256="0" * 64, manifest=manifest.identity, sklearn="1")

    return train


@pytest.mark.parametrize(
    ("then", "now", "reason"),
    [
        (config(), config(), None),
        (config(), config(values=("c", "b", "a", "new")), None),
        (config(), config("z"), "was trained for the target y, pipeline.toml: table.target is z"),
        (config(), config(task="regression"), "was trained for the task multiclass, pipeline.toml: table.task is reg"),
        (
            config(),
            config(values=("a", "b", "d")),
            "was trained for the class c, which pipeline.toml: columns.y.values",
        ),
        (
            config(task="binary", positive="a", values=("a", "b")),
            config(task="binary", positive="b", values=("a", "b")),
            "was trained for the positive class a, pipeline.toml: table.positive is b",
        ),
    ],
    ids=["same", "a class more", "target", "task", "class", "positive"],
)
def test_a_model_fits_when_what_it_says_answers_what_is_asked(tmp_path, trained, then, now, reason):
    answer = misfit(Layout(tmp_path), trained(question(then)), now)
    assert answer is reason is None or answer.startswith(reason)


def test_when_nothing_tells_that_is_said(tmp_path, trained, caplog):
    model = trained(question(config()))
    trained(question(config("z")))
    assert misfit(Layout(tmp_path), model, config("z")) is None
    assert "2026-01-02: its training's manifest is not in models/2026-01-02 any more" in caplog.text
    assert misfit(Layout(tmp_path), msgspec.structs.replace(model, day="2026-01-09"), config("z")) is None


def model_of(config, days=("2026-01-01", "2026-01-02"), held_out=("2026-01-03",), **fields):
    """A model with a record, whose training's directory is gone."""
    about = record(config, list(days), list(held_out))
    model = Champion(day="2026-01-03", file="m", sha256="0" * 64, manifest="f", sklearn="1", trained_for=about)
    return msgspec.structs.replace(model, **fields)


def test_the_record_tells_when_the_champions_own_day_was_trained_again(tmp_path, caplog):
    assert misfit(Layout(tmp_path), model_of(config()), config()) is None
    assert misfit(Layout(tmp_path), model_of(config()), config("z")).startswith("was trained for the target y")
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("then", "now", "reason"),
    [
        ({"x": {"type": "integer"}}, {}, None),
        ({}, {"new": {"type": "number"}}, None),
        ({"x": {"type": "category"}}, {}, "was trained on the column x as category, .* columns.x.type is number"),
        ({"gone": {"type": "number"}}, {}, "was trained on the column gone, which is no feature .* columns.gone"),
        (
            {"gone": {"type": "number"}},
            {"gone": {"type": "number", "role": "ignore"}},
            "was trained on the column gone, which is no feature",
        ),
    ],
)
def test_a_model_wants_the_columns_of_its_training(tmp_path, then, now, reason):
    answer = misfit(Layout(tmp_path), model_of(config(more=then)), config(more=now))
    assert answer is reason is None or re.match(reason, answer)


def test_a_training_of_before_there_were_records_is_told_by_its_manifest(tmp_path, trained):
    settings = question(config()) | {"features": {"x": "number"}}
    model = trained(settings, days=("2026-01-01", "2026-01-02"))
    about = trained_for(Layout(tmp_path), model)
    assert (about.target, about.classes, about.features) == ("y", ("a", "b", "c"), {"x": "number"})
    assert (about.first, about.last, about.held_out, about.split) == ("2026-01-01", "2026-01-02", (), None)


@pytest.mark.parametrize(
    ("then", "now", "fraction", "reason"),
    [
        ({"key": "id"}, {"key": "id"}, None, None),
        ({"key": "id", "test_fraction": 0.1}, {"key": "id", "test_fraction": 0.5}, 0.1, None),
        ({"key": "id", "test_fraction": 0.5}, {"key": "id", "test_fraction": 0.1}, None, None),
        (
            {"key": "id"},
            {"key": "row"},
            None,
            r"split by id \(text\), .* splits by row \(text\), test_fraction 0.2: it may",
        ),
        ({"key": "id"}, {"key": "id", "group": "x"}, None, r"split by id \(text\), .* splits by x \(number\)"),
        ({}, {"key": "id"}, None, r"split by 1 features, .* splits by id"),
    ],
)
def test_a_model_may_be_scored_on_rows_that_both_splits_hold_out(then, now, fraction, reason):
    part, why = comparable(model_of(config(**then)).trained_for, config(**now))
    assert part == fraction
    assert why is reason is None or re.search(reason, why)


def test_without_a_key_other_features_are_another_split():
    assert comparable(model_of(config()).trained_for, config(more={"new": {"type": "number"}}))[1]
    assert comparable(model_of(config()).trained_for, config()) == (None, None)


@pytest.mark.parametrize(
    ("day", "table", "rows", "why"),
    [
        ("2026-01-02", {}, "test", "the model was trained on the other rows of 2026-01-02"),
        ("2026-01-03", {}, "all", None),
        ("2026-01-04", {}, "all", None),
        ("2026-01-02", {"test_fraction": 0.5}, "none", "the model was trained on 2026-01-02, when rows were split by"),
    ],
    ids=["fitted", "held out", "later", "another split"],
)
def test_rows_that_a_model_was_fitted_on_are_known(tmp_path, day, table, rows, why):
    answer, reason = unseen(Layout(tmp_path), model_of(config(key="id")), processed(day), config(key="id", **table))
    assert answer == rows
    assert reason is why is None or reason.startswith(why)


def test_which_rows_a_model_without_a_record_knows_of_a_day_before_its_training_nothing_tells(tmp_path, trained):
    layout = Layout(tmp_path)
    lost = model_of(config(), trained_for=None)
    assert unseen(layout, lost, processed("2026-01-02"), config())[0] == "none"
    assert unseen(layout, lost, processed("2026-01-04"), config()) == ("all", None)
    earlier = trained(question(config()), days=("2026-01-01", "2026-01-02"))
    assert unseen(layout, earlier, processed("2026-01-02"), config())[0] == "none"
    assert unseen(layout, earlier, processed("2025-12-31"), config()) == ("all", None)


@pytest.mark.parametrize(
    ("table", "by"),
    [({"group": "row_key"}, "their number"), ({}, "their content"), ({"key": "id", "group": "home"}, "home")],
)
def test_a_row_may_be_in_the_other_part_once_its_day_was_written_again(tmp_path, trained, table, by):
    home = {"home": {"type": "text", "role": "ignore"}}
    layout, numbered = Layout(tmp_path), config(more=home, **table)
    model = trained(question(numbered), days=("2026-01-01", "2026-01-02"))
    about = record(numbered, ["2026-01-01", "2026-01-02"], [], [processed("2026-01-01"), processed("2026-01-02")])
    model = msgspec.structs.replace(model, trained_for=about)
    assert may_have_moved(model, processed("2026-01-01"), numbered) is None
    moved = may_have_moved(model, processed("2026-01-01", identity="1" * 64), numbered)
    assert f"written again since the training, and its rows are split by {by}" in moved
    assert unseen(layout, model, processed("2026-01-01"), numbered)[0] == "test"
    answer, why = unseen(layout, model, processed("2026-01-01", identity="1" * 64), numbered)
    assert answer == "none"
    assert "processed/2026-01-01 was written again since" in why


def test_a_key_stays_with_its_row_until_the_rows_are_brought_in_again():
    keyed = config(key="id")
    about = record(keyed, ["2026-01-01"], [], [processed("2026-01-01")])
    model = msgspec.structs.replace(model_of(keyed), trained_for=about)
    with_labels = processed("2026-01-01", identity="1" * 64)
    assert may_have_moved(model, with_labels, keyed) is None
    assert may_have_moved(model, processed("2026-01-01", raw="3" * 64), keyed) == (
        "raw/2026-01-01/data was brought in again since the training, and keys may have changed"
    )
    earlier = msgspec.structs.replace(about, identities={})
    model = msgspec.structs.replace(model, trained_for=earlier)
    assert may_have_moved(model, processed("2026-01-01", raw="3" * 64), keyed) is None


def test_the_words_by_which_a_group_is_written_are_part_of_the_split():
    def grouped(**column):
        return config(key="id", group="home", more={"home": {"type": "category", "role": "ignore"} | column})

    then = record(grouped(), ["2026-01-01"], [])
    assert comparable(then, grouped(values=["a", "b"]))[1]
    then = record(grouped(values=["a", "b"]), ["2026-01-01"], [])
    assert comparable(then, grouped(values=["b", "a"])) == (None, None)
    assert comparable(then, grouped(values=["A", "B"]))[1]


def test_numbers_that_were_read_otherwise_are_told(tmp_path, caplog):
    def german(**source):
        settings = config(key="id")
        return msgspec.structs.replace(settings, source=msgspec.structs.replace(settings.source, **source))

    model = model_of(german(decimal=","))
    assert misfit(Layout(tmp_path), model, german(decimal=",")) is None
    assert caplog.text == ""
    assert misfit(Layout(tmp_path), model, german(thousands=",")) is None
    assert "read with source.decimal = ',', pipeline.toml has source.thousands = ','" in caplog.text


def test_a_unit_of_a_column_that_the_model_does_not_know_is_not_told(tmp_path, caplog):
    model = model_of(config(key="id"))
    assert misfit(Layout(tmp_path), model, config(key="id", more={"fee": {"type": "number", "unit": "$"}})) is None
    assert caplog.text == ""


def test_dates_by_another_clock_or_form_and_other_missing_values_are_told(tmp_path, caplog):
    def by(zone="UTC", form="iso", **table):
        columns = {"at": {"type": "datetime", "format": form}}
        settings = config(key="id", more=columns, **table)
        return msgspec.structs.replace(settings, schedule=msgspec.structs.replace(settings.schedule, timezone=zone))

    def told(now, then=None):
        caplog.clear()
        assert misfit(Layout(tmp_path), then or model_of(by(zone="America/New_York")), now) is None
        return caplog.text

    assert told(by(zone="America/New_York")) == ""
    assert (
        "read with schedule.timezone = 'America/New_York', pipeline.toml has schedule.timezone = 'Asia/Tokyo'; train"
    ) in told(by(zone="Asia/Tokyo"))
    assert "columns.at.format = 'iso', pipeline.toml has columns.at.format = '%d.%m.%Y'" in told(
        by(zone="America/New_York", form="%d.%m.%Y")
    )
    assert "table.missing_values = \"'', '-'\"" in told(by(zone="America/New_York", missing_values=["", "-"]))
    # no date of the model's own: the clock is nothing to it
    assert told(by(zone="Asia/Tokyo"), model_of(config(key="id"))) == ""


def test_a_threshold_or_costs_that_the_model_does_not_go_by_are_told(tmp_path, caplog):
    def by(**decision):
        plain = config(task="binary", positive="b", values=("a", "b"))
        return msgspec.structs.replace(plain, decision=Decision(**decision))

    model = model_of(by(costs=Costs(false_positive=1.0, false_negative=5.0)))
    assert misfit(Layout(tmp_path), model, by(costs=Costs(false_positive=1.0, false_negative=5.0))) is None
    assert caplog.text == ""
    assert misfit(Layout(tmp_path), model, by(threshold=0.9)) is None
    assert "decides by decision.costs.false_positive = 1.0, decision.costs.false_negative = 5.0" in caplog.text
    assert "pipeline.toml has decision.threshold = 0.9; train and validate again" in caplog.text
    assert misfit(Layout(tmp_path), model, by()) is None
    assert "pipeline.toml has no [decision], so from a probability of 0.5 on" in caplog.text
    caplog.clear()
    assert misfit(Layout(tmp_path), model_of(by()), by()) is None
    assert caplog.text == ""


def test_what_stands_for_a_missing_value_is_part_of_the_split_where_equal_rows_are_one():
    then = record(config(), ["2026-01-01"], [])
    fraction, why = comparable(then, config(missing_values=["", "-"]))
    assert fraction is None
    assert "missing are" in why
    keyed = record(config(key="id"), ["2026-01-01"], [])
    assert comparable(keyed, config(key="id", missing_values=["", "-"])) == (None, None)


def test_a_model_does_not_answer_with_a_column_that_is_kept_for_slices_alone(tmp_path):
    model = model_of(config(more={"c": {"type": "category"}}))
    sliced = config(more={"c": {"type": "category", "role": "ignore"}}, slices=["c"])
    assert misfit(Layout(tmp_path), model, sliced) == (
        "was trained on the column c, which is no feature in pipeline.toml: columns.c"
    )
