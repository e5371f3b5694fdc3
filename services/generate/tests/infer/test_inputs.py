import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.errors import DataError, MissingInput, UsageError
from generate.infer.inputs import open_files


def rows(table):
    return [row for batch in table.batches(table.columns) for row in batch.to_pylist()]


def test_a_folder_gives_its_files_with_their_days_in_order(tmp_path):
    for day, number in (("2026-11-02", 2), ("2026-11-01", 1)):
        (tmp_path / "inbox" / day).mkdir(parents=True)
        (tmp_path / "inbox" / day / "a.csv").write_text(f"x,y\n{number},b\n")
        (tmp_path / "inbox" / day / "_SUCCESS").write_text("")
    table = open_files([tmp_path / "inbox"])
    assert [row["x"] for row in rows(table)] == ["1", "2"]
    assert [part.name for part in table.tables] == ["2026-11-01/a.csv", "2026-11-02/a.csv"]
    assert (table.name, table.rows) == ("2 files, 2026-11-01/a.csv to 2026-11-02/a.csv", None)


def test_the_target_tells_which_line_is_the_header(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("H;20260101;CUSTOMERS\nid;x;left\n1;2.5;left\n2;3.5;right\n")
    assert open_files([file], "left").columns == ["id", "x", "left"]
    assert "skip_lines = 1" in open_files([file], "left").source
    assert open_files([file], "H").columns == ["H", "20260101", "CUSTOMERS"]


def test_a_row_with_the_word_of_the_target_is_no_header(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("id,x,Left\n1,2.5,left\n2,3.5,right\n")
    assert open_files([file], "left").columns == ["id", "x", "Left"]
    assert open_files([file], "right").columns == ["id", "x", "Left"]


def test_several_files_may_have_their_columns_in_another_order_and_of_other_types(tmp_path):
    (tmp_path / "a.csv").write_text("y,x\nb,1.5\n")
    pq.write_table(pa.table({"x": [2.5, 3.5], "y": ["c", "d"]}), tmp_path / "b.parquet")
    table = open_files([tmp_path / "a.csv", tmp_path / "b.parquet"])
    assert [(row["y"], float(row["x"])) for row in rows(table)] == [("b", 1.5), ("c", 2.5), ("d", 3.5)]
    assert (table.is_floating("x"), table.is_floating("y")) == (True, False)


def test_files_of_another_table_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("x,y\n1,b\n")
    (tmp_path / "b.csv").write_text("x,z\n1,b\n")
    with pytest.raises(
        DataError, match=r"b.csv: must have the columns of a.csv, got a difference in 'y', 'z'; leave out"
    ):
        open_files([tmp_path])


def test_a_folder_without_tables_is_told(tmp_path):
    with pytest.raises(MissingInput, match=r"must hold \*\.csv, .*\*\.parquet, got none"):
        open_files([tmp_path])
    (tmp_path / "a.md").write_text("x")
    with pytest.raises(UsageError, match=r"must be named \*\.csv, "):
        open_files([tmp_path / "a.md"])


def test_the_delimiter_is_part_of_the_source(tmp_path):
    (tmp_path / "a.csv").write_text("x;y\n1;b\n")
    assert open_files([tmp_path / "a.csv"]).source[1:] == ('delimiter = ";"',)


@pytest.mark.parametrize(
    ("path", "meaning"),
    [
        ("telco-churn.csv", "telco-churn"),
        ("telco churn (1).csv", "telco-churn"),
        ("churn_2026-11-22.csv", "churn"),
        ("2026-11-22_orders.csv", "orders"),
        ("orders_2026.csv.gz", "orders"),
        ("orders/part-00001.csv", "orders"),
        ("orders/2026-11-22/data.csv", "orders"),
        ("a.csv", ""),
        ("data.csv", ""),
        ("train.csv", ""),
        (
            "\N{LATIN SMALL LETTER E WITH ACUTE}t\N{LATIN SMALL LETTER E WITH ACUTE}.csv",
            "\N{LATIN SMALL LETTER E WITH ACUTE}t\N{LATIN SMALL LETTER E WITH ACUTE}",
        ),
        ("?.csv", ""),
    ],
)
def test_a_table_is_called_what_its_file_means(tmp_path, path, meaning):
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(b"x,y\n1,b\n") if path.endswith(".gz") else b"x,y\n1,b\n")
    assert open_files([tmp_path / path.split("/")[0]]).meaning == meaning
