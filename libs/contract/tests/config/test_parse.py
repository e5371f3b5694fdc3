import re
from datetime import date

import pytest

from contract.config.parse import load, parse
from contract.errors import ConfigError, MissingInput


def test_the_least_configuration_has_defaults_for_the_rest(config):
    assert config.training.window_days == 7
    assert config.schedule.first_day == date(2026, 1, 1)
    assert config.alerts.to == ()


def test_features_are_the_columns_without_key_target_and_ignored(raw):
    raw["columns"] |= {"id": {"type": "text", "role": "ignore"}, "z": {"type": "category"}}
    assert parse(raw).features == ("x", "z")


def test_a_table_without_key_gets_numbered_rows(raw):
    del raw["table"]["key"]
    assert parse(raw).key == "row_key"


def test_a_key_is_an_entity_of_its_own_unless_a_group_says_whose_it_is(raw):
    assert parse(raw).group == "id"
    raw["columns"]["home"] = {"type": "text", "role": "ignore"}
    raw["table"]["group"] = "home"
    assert parse(raw).group == "home"


def test_without_a_key_equal_rows_are_one_entity_unless_each_row_is_to_be_its_own(raw):
    del raw["table"]["key"]
    assert parse(raw).group is None
    raw["table"]["group"] = "row_key"
    assert parse(raw).group == "row_key"


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("sales/eu", "sales-eu"),
        ("a:b", "a-b"),
        ("..", "microstep"),
        ("..sales", "sales"),
        ("", "microstep"),
        (" ", "microstep"),
        ("two\nlines", "two-lines"),
        ("x" * 257, "x" * 256),
    ],
)
def test_a_name_that_the_registry_could_not_take_is_refused_with_one_that_it_can(raw, name, instead):
    raw["pipeline"] = {"name": name}
    with pytest.raises(ValueError, match=r"pipeline.name must be 1 to 256 characters") as refusal:
        parse(raw)
    assert str(refusal.value).endswith(f"got {name!r}; such as {instead!r}")
    raw["pipeline"]["name"] = instead
    assert parse(raw).pipeline.name == instead


def test_a_name_may_be_in_any_language_with_blanks_and_dots(raw):
    raw["pipeline"] = {"name": "Kündigungen v1.2 (été)"}
    assert parse(raw).pipeline.name == "Kündigungen v1.2 (été)"


@pytest.mark.parametrize("name", ["key", "group", "target"])
def test_a_column_without_a_name_says_nothing(raw, name):
    raw["table"][name] = ""
    with pytest.raises(ValueError, match=f"table.{name} must name a column, got ''"):
        parse(raw)


@pytest.mark.parametrize(
    ("key", "group", "message"),
    [
        ("id", "y", "table.group must differ from target, got 'y' twice"),
        ("id", "xx", "table.group must be one of [columns], got 'xx'; did you mean 'x'?"),
        (None, "xx", "table.group must be one of [columns], or 'row_key' where each row is an entity of its own, got 'xx'"),
        ("id", "row_key", "table.group must not be 'row_key' beside table.key, which tells rows apart already, got key 'id'; leave group out"),
    ],
)  # fmt: skip
def test_a_group_that_cannot_be_is_named(raw, key, group, message):
    del raw["table"]["key"]
    raw["table"] |= {"group": group} | ({"key": key} if key else {})
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(raw)


def test_the_window_of_a_training_follows_the_configuration(raw):
    raw["training"] |= {"window_days": 2, "target_delay_days": 1}
    assert parse(raw).window(date(2026, 1, 9)) == [date(2026, 1, 7), date(2026, 1, 8)]


