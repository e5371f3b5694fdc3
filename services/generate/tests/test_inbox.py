import gzip
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.datasets.dataset import Dataset
from contract.datasets.manifest import read_manifest
from generate.work import work

HEADER = "id,age,plan,note,left\n"


def test_a_files_name_that_is_not_utf8_is_refused_in_words(call, table, inbox):
    (inbox / os.fsdecode(b"gr\xf6sse.csv")).write_text(HEADER + "A,1,p,n,no\n")
    code, log = call(table)
    assert code == 65
    assert "inbox/2026-11-22: names of files must be UTF-8, got b'gr\\xf6sse.csv'; rename it" in log


def test_late_labels_leave_the_data_untouched(call, table, inbox, rows, state):
    (inbox / "a.csv").write_text("id,age,plan\nA,1,x\nB,2,y\n")
    code, error = call(table)
    assert (code, "no labels yet" in error) == (0, True)
    assert not (inbox.parents[1] / "raw/2026-11-22/target").exists()
    before = state()
    (inbox / "0-labels.csv").write_text("left,id\nyes,A\nNA,B\n")
    code, error = call(table)
    assert (code, "raw/2026-11-22/data: up to date" in error) == (0, True)
    assert rows("target").to_pylist() == [
        {"id": "A", "left": "yes", "_file": "inbox/2026-11-22/0-labels.csv", "_row": 1}
    ]
    after = state()
    assert {name: after[name] for name in before} == before


def test_a_second_run_changes_no_byte_and_says_up_to_date(call, table, inbox, state):
    (inbox / "a.csv").write_text(HEADER + "A,1,x,,no\n")
    call(table)
    before = state()
    code, error = call(table)
    assert (code, error.count("up to date")) == (0, 2)
    assert state() == before


def test_force_makes_the_same_parts(call, table, inbox, state):
    (inbox / "a.csv").write_text(HEADER + "A,1,x,,no\n")
    call(table)
    before = {name: content for name, (content, _) in state().items() if "manifest" not in name}
    assert call(table, "--force")[0] == 0
    assert {name: content for name, (content, _) in state().items() if "manifest" not in name} == before


def test_a_changed_file_makes_the_day_again(call, table, inbox, rows):
    (inbox / "a.csv").write_text(HEADER + "A,1,x,,no\n")
    call(table)
    (inbox / "a.csv").write_text(HEADER + "A,2,x,,no\n")
    assert call(table)[0] == 0
    assert rows("data")["age"].to_pylist() == ["2"]


def test_the_manifest_names_each_file_with_its_hash(run, table, inbox, root):
    (inbox / "a.csv").write_text(HEADER + "A,1,x,,no\n")
    work(run(table))
    manifest = Dataset.open(root / "raw/2026-11-22/data").manifest
    assert [file.path for file in manifest.inputs] == ["inbox/2026-11-22/a.csv"]
    assert manifest.counts == {"rows_in": 1, "rows_out": 1, "rejected": 0}


def test_extra_columns_are_dropped_if_asked(call, table, inbox, rows):
    table["table"]["extra_columns"] = "drop"
    (inbox / "a.csv").write_text("id,age,plan,left,more\nA,1,x,no,?\n")
    code, error = call(table)
    assert (code, "inbox/2026-11-22/a.csv: columns dropped, as table.extra_columns asks: 'more'" in error) == (0, True)
    assert "more" not in rows("data").schema.names


def test_other_names_are_ignored_and_told(call, table, inbox, rows):
    (inbox / "a.CSV").write_text(HEADER + "A,1,x,,no\n")
    for name in ("_SUCCESS", ".a.csv", "a.csv.part"):
        (inbox / name).write_text("?")
    code, error = call(table)
    assert (code, rows("data").num_rows) == (0, 1)
    assert "*.xlsx or *.parquet: a.csv.part" in error
    assert "SUCCESS" not in error


