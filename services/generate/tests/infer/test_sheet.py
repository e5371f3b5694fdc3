import pytest
from workbook import workbook

from contract.config.source import Files
from generate.files.open_table import open_table
from generate.infer.inputs import open_files
from generate.infer.sheet import sheet_of

ROWS = [["id", "x", "y"], *([f"c{number}", number + 0.5, "yes"] for number in range(5))]


@pytest.fixture
def sheet(tmp_path):
    """Writes a workbook and says by which settings it is read, and why."""

    def sheet(column="y", **sheets):
        path = tmp_path / "a.xlsx"
        path.write_bytes(workbook(**sheets))
        return (*sheet_of(path, column), path)

    return sheet


def test_of_several_sheets_the_one_that_has_the_target_holds_the_table(sheet):
    lists = [["region"], *([f"r{number}"] for number in range(50))]
    source, notes, _ = sheet(notes=[["read me"], ["by Anna"]], data=ROWS, lists=lists)
    assert source == Files(sheet="data")
    assert notes["sheet"] == "the one with a column 'y' of 'lists', 'data', 'notes'"


def test_a_sheet_that_nobody_sees_is_taken_last(sheet):
    longer = [*ROWS, *ROWS[1:]]
    assert sheet(old=longer, new=ROWS, hidden=["old"])[0].sheet == "new"
    assert sheet(old=longer, new=[["note"]], hidden=["old"])[0].sheet == "old"


@pytest.mark.parametrize(
    ("heads", "merged"),
    [
        ([["customer", None, "label"], ["id", "x", "y"]], ["A1:B1"]),
        ([["Report", None, None], [None, None, None], ["id", "x", "y"]], ["A1:C1"]),
        ([["id", "order", None, "y"], [None, "x", "z", None]], ["A1:A2", "B1:C1", "D1:D2"]),
    ],
)
def test_a_head_over_several_columns_is_not_the_header(sheet, heads, merged):
    rows = [row if len(heads[0]) == 3 else [*row[:2], "z", row[2]] for row in ROWS[1:]]
    _, _, path = sheet(one=[*heads, *rows], merged=merged)
    table = open_files([path], "y")
    assert [name for name in table.columns if name != "z"] == ["id", "x", "y"]
    read = [row["id"] for batch in table.batches(table.columns) for row in batch.to_pylist()]
    assert read == [f"c{number}" for number in range(5)]


def test_a_workbook_of_one_sheet_needs_no_setting(sheet):
    source, notes, path = sheet(one=ROWS)
    assert (source, notes) == (Files(), {})
    assert open_table(path, "a.xlsx", source).schema.names == ["id", "x", "y"]
