import pytest

from contract.config.source import Files
from contract.errors import DataError
from generate.files.csv_file import CsvFile


def read(tmp_path, text, **source):
    path = tmp_path / "a.csv"
    path.write_text(text, newline="")
    file = CsvFile(path, "a.csv", Files(**source))
    (block,) = list(file.read(file.schema.names)) or [None]
    rows = [tuple(row.values()) for row in block.rows.to_pylist()]
    return file.schema.names, rows, [(row.number, row.rule, row.text) for row in block.unread]


@pytest.mark.parametrize(
    "end", ["", "\n", "\n\n\n", '"",""\n', ",\n,\n", " , \n\n", '"",""', "\r\n\r\n", " \n\t\n", '\n"", \n,,,\n']
)
def test_lines_without_any_value_at_the_end_are_no_rows(tmp_path, end):
    assert read(tmp_path, f"a,b\n1,2\n3,\n{end}") == (["a", "b"], [("1", "2"), ("3", "")], [])


@pytest.mark.parametrize("value", ['"', '""', "\n\n", ',",'])
def test_a_last_value_of_marks_alone_is_a_value(tmp_path, value):
    quoted = '"' + value.replace('"', '""') + '"'
    assert read(tmp_path, f'a,b\n1,2\n"",{quoted}\n')[1:] == ([("1", "2"), ("", value)], [])


def test_a_row_without_values_before_others_is_a_row(tmp_path):
    assert read(tmp_path, "a,b\n1,2\n,\n3,4\n,\n")[1] == [("1", "2"), ("", ""), ("3", "4")]


@pytest.mark.parametrize("line", ["Total,7", "Summe:,7", "TOTAL;7", '"Total","7"', "total,", "Gesamt,7\n\n,\n"])
def test_a_line_of_totals_at_the_end_is_told(tmp_path, line):
    _, rows, unread = read(tmp_path, f"a,b\n3,4\n4,3\n{line.replace(';', ',')}")
    assert rows == [("3", "4"), ("4", "3")]
    assert [(number, rule) for number, rule, _ in unread] == [(3, "a line of totals at the end")]


def test_several_lines_of_totals_are_told(tmp_path):
    _, rows, unread = read(tmp_path, "a,b\n3,4\nSubtotal,4\nTotal,4\n")
    assert (rows, [number for number, _, _ in unread]) == ([("3", "4")], [2, 3])


def test_a_word_for_totals_that_comes_before_is_a_value(tmp_path):
    assert read(tmp_path, "a,b\nTotal,4\nShell,3\nTotal,7\n")[1:] == (
        [("Total", "4"), ("Shell", "3"), ("Total", "7")],
        [],
    )


def test_the_header_of_a_second_file_behind_the_first_is_told(tmp_path):
    _, rows, unread = read(tmp_path, "a,b\r\n1,2\r\na,b\r\n3,4\r\n")
    assert (rows, unread) == ([("1", "2"), ("3", "4")], [(2, "the header again", "a,b")])


@pytest.mark.parametrize(
    ("text", "rule"), [("a,b\na,b\n", "the header again"), ("a,b\nTotal,0\n", "a line of totals at the end")]
)
def test_a_file_of_such_lines_alone_has_no_rows(tmp_path, text, rule):
    _, rows, unread = read(tmp_path, text)
    assert (rows, [(number, told) for number, told, _ in unread]) == ([], [(1, rule)])


def test_delimiters_at_the_end_of_header_and_rows_are_nothing(tmp_path):
    expected = (["a", "b", "y"], [("1", "2", "x"), ("3", "4", "")], [])
    assert read(tmp_path, "a;b;y;;\n1;2;x;;\n3;4;;;\n", delimiter=";") == expected
    assert read(tmp_path, "a;b;y\n1;2;x;\n3;4;;\n", delimiter=";") == expected
    assert read(tmp_path, "a;b;y;\n1;2;x\n3;4;\n", delimiter=";") == expected
    assert read(tmp_path, "a;b;y\n1;2;x\n3;4;;\n", delimiter=";") == expected
    assert read(tmp_path, "a;b;y;;\n1;2;x;\n3;4;;;;\n", delimiter=";") == expected


def test_a_row_of_another_length_that_is_not_utf8_is_not_lost(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n\xff\n3,4\n")
    with pytest.raises(DataError, match=r"^a.csv: line 3, byte 9: must be UTF-8, got 0xff"):
        list(CsvFile(path, "a.csv", Files()).read(["a"]))


def test_a_value_behind_the_last_name_has_been_moved_there(tmp_path):
    _, rows, unread = read(tmp_path, "a;b;;\n1;2;;\n1;2;3;\n4;5;;\n", delimiter=";")
    assert rows == [("1", "2"), ("4", "5")]
    assert unread == [(2, "a value behind the last named column", "1;2;3;")]


def test_a_row_of_another_length_is_told_and_the_others_keep_their_places(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n\n3\n4,5,6\n7,8\n")
    (block,) = CsvFile(path, "a.csv", Files()).read(["a"])
    assert [(row.number, row.rule) for row in block.unread] == [
        (2, "must have 2 fields like the header, got 1"),
        (3, "must have 2 fields like the header, got 3"),
    ]
    assert dict(zip(block.numbers.tolist(), block.rows["a"].to_pylist(), strict=True)) == {1: "1", 4: "7"}
