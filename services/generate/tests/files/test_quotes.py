import pytest

from contract.config.source import Files
from generate.files import csv_file
from generate.files.csv_file import CsvFile
from generate.files.quotes import STRAY, SWALLOWED


def read(tmp_path, text, **source):
    path = tmp_path / "a.csv"
    path.write_text(text, newline="")
    file = CsvFile(path, "a.csv", Files(**source))
    blocks = list(file.read(file.schema.names))
    rows = {
        number: tuple(row.values())
        for block in blocks
        for number, row in zip(block.numbers.tolist(), block.rows.to_pylist(), strict=True)
    }
    return rows, [(row.number, row.rule, row.text) for block in blocks for row in block.unread]


def test_a_stray_quote_takes_no_other_row_with_it(tmp_path):
    rows, unread = read(tmp_path, 'k,t,y\n1,"abc,x\n2,"def,y\n3,ok,x\n')
    assert rows == {3: ("3", "ok", "x")}
    assert unread == [(1, STRAY, '1,"abc,x'), (2, STRAY, '2,"def,y')]


def test_a_quote_that_is_never_closed_takes_no_row_with_it(tmp_path):
    rows, unread = read(tmp_path, 'k,t,y\n1,a,x\n2,"b,y\n3,c,x\n4,d,y\n')
    assert rows == {1: ("1", "a", "x"), 3: ("3", "c", "x"), 4: ("4", "d", "y")}
    assert unread == [(2, STRAY, '2,"b,y')]


def test_a_quote_that_is_closed_in_a_later_row_takes_no_row_between_with_it(tmp_path):
    rows, unread = read(tmp_path, 'k,t,y\n1,"nice one,x\n2,b,y\n3,bad",x\n4,d,y\n')
    assert rows == {2: ("2", "b", "y"), 4: ("4", "d", "y")}
    assert unread == [(1, SWALLOWED, '1,"nice one,x'), (3, SWALLOWED, '3,bad",x')]


def test_a_quote_behind_a_backslash_spoils_its_own_row_and_is_read_where_that_is_declared(tmp_path):
    text = 'k,t,y\n1,"say \\"hi\\", you",x\n2,b,y\n'
    assert read(tmp_path, text) == ({2: ("2", "b", "y")}, [(1, STRAY, '1,"say \\"hi\\", you",x')])
    assert read(tmp_path, text, escape="\\") == ({1: ("1", 'say "hi", you', "x"), 2: ("2", "b", "y")}, [])


@pytest.mark.parametrize(
    "value",
    [
        "two\nlines",
        "two\r\nlines, with a comma",
        'a "doubled" quote',
        '"',
        '""',
        "\n",
        ",",
        'ends with a quote"',
        "Street 1, 4\nCity, Zip",
        "blank\n\n\n",
        "total\nTotal",
        "header\nk,t\n",
    ],
)
def test_an_honest_value_stays_as_it_is(tmp_path, value):
    quoted = '"' + value.replace('"', '""') + '"'
    rows, unread = read(tmp_path, f"k,t,y\n1,{quoted},x\n2,b,y\n3,{quoted},x\n")
    assert (rows, unread) == ({1: ("1", value, "x"), 2: ("2", "b", "y"), 3: ("3", value, "x")}, [])
    assert read(tmp_path, f"t,k\n{quoted},1\n") == ({1: (value, "1")}, [])
    assert read(tmp_path, f"k,t\n1,{quoted}") == ({1: ("1", value)}, [])


def test_a_quote_within_a_field_that_has_none_around_it_is_a_part_of_it(tmp_path):
    assert read(tmp_path, 'k,t\n1,5" pipe\n2,a 3" and a 4" one\n3,"x"\n') == (
        {1: ("1", '5" pipe'), 2: ("2", 'a 3" and a 4" one'), 3: ("3", "x")},
        [],
    )


def test_without_quotes_a_quote_is_a_letter(tmp_path):
    assert read(tmp_path, 'k|t\n1|"abc\n2|d"e\n', delimiter="|", quote="") == (
        {1: ("1", '"abc'), 2: ("2", 'd"e')},
        [],
    )


@pytest.mark.parametrize("size", [64, 100, 1000, 1 << 21])
def test_nothing_depends_on_where_a_block_ends(tmp_path, monkeypatch, size):
    monkeypatch.setattr(csv_file, "BLOCK_BYTES", size)
    lines, expected = [], {}
    for number in range(1, 200):
        if number % 17 == 0:
            lines.append(f'{number},"stray,x')
        elif number % 7 == 0:
            lines.append(f'{number},"two\nlines, ""q""",x')
            expected[number] = (str(number), 'two\nlines, "q"', "x")
        else:
            lines.append(f"{number},word,y")
            expected[number] = (str(number), "word", "y")
    rows, unread = read(tmp_path, "k,t,y\n" + "\n".join(lines) + "\n")
    assert rows == expected
    assert [number for number, _, _ in unread] == [number for number in range(1, 200) if number % 17 == 0]
