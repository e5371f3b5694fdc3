import zipfile

import pytest
from workbook import Formula, workbook

from generate.files.excel.cells import letters, spread, uncalculated, with_merged


@pytest.mark.parametrize(("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")])
def test_columns_are_named_as_a_spreadsheet_names_them(column, name):
    assert letters(column) == name


def test_cells_that_are_merged_over_rows_have_their_value_in_each_of_them():
    rows = [["x", 1], ["", 2], ["", 3], ["", ""]]
    assert list(with_merged(iter(rows), [((0, 3), (3, 3))], 3)) == [["x", 1], ["x", 2], ["x", 3], ["", ""]]


def test_rows_with_cells_merged_over_columns_are_heads_of_groups():
    assert spread([((0, 0), (0, 2)), ((1, 0), (4, 0))]) == {0}


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('<c r="B2"><f>A2*2</f><v></v></c>', {"B": "B2"}),
        ('<c r="B2" s="3"><f t="shared" si="0"/></c>', {"B": "B2"}),
        ('<x:c r="AB12"><x:f>A2*2</x:f></x:c>', {"AB": "AB12"}),
        ('<c r="B2"><f>A2*2</f><v>4</v></c>', {}),
        ('<c r="B2" t="str"><f>IF(A2,"",1)</f><v></v></c>', {}),
        ('<c r="B2"><v></v></c>', {}),
    ],
)
def test_a_formula_without_its_value_is_found_and_one_with_an_empty_text_is_none(tmp_path, cell, found):
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(**{"A & B": [["a"]]}))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/sheet1.xml"] = f"<worksheet><sheetData><row>{cell}</row></sheetData></worksheet>".encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    assert uncalculated(path, "A & B") == found
    assert uncalculated(path, "another") == {}


def test_the_first_cell_of_each_column_is_told(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(one=[["a"], [Formula("A2 B2"), Formula("B2 C2")], [Formula("A3 B3")]]))
    assert uncalculated(path, "one") == {"A": "A2", "B": "B2"}
