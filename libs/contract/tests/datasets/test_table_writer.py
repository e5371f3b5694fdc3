import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.datasets.table_writer import TableWriter

FEW = {
    "few": [1.5, 2.5] * 500,
    "words": ["a", None] * 500,
    "empty": pa.nulls(1000, pa.string()),
    "encoded": pa.array(["a", "b"] * 500).dictionary_encode(),
    "nothing": pa.nulls(1000),
}
MANY = {
    "numbers": [number / 7 for number in range(1000)],
    "keys": [f"c{number}" for number in range(1000)],
    "counts": range(1000),
}


@pytest.fixture
def written(tmp_path):
    """The table as it is read again, and what the file says of each column of its first row group."""

    def written(table):
        path = tmp_path / "a.parquet"
        writer = TableWriter(path, table, "parquet")
        for batch in table.to_batches(max_chunksize=400):
            writer.write(batch)
        writer.close()
        group = pq.read_metadata(path).row_group(0)
        columns = [group.column(number) for number in range(group.num_columns)]
        return pq.read_table(path), {column.path_in_schema: column for column in columns}

    return written


def test_columns_that_repeat_their_values_lie_as_a_dictionary_and_no_others(written):
    table = pa.table(FEW | MANY)
    read, columns = written(table)
    assert read.equals(table)
    assert {name for name, column in columns.items() if column.has_dictionary_page} == set(FEW)
    assert "DELTA_BINARY_PACKED" in columns["counts"].encodings


def test_a_column_that_repeats_later_is_read_as_it_was(written):
    table = pa.table({"a": [*range(500), *[7] * 500], "b": [*["x"] * 500, *map(str, range(500))]})
    assert written(table)[0].equals(table)


def test_lists_are_written_too(written):
    table = pa.table({"lists": [[1, 2], [], None] * 100})
    assert written(table)[0].equals(table)


def test_a_table_without_rows_keeps_its_columns(tmp_path):
    table = pa.table({"a": pa.array([], pa.string()), "b": pa.array([], pa.int64())})
    writer = TableWriter(tmp_path / "a.parquet", table, "parquet")
    writer.write(table)
    writer.close()
    assert pq.read_table(tmp_path / "a.parquet").equals(table)