EXPECTED = (
    'schedule.expected must be "every_day", "weekdays" or a list of "sun", "mon", "tue", "wed", "thu", "fri", "sat", '
    "each once, got "
)


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("columns.x", "min", 12, "columns.x.min must be <= max, got 12 > 10"),
        ("columns.x", "type", "nmber", "columns.x.type must be one of number, integer, category, datetime, text, got 'nmber'"),
        ("columns.x", "type", "category", "columns.x.min and max must go with type number or integer, got type 'category'"),
        ("columns.x", "values", ["a"], "columns.x.values must go with type category, got type 'number'"),
        ("columns.x", "format", "iso", "columns.x.format must go with type datetime, got type 'number'"),
        ("columns.y", "values", ["no", "no"], "columns.y.values must differ from each other, got ['no', 'no']"),
        ("columns.y", "values", ["no", 1], 'columns.y.values[1] must be a text, in quotes ("yes"), got 1'),
        ("columns.y", "values", ["no", "yes", "maybe"], "table.positive must be one of the two columns.y.values"),
        ("columns.y", "type", "number", "columns.y.values must go with type category, got type 'number'"),
        ("table", "target", "z", "table.target must be one of [columns], got 'z'"),
        ("table", "key", "y", "table.key must differ from target, got 'y' twice"),
        ("table", "positive", "maybe", "table.positive must be one of the two columns.y.values, got 'maybe' and ['no', 'yes']"),
        ("table", "task", "regression", "table.positive must be given for task 'binary' and no other"),
        ("table", "tarrget", "z", "table.tarrget is not a known key; did you mean 'target'?"),
        ("table", "test_fraction", 1, "table.test_fraction must be between 0 and 1, got 1"),
        ("table", "max_rejected_fraction", -0.1, "table.max_rejected_fraction must be between 0 and 1, got -0.1"),
        ("source", "kind", "file", "source.kind must be one of synthetic, files, sql, got 'file'; did you mean 'files'?"),
        ("source", "delimiter", ";;", "source.delimiter, quote and escape must be ASCII characters that differ, got (';;',"),
        ("source", "delimiter", "\n", "source.delimiter, quote and escape must be ASCII characters that differ, got ('\\n',"),
        ("source", "quote", "\u201e", "source.delimiter, quote and escape must be ASCII characters that differ, got (',', '\u201e'"),
        ("source", "quote", ",", "source.delimiter, quote and escape must be ASCII characters that differ, got (',', ','"),
        ("source", "escape", '"', "source.delimiter, quote and escape must be ASCII characters that differ, got ("),
        ("source", "encoding", "latim", "source.encoding must be one of Python's, such as cp1252, got 'latim'"),
        ("source", "encoding", "hex", "source.encoding must be one of Python's, such as cp1252, got 'hex'"),
        ("source", "decimal", ";", "source.decimal must be one of ., ,, got ';'"),
        ("source", "thousands", ".", "source.thousands must be one of . , ' \u2019 _ or a blank, not decimal, got '.'"),
        ("source", "thousands", "x", "source.thousands must be one of . , ' \u2019 _ or a blank, not decimal, got 'x'"),
        ("source", "skip_lines", -1, "source.skip_lines must be at least 0, got -1"),
        ("columns.y", "unit", "%", "columns.y.unit must go with type number or integer, got type 'category'"),
        ("training", "window_days", 0, "training.window_days must be at least 1, got 0"),
        ("training", "window_days", "28 days", "training.window_days must be a whole number, got '28 days'"),
        ("schedule", "holidays", "x", """schedule.holidays must be a list, in brackets (["no", "yes"]), got 'x'"""),
        ("schedule", "first_day", "19.10.2026", "schedule.first_day must be a day, as 2026-01-31, got '19.10.2026'"),
        ("table", "target", "Y", "table.target must be one of [columns], got 'Y'"),
        ("table", "max_rejected_fraction", "5 %", "table.max_rejected_fraction must be a number, got '5 %'"),
        ("training", "candidates", [], "training.candidates must have names that differ, at least one, got []"),
        ("training", "candidates", [{"nme": "a"}], "training.candidates[0].nme is not a known key; did you mean 'name'?"),
        ("training", "candidates", [{"name": "a"}], "training.candidates[0].estimator must be given"),
        ("training", "candidates", [{"name": "a", "estimator": "b", "encode": {"text": "hash"}}], "training.candidates[0].encode.text must be one of auto, words, characters, hashing, got 'hash'"),
        ("training", "candidates", [{"name": "a", "estimator": "b", "encode": {"texts": "x"}}], "training.candidates[0].encode.texts is not a known key; did you mean 'text'?"),
        ("training", "candidates", [{"name": "a", "estimator": "b", "encode": "hashing"}], "training.candidates[0].encode must be a table, got 'hashing'"),
        ("schedule", "catch_up_days", -1, "schedule.catch_up_days must be at least 0, got -1"),
        ("schedule", "label_grace_days", -1, "schedule.label_grace_days must be at least 0, got -1"),
        ("schedule", "expected", "weekday", EXPECTED + "'weekday'; did you mean 'weekdays'?"),
        ("schedule", "expected", ["mon", "mon"], EXPECTED + "['mon', 'mon']"),
        ("schedule", "expected", ["Mon"], EXPECTED + "['Mon']; did you mean 'mon'?"),
        ("schedule", "expected", [], EXPECTED + "[]"),
        ("training", "min_days", 0, "training.min_days must be between 1 and window_days 7, got 0"),
        ("training", "min_days", 8, "training.min_days must be between 1 and window_days 7, got 8"),
        ("schedule", "sensor_timeout_hours", 0, "schedule.sensor_timeout_hours must be above 0, got 0"),
        ("schedule", "first_day", "soon", "schedule.first_day must be a day, as 2026-01-31, got 'soon'"),
        ("schedule", "train", "0 3 * *", "schedule.train must be a cron expression of five fields"),
        ("schedule", "timezone", "Europe/Berln", "schedule.timezone must be a name of the time zone database"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named_with_key_rule_and_value(raw, section, key, value, message):
    table = raw
    for name in section.split("."):
        table = table[name]
    table[key] = value
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        parse(raw)


def test_dates_and_texts_may_be_features_and_a_date_has_a_format(raw):
    raw["columns"] |= {"when": {"type": "datetime", "format": "%d.%m.%Y %H:%M"}, "note": {"type": "text"}}
    raw["columns"]["at"] = {"type": "datetime", "format": "epoch_ms", "role": "ignore"}
    config = parse(raw)
    assert config.features[-2:] == ("when", "note")
    assert (config.columns["when"].format, config.columns["note"].format) == ("%d.%m.%Y %H:%M", None)


@pytest.mark.parametrize(
    "form",
    ["%H:%M", "%I:%M:%S %p", "%Y-%m-%d %H:%M:%S %z", "%Y%m%dT%H%M%S%z", "%d.%m.%Y %Z", "%G-W%V", "%G-W%V-%u", "%Y-%j",
     "excel_days", "epoch_ns", "iso | %d.%m.%Y | %d.%m.%Y %H:%M"],
)  # fmt: skip
def test_a_format_may_have_an_offset_be_of_a_time_of_day_alone_or_be_several(raw, form):
    raw["columns"]["when"] = {"type": "datetime", "format": form}
    assert parse(raw).columns["when"].format == form


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ("epoch", "format must be one of iso, epoch_s, epoch_ms, epoch_us, epoch_ns, excel_days, or a format of strptime as \"%d.%m.%Y %H:%M\", got 'epoch'; did you mean"),
        ("dd.mm.yyyy", "format must be one of iso, epoch_s, epoch_ms"),
        ("%d.%m.%Q", "format must be one of iso, epoch_s, epoch_ms"),
        ("%d.%m. %H:%M", "format must have the year (%Y or %y), or it names no day, or be of a time of day alone"),
        ("iso | epoch_s", "format must have forms of texts between ' | ', got 'epoch_s' in 'iso | epoch_s'"),
        ("iso | dd.mm.yyyy", "format must be one of iso, epoch_s"),
        ("%%Y", "format must have the year (%Y or %y), or it names no day, or be of a time of day alone"),
    ],
)  # fmt: skip
def test_a_format_that_no_date_can_be_read_by_is_refused(raw, form, message):
    raw["columns"]["when"] = {"type": "datetime", "format": form}
    with pytest.raises(ValueError, match=f"^columns.when.{re.escape(message)}"):
        parse(raw)


