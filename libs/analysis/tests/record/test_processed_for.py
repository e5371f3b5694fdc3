"""Whether a processed day was made by what pipeline.toml says now."""

import tomllib

import msgspec
import pyarrow as pa
import pytest
from conftest import CONFIG

from analysis.record.processed_for import check, misfit, other_rules
from contract.config.parse import parse
from contract.datasets.dataset import Dataset
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import DataError

DAY = "2026-01-02"
MORE = {"home": {"type": "text", "role": "ignore"}, "word": {"type": "category", "values": ["a", "b"]}}


def config(**changes):
    """The configuration with changed tables; a column that is None is taken out."""
    raw = tomllib.loads(CONFIG)
    raw["columns"] |= MORE
    for table, values in changes.items():
        old = raw.setdefault(table, {})
        for name, value in values.items():
            old[name] = old.get(name, {}) | value if isinstance(value, dict) else value
        raw[table] = {name: value for name, value in old.items() if value is not None}
    return parse(raw)


@pytest.fixture
def processed(tmp_path):
    """A processed day as preprocess makes it by a configuration; `less`: columns that it has not."""

    def make(config, *less):
        columns = [{"name": name, **msgspec.to_builtins(column)} for name, column in config.columns.items()]
        settings = {"table": msgspec.to_builtins(config.table), "columns": columns}
        settings["numbers"] = {name: getattr(config.source, name) for name in ("decimal", "thousands")}
        if any(config.columns[name].type == "datetime" for name in config.kept):
            settings["timezone"] = config.schedule.timezone
        rows = {name: ["a"] for name in (config.key, *config.kept, config.table.target)}
        rows["_group"] = pa.array([1], pa.uint64())
        with DatasetWriter(tmp_path / "processed" / DAY) as writer:
            writer.write(pa.table({name: values for name, values in rows.items() if name not in less}))
            writer.publish(Recipe("preprocess", DAY, "c0de", settings), {}, {})
        return Dataset.open(tmp_path / "processed" / DAY)

    return make


def test_dates_are_of_a_format_and_of_a_wall_clock(processed):
    when = {"columns": {"when": {"type": "datetime"}}}
    day = processed(config(**when))
    assert misfit(day, config(**when)) is None
    assert misfit(day, config(columns={"when": {"type": "datetime", "format": "iso"}})) is None
    other = {"type": "datetime", "format": "%Y-%m"}
    assert misfit(day, config(columns={"when": other})) == (
        "was made with columns.when.format iso, pipeline.toml has %Y-%m"
    )
    assert misfit(day, config(**when, schedule={"timezone": "Europe/Berlin"})) == (
        "was made with schedule.timezone UTC, pipeline.toml has Europe/Berlin"
    )
    ignored = {"columns": {"when": {"type": "datetime", "role": "ignore"}}, "schedule": {"timezone": "Europe/Berlin"}}
    assert misfit(processed(config()), config(**ignored)) is None


def test_a_day_by_the_same_configuration_fits(processed):
    assert misfit(processed(config()), config(), grouped=True) is None
    check(processed(config()), config())


def test_rows_without_a_key_are_told_apart_by_the_same_features(processed):
    keyless = {"table": {"key": None, "group": None}}
    more = {"columns": {"new": {"type": "number"}}}
    assert misfit(processed(config(**keyless)), config(**keyless)) is None
    reason = misfit(processed(config(**keyless, **more)), config(**keyless))
    assert reason.startswith("was made with the features 'new', ")
    assert misfit(processed(config(**more)), config()) is None, "rows with a key go by it"


def test_the_words_by_which_rows_are_told_apart_are_written_as_the_list_has_them(processed):
    keyless, listed = {"table": {"key": None, "group": None}}, {"columns": {"word": {"values": ["A", "B"]}}}
    assert "columns.word.values 'a', 'b', pipeline.toml has 'A', 'B'" in misfit(
        processed(config(**keyless)), config(**keyless, **listed)
    )
    assert misfit(processed(config()), config(**listed)) is None
    grouped = {"table": {"group": "word"}}
    assert "columns.word.values" in misfit(processed(config(**grouped)), config(**grouped, **listed))


