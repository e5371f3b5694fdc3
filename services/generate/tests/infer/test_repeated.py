import pyarrow as pa
import pyarrow.parquet as pq

from contract.config.source import Files
from generate.files.csv_file import CsvFile
from generate.files.parquet_file import ParquetFile
from generate.infer import repeated


def test_rows_are_counted_that_equal_an_earlier_one_however_they_are_written(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("when,x,word\n1,1.5,a\n2,1.50,a\n3,1.5,b\n4,,b\n5,,b\n6, 1.5,a\n")
    assert repeated.repeated_rows(CsvFile(path, path.name, Files()), ["x", "word"]) == 3
    assert repeated.repeated_rows(CsvFile(path, path.name, Files()), ["when", "x", "word"]) == 0


def test_a_file_with_types_of_its_own_is_counted_too(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": [1.5, 1.5, None, float("nan")], "n": [1, 1, 2, 2]}), path)
    assert repeated.repeated_rows(ParquetFile(path, path.name), ["x", "n"]) == 2


def test_no_more_rows_are_held_than_it_takes(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": [1] * 200_000}), path)
    monkeypatch.setattr(repeated, "MOST_ROWS", 1)
    assert repeated.repeated_rows(ParquetFile(path, path.name), ["n"]) < 199_999