GOOD = HEADER + "A,1,x,,no\n"


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("a.csv", "", 65, "inbox/2026-11-22/a.csv: must have a header, got an empty file"),
        ("a.csv", "\n\n", 65, "inbox/2026-11-22/a.csv: must have a header, got an empty file"),
        ("a.csv", "id,Age,plan,left\n", 65, "inbox/2026-11-22/a.csv: column 'age' must be there by pipeline.toml, got 'id', 'Age', 'plan', 'left' (is it 'Age'?)"),
        ("a.csv", "age,plan,left\n", 65, "inbox/2026-11-22/a.csv: column 'id' must be there by pipeline.toml"),
        ("a.csv", "id,age,plan,left,more\n", 65, "inbox/2026-11-22/a.csv: column 'more' must be in [columns] of pipeline.toml"),
        ("a.csv", "id,age,age,plan,left\n", 65, "inbox/2026-11-22/a.csv: column names must differ, got 'age' 2 times"),
        ("a.csv", HEADER + "B,1,x,no\n", 65, "inbox/2026-11-22/a.csv: row 1: must have 5 fields like the header, got 4: 'B,1,x,no'; no row can be read"),
        ("a.csv", GOOD + "B,1,x,no", 65, "inbox/2026-11-22/a.csv: row 2: the file ends within it, got 'B,1,x,no': is it cut?"),
        ("a.csv", GOOD + 'B,1,x,,"no', 65, "inbox/2026-11-22/a.csv: row 2: the file ends within it"),
        ("a.csv", GOOD.replace(",", ";"), 65, "inbox/2026-11-22/a.csv: column 'id' must be there by pipeline.toml, got 'id;age;plan;note;left'; add it to the data, or change pipeline.toml; its line 1 has them: set source.delimiter = ';'"),
        ("a.csv", "A title\n" + GOOD, 65, "its line 2 has them: set source.skip_lines = 1"),
        ("a.csv", GOOD.encode() + b"B,1,M\xfcller,,no\n", 65, 'inbox/2026-11-22/a.csv: line 3, byte 38: must be UTF-8, got 0xfc (invalid start byte); it reads as cp1252: set source.encoding = "cp1252", or convert it (iconv -f CP1252 -t UTF-8)'),
        ("a.csv", GOOD.encode("utf-16-le"), 65, "inbox/2026-11-22/a.csv: must be text, got bytes of 0: is it UTF-16 without a mark?"),
        ("a.parquet", "", 65, "inbox/2026-11-22/a.parquet: must be a whole Parquet file, got an empty file"),
        ("a.parquet", "PAR1" + "x" * 100, 65, "inbox/2026-11-22/a.parquet: must be a whole Parquet file, got a damaged or truncated one"),
        ("a.doc", GOOD, 66, "inbox/2026-11-22: must have a file (*.csv, *.txt, *.tsv, *.jsonl, *.ndjson (also packed: .gz, .zst, .zip), *.xlsx or *.parquet) with the columns of pipeline.toml, got none"),
        ("a.csv", "id,left\nA,no\n", 66, "with the columns of pipeline.toml, got a.csv with labels alone"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_its_code_and_names_file_rule_and_value(
    call, table, inbox, state, name, content, code, message
):
    (inbox / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    exit_code, error = call(table)
    assert exit_code == code
    assert message in error
    assert "Traceback" not in error
    assert state() == {}


def test_all_names_of_the_inbox_are_on_record_so_that_a_new_one_is_noticed_without_the_step(call, table, inbox, root):
    (inbox / "b.csv").write_text(GOOD)
    (inbox / "_SUCCESS").touch()
    call(table)
    for part in ("data", "target"):
        manifest = read_manifest(root / "raw" / "2026-11-22" / part)
        assert manifest.run["observed"] == {"listed": {"inbox/2026-11-22": ["_SUCCESS", "b.csv"]}}


def test_bad_input_leaves_the_committed_day_as_it_was(call, table, inbox, state):
    (inbox / "a.csv").write_text(GOOD)
    call(table)
    before = state()
    (inbox / "a.csv").write_text(GOOD + "B,1")
    assert call(table)[0] == 65
    assert state() == before


def test_a_day_without_an_inbox_is_a_missing_input(call, table):
    code, error = call(table)
    assert code == 66
    assert "inbox/2026-11-22: must be a directory with the day's files, got none" in error


def test_a_folder_of_parts_is_read_and_an_empty_part_is_told(call, table, inbox, rows, root):
    parts = inbox / "table.csv"
    parts.mkdir()
    (parts / "part-00000.csv").write_text(HEADER + "A,1,x,,no\n")
    (parts / "part-00001.csv").write_bytes(b"")
    (parts / "part-00002.csv").write_text(HEADER + "B,2,y,,yes\n")
    (parts / "_SUCCESS").touch()
    (parts / ".part-00000.csv.crc").write_bytes(b"crc\0")
    code, error = call(table)
    assert code == 0, error
    assert "empty files have no rows: inbox/2026-11-22/table.csv/part-00001.csv" in error
    assert rows("data")["id"].to_pylist() == ["A", "B"]
    listed = read_manifest(root / "raw" / "2026-11-22" / "data").run["observed"]["listed"]
    assert listed["inbox/2026-11-22/table.csv"] == [
        ".part-00000.csv.crc", "_SUCCESS", "part-00000.csv", "part-00001.csv", "part-00002.csv",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", HEADER + "A,1,x,,no\n"),
        ("a.tsv", (HEADER + "A,1,x,,no\n").replace(",", "\t")),
        ("a.csv", gzip.compress((HEADER + "A,1,x,,no\n").encode())),
        ("a.csv.zst", pa.compress((HEADER + "A,1,x,,no\n").encode(), codec="zstd", asbytes=True)),
        ("a.jsonl", '{"id": "A", "age": 1, "plan": "x", "note": "", "left": "no"}\n'),
        ("a.csv", (HEADER + "A,1,x,,no\n").encode("utf-16")),
        ("a.csv", "sep=;\n" + (HEADER + "A,1,x,,no\n").replace(",", ";")),
    ],
)
def test_files_of_every_form_are_the_days(call, table, inbox, rows, name, content):
    (inbox / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert call(table)[0] == 0
    assert rows("data").select(["id", "age", "plan", "note"]).to_pylist() == [
        {"id": "A", "age": "1", "plan": "x", "note": ""}
    ]
    assert rows("target")["left"].to_pylist() == ["no"]


def test_what_pandas_adds_and_nested_columns_that_nobody_wants_are_left_out(call, table, inbox, rows):
    columns = {"id": ["A"], "age": [1], "plan": ["x"], "note": [[1, 2]], "more": [{"a": 1}], "__index_level_0__": [7]}
    pq.write_table(pa.table(columns | {"left": ["no"], "nothing": pa.nulls(1)}), inbox / "a.parquet")
    table["columns"]["nothing"] = {"type": "text", "role": "ignore"}
    code, error = call(table)
    assert code == 0, error
    assert (
        "a.parquet: left out, no columns of plain values or an index of pandas: note, more, __index_level_0__" in error
    )
    assert rows("data").drop_columns(["_file", "_row"]).to_pylist() == [
        {"id": "A", "age": 1, "plan": "x", "note": None, "nothing": None}
    ]


def test_a_nested_column_that_is_a_feature_is_refused(call, table, inbox):
    pq.write_table(pa.table({"id": ["A"], "age": [1], "plan": [["x"]], "left": ["no"]}), inbox / "a.parquet")
    code, error = call(table)
    assert (code, "column 'plan' must hold plain values, got type list<" in error) == (65, True)


EMPTY_DAYS = [
    ({"_EMPTY": ""}, False),
    ({"_EMPTY": "", "a.csv": HEADER}, False),
    ({"_SUCCESS": "", "a.csv": HEADER}, False),
    ({"a.csv": HEADER, "b.csv": HEADER}, False),
    ({"_SUCCESS": ""}, True),
    ({"_SUCCESS": "", "a.csv": ""}, True),
]


@pytest.mark.parametrize(("files", "allowed"), EMPTY_DAYS)
def test_a_day_that_is_empty_on_purpose_has_no_rows_and_needs_no_labels(call, table, inbox, root, rows, files, allowed):
    for name, text in files.items():
        (inbox / name).write_text(text)
    if allowed:
        table["source"]["allow_empty"] = True
    code, log = call(table)
    assert (code, "a day without rows, which needs no labels" in log) == (0, True)
    assert rows("data").num_rows == 0
    assert set(rows("data").column_names) >= {"id", "age", "plan", "_file", "_row"}
    assert not (root / "raw/2026-11-22/target").exists()
    code, log = call(table)
    assert (code, "raw/2026-11-22/data: up to date" in log) == (0, True)


def test_a_folder_without_a_file_is_no_day_unless_it_says_so(call, table, inbox):
    (inbox / "_SUCCESS").touch()
    code, log = call(table)
    assert code == 66
    assert "an empty _EMPTY for a day without rows" in log
    table["source"]["allow_empty"] = True
    (inbox / "_SUCCESS").unlink()
    assert call(table)[0] == 66


def test_rows_beside_the_word_that_there_are_none_are_refused(call, table, inbox, root):
    (inbox / "_EMPTY").touch()
    (inbox / "a.csv").write_text(HEADER + "A,1,x,,no\n")
    code, log = call(table)
    assert code == 65
    assert "inbox/2026-11-22: must have no rows, by its _EMPTY, got 1; take _EMPTY away, or the files" in log
    assert not (root / "raw/2026-11-22/data").exists()


def test_a_day_that_was_empty_takes_the_rows_that_come_after_all(call, table, inbox, rows):
    (inbox / "_EMPTY").touch()
    call(table)
    (inbox / "_EMPTY").unlink()
    (inbox / "a.csv").write_text(HEADER + "A,1,x,,no\n")
    assert call(table)[0] == 0
    assert (rows("data").num_rows, rows("target").num_rows) == (1, 1)
