from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from generate.inbox import Inbox
from generate.ingest import ingest

HEADER = "id,age,plan,note,left\n"


def test_csv_values_arrive_as_the_text_they_are(call, table, inbox, rows):
    (inbox / "a.csv").write_text(HEADER + 'A,007,"x, y",,yes\nB, 8 ,é,"two\nlines",no\n')
    assert call(table)[0] == 0
    assert rows("data").to_pylist() == [
        {"id": "A", "age": "007", "plan": "x, y", "note": "", "_file": "inbox/2026-11-22/a.csv", "_row": 1},
        {"id": "B", "age": " 8 ", "plan": "é", "note": "two\nlines", "_file": "inbox/2026-11-22/a.csv", "_row": 2},
    ]
    assert rows("target").to_pylist() == [
        {"id": "A", "left": "yes", "_file": "inbox/2026-11-22/a.csv", "_row": 1},
        {"id": "B", "left": "no", "_file": "inbox/2026-11-22/a.csv", "_row": 2},
    ]


def test_a_byte_order_mark_and_another_delimiter_are_read(call, table, inbox, rows):
    table["source"]["delimiter"] = ";"
    (inbox / "a.csv").write_bytes(b"\xef\xbb\xbf" + b"id;age;plan;note;left\r\nA;1;x,y;;yes\r\n")
    assert call(table)[0] == 0
    assert rows("data")["plan"].to_pylist() == ["x,y"]
    assert rows("data").schema.names[0] == "id"


def test_files_are_read_in_the_order_of_their_names_and_columns_in_the_configurations(call, table, inbox, rows):
    (inbox / "b.csv").write_text("note,left,plan,age,id\nn,yes,p,2,B\n")
    (inbox / "a.csv").write_text(HEADER + "A,1,p,n,no\n")
    assert call(table)[0] == 0
    assert rows("data")["id"].to_pylist() == ["A", "B"]
    assert rows("data")["age"].to_pylist() == ["1", "2"]
    assert rows("data")["_row"].to_pylist() == [1, 1]


def test_parquet_keeps_its_types(call, table, inbox, rows):
    pq.write_table(
        pa.table(
            {
                "id": pa.array([1, 2]),
                "age": pa.array([1.5, None]),
                "plan": pa.array(["x", "y"]).dictionary_encode(),
                "note": pa.array([Decimal("1.10"), None]),
                "left": pa.array([True, None]),
            }
        ),
        inbox / "a.parquet",
    )
    assert call(table)[0] == 0
    types = {field.name: str(field.type) for field in rows("data").schema}
    assert types == {
        "id": "int64",
        "age": "double",
        "plan": "string",
        "note": "decimal128(3, 2)",
        "_file": "string",
        "_row": "int64",
    }
    assert rows("data")["age"].to_pylist() == [1.5, None]
    assert rows("target").select(["id", "left"]).to_pylist() == [{"id": 1, "left": True}]


def test_a_column_whose_type_differs_between_files_becomes_text(call, table, inbox, rows):
    pq.write_table(pa.table({"id": ["A"], "age": [3], "plan": ["x"], "left": ["no"]}), inbox / "a.parquet")
    pq.write_table(pa.table({"id": ["B"], "age": [3.0], "plan": ["x"], "left": ["no"]}), inbox / "b.parquet")
    (inbox / "c.csv").write_text(HEADER + "C,four,x,,no\n")
    assert call(table)[0] == 0
    assert rows("data")["age"].to_pylist() == ["3", "3", "four"]
    assert rows("data")["note"].to_pylist() == [None, None, ""]


def test_a_key_whose_type_differs_between_files_has_the_text_of_its_value(call, table, inbox, rows):
    ids = {"a": [10**15, 7], "b": [1e15, 1e-7], "c": [2.0**53, -0.0]}
    for name, values in ids.items():
        pq.write_table(
            pa.table({"id": values, "age": [1, 2], "plan": ["x", "x"], "left": ["no", "no"]}), inbox / f"{name}.parquet"
        )
    (inbox / "d.csv").write_text(HEADER + "007,4,x,,no\n")
    assert call(table)[0] == 0
    assert rows("data")["id"].to_pylist() == [
        *("1000000000000000", "7", "1000000000000000", "0.0000001"),
        # by its fraction of zero it is known as a float that has lost digits
        *("9007199254740992.0", "0", "007"),
    ]
    assert rows("target")["id"].to_pylist() == rows("data")["id"].to_pylist()


def test_rows_without_a_key_are_numbered_over_the_days_files(call, table, inbox, rows):
    del table["table"]["key"], table["columns"]["id"]
    (inbox / "a.csv").write_text("age,plan,left\n1,x,no\n2,x,\n")
    (inbox / "b.csv").write_text("age,plan,left\n3,x,yes\n")
    assert call(table)[0] == 0
    assert rows("data")["row_key"].to_pylist() == ["2026-11-22-1", "2026-11-22-2", "2026-11-22-3"]
    assert rows("target").select(["row_key", "left"]).to_pylist() == [
        {"row_key": "2026-11-22-1", "left": "no"},
        {"row_key": "2026-11-22-3", "left": "yes"},
    ]


def test_a_header_alone_is_a_day_without_rows(call, table, inbox, rows):
    (inbox / "a.csv").write_text(HEADER.strip())
    assert call(table)[0] == 0
    assert rows("data").num_rows == 0
    assert rows("data").schema.names == ["id", "age", "plan", "note", "_file", "_row"]


def test_a_column_that_no_model_sees_may_be_absent(call, table, inbox, rows):
    (inbox / "a.csv").write_text("id,age,plan,left\nA,1,x,no\n")
    assert call(table)[0] == 0
    assert rows("data")["note"].to_pylist() == [None]


def test_a_file_that_changes_while_it_is_read_is_tried_again_later(run, table, inbox, root):
    (inbox / "a.csv").write_text(HEADER + "A,1,x,,no\n")
    source = Inbox(run(table))
    (inbox / "a.csv").write_text(HEADER + "A,1,x,,no\nB,1,x,,no\n")
    with pytest.raises(BlockingIOError, match="changed while it was read"):
        ingest(run(table), source, {"data": source.data})
    assert not (root / "raw/2026-11-22/data").exists()


def test_numbers_of_two_types_are_the_same_numbers_as_text(call, table, inbox, rows):
    table["columns"]["age"] = {"type": "integer"}
    for name, ages in {"a": [10**15, 2**60], "b": [1e15, 1e16]}.items():
        columns = {"id": [f"{name}1", f"{name}2"], "age": ages, "plan": ["x", "x"], "left": ["no", "no"]}
        pq.write_table(pa.table(columns), inbox / f"{name}.parquet")
    assert call(table)[0] == 0
    assert rows("data")["age"].to_pylist() == [
        "1000000000000000",
        str(2**60),
        "1000000000000000",
        "10000000000000000.0",
    ]


def test_a_number_beside_texts_has_their_mark_of_a_fraction(call, table, inbox, rows):
    table["source"]["decimal"] = ","
    table["columns"]["age"] = {"type": "number"}
    pq.write_table(pa.table({"id": ["A"], "age": [1.5], "plan": ["x"], "left": ["no"]}), inbox / "a.parquet")
    (inbox / "b.csv").write_text(HEADER + 'B,"2,5",x,,no\n')
    assert call(table)[0] == 0
    assert rows("data")["age"].to_pylist() == ["1,5", "2,5"]