def test_a_wrong_minimum_of_the_gate_is_named(raw):
    raw["gate"] = {"minimums": {"roc_auc": "high"}}
    with pytest.raises(ValueError, match=r"^gate.minimums.* must be a number, got str"):
        parse(raw)


def test_an_unknown_table_is_named_with_what_was_meant(raw):
    raw["gaate"] = {}
    with pytest.raises(ValueError, match=r"^\[gaate\] is not a known key; did you mean 'gate'\?"):
        parse(raw)


@pytest.mark.parametrize("name", ["source", "table", "columns", "training", "schedule"])
def test_a_missing_table_is_named(raw, name):
    del raw[name]
    with pytest.raises(ValueError, match=rf"^\[{name}\] must be there"):
        parse(raw)


@pytest.mark.parametrize("name", ["source", "table", "columns", "training"])
def test_a_value_where_a_table_belongs_is_named(raw, name):
    raw[name] = 3
    with pytest.raises(ValueError, match=f"^{name} must be a table, got 3"):
        parse(raw)


def test_a_query_must_use_the_day(raw):
    raw["source"] = {"kind": "sql", "query": "select 1"}
    with pytest.raises(ValueError, match="source.query must use :day, got 'select 1'"):
        parse(raw)


def test_labels_of_a_query_of_their_own_need_a_key(raw):
    raw["source"] = {"kind": "sql", "query": "select :day", "target_query": "select 1"}
    raw["table"].pop("key", None)
    with pytest.raises(ValueError, match="source.target_query must go with table.key, .*, or select the target in"):
        parse(raw)


