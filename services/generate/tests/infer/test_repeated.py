import pyarrow as pa
import pyarrow.parquet as pq

from generate.infer import repeated
from generate.infer.inputs import open_files
from generate.infer.repeated import Repeats, repeated_rows


def test_rows_are_counted_that_equal_an_earlier_one_however_they_are_written(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("when,x,word\n1,1.5,a\n2,1.50,a\n3,1.5,b\n4,,b\n5,,b\n6, 1.5,a\n")
    assert repeated_rows(open_files([path]), ["x", "word"]) == Repeats(3)
    assert repeated_rows(open_files([path]), ["when", "x", "word"]) == Repeats()


def test_a_file_with_types_of_its_own_is_counted_too(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"x": [1.5, 1.5, None, float("nan")], "n": [1, 1, 2, 2]}), path)
    assert repeated_rows(open_files([path]), ["x", "n"]) == Repeats(2)


def test_rows_of_another_file_are_counted_apart(tmp_path):
    (tmp_path / "a.csv").write_text("n,m\n1,a\n1,a\n2,b\n")
    (tmp_path / "b.csv").write_text("n,m\n2,b\n3,c\n1,a\n3,c\n")
    assert repeated_rows(open_files([tmp_path]), ["n", "m"]) == Repeats(4, in_other_files=2)


def test_no_more_rows_are_held_than_it_takes(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": [1] * 200_000}), path)
    monkeypatch.setattr(repeated, "MOST_ROWS", 1)
    assert repeated_rows(open_files([path]), ["n"]).rows < 199_999
