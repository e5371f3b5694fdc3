import pytest

from contract.errors import DataError

EXPECTED = (["a", "b"], {1: ("1", "2")}, [])


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("sep=;\na;b\n1;2\n", {}),
        ('"sep=|"\r\na|b\r\n1|2\r\n', {}),
        ("\n\n  \na,b\n1,2\n", {}),
        ("\nsep=\t\na\tb\n1\t2\n", {}),
        ("# export\na,b\n1,2\n", {"skip_lines": 1}),
        ("Report; 2026\nby me\n\na,b\n1,2\n", {"skip_lines": 2}),
        ("a,b\r1,2\r", {}),
        ("'a','b'\n'1','2'\n", {"quote": "'"}),
    ],
)
def test_what_stands_before_the_header_is_no_row(read, text, source):
    assert read("a.csv", text, **source) == EXPECTED


def test_a_header_may_have_line_ends_and_delimiters_in_quotes(read):
    assert read("a.tsv", '"a\nx"\t"b, c"\n1\t2,5\n') == (["a\nx", "b, c"], {1: ("1", "2,5")}, [])


def test_a_nameless_first_column_stays_for_whoever_names_it(read):
    assert read("a.csv", ",b\n0,2\n") == (["", "b"], {1: ("0", "2")}, [])


@pytest.mark.parametrize("text", ["", "\n\n", "sep=;\n"])
def test_a_file_without_a_header_is_empty(read, text):
    with pytest.raises(DataError, match=r"^a.csv: must have a header, got an empty file"):
        read("a.csv", text)