@pytest.mark.parametrize(("value", "missing"), [("NA", None), (" NA ", None), ("?", ["", "?"])])
def test_a_value_is_allowed_or_missing_not_both(raw, value, missing):
    raw["columns"]["region"] = {"type": "category", "values": ["EU", value]}
    if missing:
        raw["table"]["missing_values"] = missing
    with pytest.raises(
        ValueError, match=r"columns.region.values must not have .* got '.*' in both; name missing_values"
    ):
        parse(raw)
    raw["table"]["missing_values"] = [""]
    assert parse(raw).columns["region"].values == ("EU", value)


def test_a_model_needs_a_feature(raw):
    raw["columns"]["x"]["role"] = "ignore"
    with pytest.raises(ValueError, match="columns must have at least one with role"):
        parse(raw)


@pytest.mark.parametrize("name", ["_file", "_row", "row_key", "split", "_group"])
def test_a_column_must_not_be_named_like_one_that_the_steps_add(raw, name):
    raw["columns"][name] = {"type": "number"}
    with pytest.raises(ValueError, match=f"columns must not be named like one that the steps add, got '{name}'"):
        parse(raw)


def test_errors_begin_with_the_file_that_was_read(config_file):
    mine = config_file.with_name("mine.toml")
    mine.write_text("[table]\nname = 3\n")
    with pytest.raises(ConfigError, match=rf"^{re.escape(str(mine))}: "):
        load(mine)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("name = yes", "line 2, column 8: must be TOML, is not: invalid value, got 'name = yes'; mend that line"),
        ('name = "a', "line 2, column 10: must be TOML, is not: "),
        ("x = 1\nx = 2", "line 3, column 6: must be TOML, is not: cannot overwrite a value, got 'x = 2'; mend"),
        ("x = [1", "must be TOML, is not: "),
        ("[pipeline]", "line 2, column 10: must be TOML, is not: cannot declare"),
    ],
)
def test_what_is_no_toml_is_named_with_its_line_and_what_to_write(config_file, line, expected):
    config_file.write_text(f"[pipeline]\n{line}\n")
    with pytest.raises(ConfigError) as error:
        load(config_file)
    assert str(error.value).startswith(f"{config_file}: {expected}")
    assert 'texts in quotes ("yes")' in str(error.value)


