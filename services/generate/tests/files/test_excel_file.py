import pytest
from workbook import Day, Formula, workbook

from contract.errors import DataError

ROWS = [
    ["id", "amount", "when", "ok", "note", None],
    [1, 12.5, Day(46024), True, "ä, b"],
    [2, None, Day(46025), False, "007", None],
    [3, 1e20, None, None, None],
]
NAMES = ["id", "amount", "when", "ok", "note"]
READ = {
    1: ("1", "12.5", "2026-01-02", "true", "ä, b"),
    2: ("2", "", "2026-01-03", "false", "007"),
    3: ("3", "1e+20", "", "", ""),
}


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv"])
def test_a_sheet_is_read_as_text(read, name):
    assert read(name, workbook(one=ROWS, empty=[])) == (NAMES, READ, [])


def test_a_title_is_skipped_and_blank_rows_at_the_end_and_a_total_are_no_rows(read):
    rows = [["A title"], *ROWS, [None], ["Total", 12.5], [None, None], [None]]
    names, got, unread = read("a.xlsx", workbook(one=rows), skip_lines=1)
    assert (names, {number: got[number] for number in READ}) == (NAMES, READ)
    assert unread == [(5, "a line of totals at the end", "Total 12.5")]
    assert got[4] == ("",) * 5  # a row without values before others


def test_a_value_without_a_name_is_told(read):
    _, got, unread = read("a.xlsx", workbook(one=[["a"], [1], [2, "x"]]))
    assert (got, unread) == ({1: ("1",)}, [(2, "a value behind the last named column", "2.0 x")])


def test_the_sheet_is_named_where_there_are_several(read):
    content = workbook(first=[["x"], [1]], second=ROWS)
    with pytest.raises(
        DataError, match=r"^a.xlsx: one sheet must hold the rows, got 'first', 'second' and source.sheet"
    ):
        read("a.xlsx", content)
    assert read("a.xlsx", content, sheet="second") == (NAMES, READ, [])
    with pytest.raises(DataError, match=r"source.sheet 'third'; set source.sheet to its name"):
        read("a.xlsx", content, sheet="third")


def test_numbers_have_the_mark_of_the_texts_beside_them(read):
    assert read("a.xlsx", workbook(one=[["a"], [12.5], [3]]), decimal=",") == (["a"], {1: ("12,5",), 2: ("3",)}, [])


@pytest.mark.parametrize("content", [b"PK\x03\x04 no workbook", b"", b"text"])
def test_what_is_no_workbook_is_damaged(read, content):
    with pytest.raises(DataError, match=r"^a.xlsx: must be a whole Excel workbook, is damaged"):
        read("a.xlsx", content)


def test_an_empty_sheet_has_no_header(read):
    with pytest.raises(DataError, match=r"^a.xlsx: must have a header, got an empty sheet"):
        read("a.xlsx", workbook(one=[]))


def test_a_merged_cell_is_the_value_of_each_of_its_rows(read):
    rows = [["id", "region"], ["a", "north"], ["b", None], ["c", None], ["d", "south"]]
    _, got, _ = read("a.xlsx", workbook(merged=["B2:B4"], one=rows))
    assert [region for _, region in got.values()] == ["north", "north", "north", "south"]


def test_a_merged_cell_below_the_rows_is_no_row_and_one_over_several_columns_is_a_title(read):
    rows = [["Report", None], ["id", "region"], ["a", "north"], ["b", "south"], [None, "a note"], [None, None]]
    _, got, _ = read("a.xlsx", workbook(merged=["A1:B1", "B5:B6"], one=rows), skip_lines=1)
    assert list(got.values()) == [("a", "north"), ("b", "south"), ("", "a note")]


def test_a_formula_that_was_not_calculated_is_no_missing_value(read):
    rows = [["id", "double"], [1, Formula("B2 A2*2")], [2, 4]]
    with pytest.raises(
        DataError, match=r"^a.xlsx: cell B2: column 'double' must have values, got a formula that was not calculated; "
    ):
        read("a.xlsx", workbook(one=rows))
    # that of another sheet is nobody's business
    names, got, _ = read("a.xlsx", workbook(one=[["id"], [1]], two=rows), sheet="one")
    assert (names, got) == (["id"], {1: ("1",)})
