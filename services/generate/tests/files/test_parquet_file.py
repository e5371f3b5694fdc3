import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.errors import DataError
from generate.files.parquet_file import ParquetFile


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": range(10_000), "b": [str(number) for number in range(10_000)]}), path)
    return path


def read(path):
    file = ParquetFile(path, path.name)
    return pa.Table.from_batches(file.batches(file.schema.names), file.schema)


def test_columns_come_in_the_order_asked_for(path):
    file = ParquetFile(path, "a.parquet")
    assert file.rows == 10_000
    assert next(file.batches(["b", "a"])).schema.names == ["b", "a"]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_all_kinds_of_text_are_text(path, kind):
    pq.write_table(pa.table({"a": pa.array(["x", None], pa.string()).cast(kind)}), path)
    assert read(path).schema.field("a").type == pa.string()
    assert read(path)["a"].to_pylist() == ["x", None]


def test_a_column_without_a_type_is_text_without_values(path):
    pq.write_table(pa.table({"a": pa.nulls(2)}), path)
    assert read(path)["a"].type == pa.string()


@pytest.mark.parametrize("left", [0, 3, 100, 0.5, 0.99])
def test_a_truncated_file_is_told(path, left):
    content = path.read_bytes()
    path.write_bytes(content[: left if isinstance(left, int) else int(left * len(content))])
    with pytest.raises(DataError, match=r"^a.parquet: must be a whole Parquet file, got (an empty|a damaged)"):
        read(path)


def test_damage_inside_is_told(path):
    content = bytearray(path.read_bytes())
    content[2000:4000] = bytes(2000)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"^a.parquet: must be a whole Parquet file, got a damaged"):
        read(path)


@pytest.mark.parametrize("values", [[[1]], [{"x": 1}], [datetime.timedelta(days=1)]])
def test_a_column_of_other_than_plain_values_is_refused(path, values):
    pq.write_table(pa.table({"a": values}), path)
    with pytest.raises(DataError, match=r"^a.parquet: column 'a' must hold plain values, got type"):
        read(path)


def test_text_that_is_not_utf8_is_refused_with_its_column(path):
    offsets = pa.array([0, 1, 2], pa.int32()).buffers()[1]
    broken = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"\xff\xfe"))
    pq.write_table(pa.table({"a": broken}), path)
    with pytest.raises(DataError, match=r"^a.parquet: column 'a' must hold UTF-8, got Invalid UTF8 .*; write it again"):
        read(path)


def test_a_columns_name_that_is_not_utf8_is_refused(path):
    pq.write_table(pa.table({"zXz": [1]}), path)
    path.write_bytes(path.read_bytes().replace(b"zXz", b"z\xffz"))
    with pytest.raises(DataError, match=r"^a.parquet: names of columns must be UTF-8, got b'z\\xffz'; rename it"):
        read(path)


def test_a_uuid_and_text_that_is_not_called_so_are_text(path):
    uuids = pa.array([bytes(15) + b"\1", None], pa.uuid())
    pq.write_table(pa.table({"a": uuids, "b": pa.array([b"x", "ä".encode()], pa.binary())}), path)
    assert read(path).to_pylist() == [{"a": "00000000-0000-0000-0000-000000000001", "b": "x"}, {"a": None, "b": "ä"}]


def test_bytes_that_are_no_text_are_refused_only_by_whoever_wants_them(path):
    pq.write_table(pa.table({"a": [b"\xff"], "b": [1]}), path)
    file = ParquetFile(path, "a.parquet")
    assert [block.rows.to_pylist() for block in file.read(["b"])] == [[{"b": 1}]]
    with pytest.raises(DataError, match=r"^a.parquet: column 'a' must hold UTF-8"):
        read(path)