def test_keys_that_another_kind_of_source_left_behind_are_named_together(raw):
    raw["source"] = {"kind": "files", "rows": 2000, "seed": 7, "drift": 0.0}
    expected = (
        'source.rows must go with source.kind = "synthetic", got kind = "files"; remove rows, seed, drift: keys of '
        '"files" are delimiter, quote, escape, encoding, skip_lines, sheet, decimal, thousands, allow_empty'
    )
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        parse(raw)
    raw["source"] = {"kind": "files", "dlimiter": ";"}
    with pytest.raises(ValueError, match=r"^source.dlimiter is not a known key; did you mean 'delimiter'"):
        parse(raw)


@pytest.mark.parametrize("address", ["ann", "ann@", "@x", "a@b.c, d@e.f", "a b@c.d", "a@b\nBcc: c@d", "<a@b", ""])
@pytest.mark.parametrize("key", ["to", "errors_to", "sender"])
def test_what_is_no_mail_address_is_named(raw, key, address):
    raw["alerts"] = {key: address if key == "sender" else ["ops@example.org", address]}
    where = "alerts.sender" if key == "sender" else rf"alerts.{key}\[1\]"
    with pytest.raises(ValueError, match=rf"^{where} must be one mail address, as ann@example.org, got "):
        parse(raw)


@pytest.mark.parametrize(
    "address", ["ann@example.org", "root@localhost", "Ann Lee <ann@x.org>", '"Lee, Ann" <a@x.org>']
)
def test_an_address_may_have_a_name(raw, address):
    raw["alerts"] = {"to": [address]}
    assert parse(raw).alerts.to == (address,)


def test_a_file_that_is_not_utf8_is_refused(config_file):
    config_file.write_bytes(b"name = '\xff'")
    with pytest.raises(ConfigError, match=r"pipeline.toml: must be UTF-8"):
        load(config_file)


def test_a_mark_at_the_start_and_line_ends_of_windows_are_read_as_any_other_file(config_file):
    plain = load(config_file)
    config_file.write_bytes(b"\xef\xbb\xbf" + config_file.read_bytes().replace(b"\n", b"\r\n"))
    assert load(config_file) == plain


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_is_named_and_how_to_convert_it(config_file, encoding):
    config_file.write_bytes(config_file.read_text().encode(encoding))
    with pytest.raises(ConfigError, match=r"pipeline\.toml: must be UTF-8, this looks like UTF-16; save it .*iconv"):
        load(config_file)


def test_latin1_is_named_with_its_line_and_how_to_convert_it(config_file):
    config_file.write_bytes(b"# one\n# gr\xf6\xdfer\n" + config_file.read_bytes())
    with pytest.raises(ConfigError, match=r"pipeline\.toml: must be UTF-8, is not \(line 2: .*iconv -f CP1252"):
        load(config_file)


def test_no_file_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInput, match="no configuration there; give --config"):
        load(tmp_path / "pipeline.toml")


def test_a_file_that_is_nested_beyond_all_measure_is_refused_in_words(tmp_path):
    (tmp_path / "pipeline.toml").write_text("x = " + "[" * 5000)
    with pytest.raises(ConfigError, match=r"pipeline\.toml: .*recursion"):
        load(tmp_path / "pipeline.toml")


def test_a_directory_that_docker_made_in_its_place_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"must be a file, is a directory; Docker makes one .*: remove it, and mount"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (7, "training.test_days must be less than window_days 7, or no day is left to train on, got 7"),
        (-1, "training.test_days must be at least 0, got -1"),
    ],
)
def test_held_out_days_leave_one_to_train_on(raw, days, message):
    raw["training"]["test_days"] = days
    with pytest.raises(ValueError, match=message):
        parse(raw)


def test_processed_rows_keep_the_features_and_the_slices_that_no_model_sees(raw):
    raw["columns"] |= {name: {"type": "category"} for name in ("seen", "sex")}
    raw["columns"]["sex"]["role"] = "ignore"
    assert parse(raw).kept == ("x", "seen")
    raw["gate"] = {"slices": ["sex", "seen"]}
    assert parse(raw).features == ("x", "seen")
    assert parse(raw).kept == ("x", "seen", "sex")


def test_candidates_that_are_no_list_are_told(raw):
    raw["training"] = {"candidates": 7}
    with pytest.raises(ValueError, match="training.candidates must be a list"):
        parse(raw)
