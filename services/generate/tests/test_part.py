import pyarrow as pa
import pytest

from contract.config.parse import parse
from generate.part import part_of


def parts(config, rows, **options):
    return part_of(
        pa.RecordBatch.from_pydict(rows), parse(config), **{"day": "d", "file": "f", "row": 7, "number": 9} | options
    )


def test_rows_are_taken_apart_into_data_and_labels_with_where_they_came_from(table):
    part = parts(table, {"id": ["A", "B"], "age": [1, 2], "left": ["no", "yes"]})
    assert part.data.to_pylist() == [
        {"id": "A", "age": 1, "_file": "f", "_row": 7},
        {"id": "B", "age": 2, "_file": "f", "_row": 8},
    ]
    assert part.target.to_pylist() == [
        {"id": "A", "left": "no", "_file": "f", "_row": 7},
        {"id": "B", "left": "yes", "_file": "f", "_row": 8},
    ]


@pytest.mark.parametrize("missing", [None, "", "  ", "NA", " nan "])
def test_a_label_that_is_missing_is_none(table, missing):
    part = parts(table, {"id": ["A", "B"], "left": [missing, "yes"]})
    assert part.target["id"].to_pylist() == ["B"]
    assert part.data.num_rows == 2


@pytest.mark.parametrize("missing", ["-999", "-999.0", " -999.00 "])
def test_a_missing_label_is_none_however_it_is_written(table, missing):
    table["table"]["missing_values"] = ["-999"]
    assert parts(table, {"id": ["A", "B"], "left": [missing, "-99"]}).target["id"].to_pylist() == ["B"]


def test_a_class_is_a_label_though_a_missing_value_is_written_nearly_so(table):
    table["table"] |= {"missing_values": ["0"], "positive": "1"}
    table["columns"]["left"]["values"] = ["0.0", "1"]
    assert parts(table, {"id": ["A", "B", "C"], "left": [" 0.0", "0", "1"]}).target["id"].to_pylist() == ["A", "C"]


def test_a_number_that_is_none_is_no_label(table):
    part = parts(table, {"id": ["A", "B", "C"], "left": [1.5, float("nan"), None]})
    assert part.target["id"].to_pylist() == ["A"]


def test_rows_of_labels_alone_have_no_data(table):
    assert parts(table, {"id": ["A"], "left": ["no"]}, number=None).data is None


def test_rows_without_a_key_get_one_from_their_number(table):
    del table["table"]["key"], table["columns"]["id"]
    part = parts(table, {"age": [1, 2], "left": ["no", ""]})
    assert part.data["row_key"].to_pylist() == ["d-9", "d-10"]
    assert part.target["row_key"].to_pylist() == ["d-9"]