def test_a_day_by_the_same_form_of_numbers_fits(processed):
    german = config(source={"decimal": ",", "thousands": "."}, columns={"x": {"unit": "%"}})
    assert misfit(processed(german), german) is None


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ({"columns": {"x": {"type": "category"}}}, "was made with columns.x.type number, pipeline.toml has category"),
        ({"columns": {"x": {"type": "integer"}}}, "was made with columns.x.type number, pipeline.toml has integer"),
        ({"columns": {"x": {"unit": "%"}}}, "was made with columns.x.unit none, pipeline.toml has %"),
        ({"source": {"decimal": ","}}, "was made with source.decimal ., pipeline.toml has ,"),
        ({"source": {"thousands": ","}}, "was made with source.thousands none, pipeline.toml has ,"),
        ({"columns": {"z": {"type": "number"}}}, "was made with columns.z.type none, pipeline.toml has number"),
        ({"columns": {"y": {"values": ["no", "yes", "maybe"]}}, "table": {"task": "multiclass", "positive": None}},
         "was made with table.task binary, pipeline.toml has multiclass"),
        ({"columns": {"y": {"values": ["yes", "never"]}}},
         "was made with columns.y.values 'no', 'yes', pipeline.toml has 'never', 'yes'"),
        ({"columns": {"y": None, "left": {"type": "category", "values": ["no", "yes"]}}, "table": {"target": "left"}},
         "was made with table.target y, pipeline.toml has left"),
        ({"table": {"positive": "no"}}, "was made with table.positive yes, pipeline.toml has no"),
        ({"table": {"test_fraction": 0.5}}, "was made with table.test_fraction 0.2, pipeline.toml has 0.5"),
        ({"table": {"key": "home"}}, "was made with table.key id, pipeline.toml has home"),
        ({"table": {"key": None}}, "was made with table.key id, pipeline.toml has none"),
        ({"table": {"group": "home"}}, "was made with table.group id, pipeline.toml has home"),
        ({"table": {"missing_values": ["", "-"]}}, "was made with table.missing_values "),
        ({"columns": {"home": {"type": "category"}}, "gate": {"slices": ["home"]}},
         "was made with columns.home.type text, pipeline.toml has category"),
    ],
)  # fmt: skip
def test_what_changes_a_row_must_be_the_same(processed, now, reason):
    assert misfit(processed(config()), config(**now)).startswith(reason)
    with pytest.raises(DataError, match="processed/2026-01-02: .*; make it again: preprocess --day 2026-01-02"):
        check(processed(config()), config(**now))


@pytest.mark.parametrize(
    ("now", "rules"),
    [
        ({"columns": {"x": {"min": 3}}}, ["columns.x.min"]),
        ({"columns": {"word": {"values": ["a"]}}}, ["columns.word.values"]),
        ({"columns": {"x": {"missing": "reject"}}}, ["columns.x.missing"]),
        ({"table": {"max_rejected_fraction": 0.5}}, []),
        ({"columns": {"y": {"values": ["yes", "no"]}}}, []),
    ],
)
def test_what_only_decides_which_rows_are_rejected_fits_and_is_told(processed, now, rules):
    day = processed(config())
    assert misfit(day, config(**now)) is None
    assert other_rules(day, config(**now)) == rules


def test_new_words_that_stayed_are_told_once_they_are_rejected(processed):
    reject = {"table": {"on_new_category": "reject"}}
    assert other_rules(processed(config()), config(**reject)) == ["table.on_new_category"]
    assert other_rules(processed(config(**reject)), config(**reject)) == []
    assert other_rules(processed(config(**reject)), config()) == []
    opened = reject | {"columns": {"word": {"values": None}}}
    assert other_rules(processed(config()), config(**opened)) == ["columns.word.values"]


def test_a_feature_that_is_taken_out_leaves_a_day_that_fits(processed):
    assert misfit(processed(config()), config(columns={"word": None})) is None


def test_a_slice_that_no_model_sees_must_be_in_the_rows(processed):
    ignored = config(columns={"word": {"role": "ignore"}}, gate={"slices": ["word"]})
    assert misfit(processed(config()), ignored) is None
    assert "without the column word" in misfit(processed(config(), "word"), ignored)


def test_a_day_of_an_earlier_version_fits_who_need_not_know_whose_a_row_is(processed):
    day = processed(config(), "_group")
    del day.manifest.settings["table"]["group"]
    assert misfit(day, config()) is None
    assert "did not record the entity of each row" in misfit(day, config(), grouped=True)
