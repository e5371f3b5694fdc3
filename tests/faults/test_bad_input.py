"""Input that real tables bring sooner or later, by name: what becomes of it is said, and right."""

import gzip
import json

import pytest
from steps import DAY

HEAD = """
[source]
kind = "files"

[table]
key = "id"
target = "y"
task = "binary"
positive = "yes"
max_rejected_fraction = 0.9

[columns]
id = { type = "text", role = "ignore" }
y = { type = "category", values = ["no", "yes"] }
"""
REST = """
[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = 2026-01-01
"""
MOMENTS = 'z = { type = "number" }\nx = { type = "datetime", role = "ignore" }\n'
ROWS = "".join(f"k{n},{'yes' if n % 2 else 'no'},{n}\n" for n in range(20))


@pytest.fixture
def bring(runners, tmp_path):
    """Puts files into the inbox and runs generate and preprocess; gives how that ended and what was made of it."""

    def run(files, columns):
        root = tmp_path / "root"
        inbox = root / "inbox" / DAY
        inbox.mkdir(parents=True)
        for name, content in files.items():
            (inbox / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        (inbox / "_SUCCESS").touch()
        config = tmp_path / "pipeline.toml"
        config.write_text(HEAD + columns + REST)
        for step in ("generate", "preprocess"):
            ended = runners[step].run(root, config)
            assert "a bug in" not in ended.output, ended.output
            assert ended.memory < 500
            if ended.code:
                return ended, None
        return ended, json.loads((root / "processed" / DAY / "manifest.json").read_bytes())["counts"]

    return run


def csv(header, *rows):
    return header + "\n" + "".join(f"{row}\n" for row in rows)


def counted(notes):
    return notes["rows_out"], notes["rejected_by_rule"]


@pytest.mark.parametrize(
    "name",
    ["a b", "a'b", "ünïcødé", "name; drop table", "../up", "$HOME", "a.b", "-", "columns", "a\\nb", 'a"b'],
    ids=repr,
)
def test_a_column_may_have_any_name(bring, name):
    quoted = '"' + name.replace("\\n", "\n").replace('"', '""') + '"'
    toml = name.replace('"', '\\"')
    ended, notes = bring({"a.csv": csv(f"id,y,{quoted}", *ROWS.splitlines())}, f'"{toml}" = {{ type = "number" }}\n')
    assert ended.code == 0, ended.output
    assert counted(notes) == (20, {})


@pytest.mark.parametrize("name", ["a b.csv", "ünï.csv", "a'b.csv", "$(id).csv", "a\nb.csv", "-rf.csv"], ids=repr)
def test_a_file_may_have_any_name(bring, name):
    ended, notes = bring({name: csv("id,y,x", *ROWS.splitlines())}, 'x = { type = "number" }\n')
    assert ended.code == 0, ended.output
    assert counted(notes) == (20, {})


def test_values_that_look_like_formulas_paths_or_markup_are_values(bring):
    values = [
        "\"=cmd|' /C calc'!A0\"",
        '"../../etc/passwd"',
        '"<script>alert(1)</script>"',
        '"a\nb"',
        '"\u202edrow"',
        '"%s%n"',
    ]
    rows = [f"k{number},yes,{value}" for number, value in enumerate(values)] + ["k9,no,plain"]
    ended, notes = bring({"a.csv": csv("id,y,x", *rows)}, 'x = { type = "category" }\n')
    assert ended.code == 0, ended.output
    assert notes["rows_out"] == 7


def test_ten_thousand_columns_are_read_and_bounded(bring):
    names = [f"c{number}" for number in range(10_000)]
    columns = "".join(f'{name} = {{ type = "number" }}\n' for name in names)
    row = ",".join("1.5" for _ in names)
    ended, notes = bring({"a.csv": csv(f"id,y,{','.join(names)}", f"a,yes,{row}", f"b,no,{row}")}, columns)
    assert ended.code == 0, ended.output
    assert counted(notes) == (2, {})


def test_a_day_of_one_row_is_a_day(bring):
    ended, notes = bring({"a.csv": csv("id,y,x", "k,yes,1")}, 'x = { type = "number" }\n')
    assert ended.code == 0, ended.output
    assert counted(notes) == (1, {})


def test_a_header_alone_is_a_day_of_no_row(bring):
    ended, notes = bring({"a.csv": csv("id,y,x")}, 'x = { type = "number" }\n')
    assert ended.code == 0, ended.output
    assert counted(notes) == (0, {})


@pytest.mark.parametrize("word", ["NaN", "nan", "inf", "-inf", "Infinity", "1e999"])
def test_what_is_no_finite_number_is_never_a_number(bring, word):
    rows = [*ROWS.splitlines(), f"bad,yes,{word}"]
    ended, notes = bring({"a.csv": csv("id,y,x", *rows)}, 'x = { type = "number", missing = "reject" }\n')
    assert ended.code == 0, ended.output
    assert notes["rows_out"] == 20
    assert sum(notes["rejected_by_rule"].values()) == 1


@pytest.mark.parametrize("number", ["9223372036854775808", "-9223372036854775809", "1" * 400, "1e30"])
def test_an_integer_beyond_64_bits_is_rejected_not_wrapped(bring, number):
    rows = [*ROWS.splitlines(), f"bad,yes,{number}"]
    ended, notes = bring({"a.csv": csv("id,y,x", *rows)}, 'x = { type = "integer" }\n')
    assert ended.code == 0, ended.output
    assert notes["rows_out"] == 20
    assert sum(notes["rejected_by_rule"].values()) == 1


@pytest.mark.parametrize(
    "moment", ["1969-12-31T23:59:59", "1900-01-01", "1583-02-28 12:00:00", "2024-02-29", "2262-04-12"]
)
def test_any_moment_of_the_calendar_is_a_moment(bring, moment):
    rows = [f"k{n},{'yes' if n % 2 else 'no'},1,{moment}" for n in range(20)]
    ended, notes = bring({"a.csv": csv("id,y,z,x", *rows)}, MOMENTS)
    assert ended.code == 0, ended.output
    assert counted(notes) == (20, {})


@pytest.mark.parametrize("moment", ["2025-02-29", "2025-13-01", "31.12.1999 25:00"])
def test_what_is_no_moment_is_rejected(bring, moment):
    rows = [f"k{n},{'yes' if n % 2 else 'no'},1,2025-01-01" for n in range(19)] + [f"bad,no,1,{moment}"]
    ended, notes = bring({"a.csv": csv("id,y,z,x", *rows)}, MOMENTS)
    assert ended.code == 0, ended.output
    assert notes["rows_out"] == 19


def test_line_ends_may_be_mixed(bring):
    text = "id,y,x\r\na,yes,1\nb,no,2\r\nc,yes,3"
    ended, notes = bring({"a.csv": text}, 'x = { type = "number" }\n')
    assert ended.code == 0, ended.output
    assert counted(notes) == (3, {})


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.zip"])
def test_compressed_input_is_read_whatever_its_name_says(bring, name):
    ended, notes = bring({name: gzip.compress(csv("id,y,x", *ROWS.splitlines()).encode())}, 'x = { type = "number" }\n')
    assert ended.code == 0, ended.output
    assert counted(notes) == (20, {})


@pytest.mark.parametrize("row", ["bad,yes", "bad,yes,1,2", 'bad,"yes,1', 'bad,"yes"x,1'])
def test_a_row_that_cannot_be_read_is_rejected_and_takes_no_other_with_it(bring, row):
    lines = ROWS.splitlines()
    ended, notes = bring({"a.csv": csv("id,y,x", *lines[:7], row, *lines[7:])}, 'x = { type = "number" }\n')
    assert ended.code == 0, ended.output
    assert notes["rows_out"] == 20
    assert sum(notes["rejected_by_rule"].values()) == 1


@pytest.mark.parametrize("header", ["id,y,x,x", "id,y,y,x", "id,id,y,x"])
def test_a_column_that_is_there_twice_is_named(bring, header):
    ended, _ = bring({"a.csv": csv(header, "a,yes,1,2")}, 'x = { type = "number" }\n')
    assert ended.code == 65, ended.output
    twice = next(name for name in header.split(",") if header.split(",").count(name) > 1)
    assert f"column names must differ, got '{twice}' 2 times" in ended.output
