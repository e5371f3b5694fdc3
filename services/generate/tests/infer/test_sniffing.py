import tomllib

import pytest
from workbook import workbook

from contract.config.source import Files
from generate.files.open_table import open_table
from generate.infer.gather import gather
from generate.infer.inputs import open_files
from generate.infer.sniffing import sniff

ROWS = "".join(f"{n};{n},5;{('ja', 'nein')[n % 2]}\n" for n in range(1, 9))


@pytest.mark.parametrize(
    ("text", "found", "header"),
    [
        ("id;betrag;ok\n" + ROWS, {"delimiter": ";", "decimal": ","}, ["id", "betrag", "ok"]),
        ("id;betrag;ok\n1;1.234,56;ja\n" + ROWS, {"delimiter": ";", "decimal": ",", "thousands": "."}, ["id", "betrag", "ok"]),
        ("sep=;\nid;betrag;ok\n" + ROWS, {"delimiter": ";", "decimal": ","}, ["id", "betrag", "ok"]),
        ("# export\nid;betrag;ok\n" + ROWS, {"delimiter": ";", "decimal": ",", "skip_lines": 1}, ["id", "betrag", "ok"]),
        ("Umsatz 2026\n\nid;betrag;ok\n" + ROWS, {"delimiter": ";", "decimal": ",", "skip_lines": 2}, ["id", "betrag", "ok"]),
        ("Umsatz 2026;;\nid;betrag;ok\n" + ROWS, {"delimiter": ";", "decimal": ",", "skip_lines": 1}, ["id", "betrag", "ok"]),
        ("# export, 2026, by me\nid,x,y\n1,2,3\n4,5,6\n", {"skip_lines": 1}, ["id", "x", "y"]),
        ("#id,x,y\n1,2,3\n4,5,6\n", {}, ["#id", "x", "y"]),
        ('\n"id"\t"name, first"\tx\n1\t"a, b"\t2\n2\t"c, d"\t3\n', {"delimiter": "\t"}, ["id", "name, first", "x"]),
        ('"id","long\nname",y\n1,2,3\n4,5,6\n', {}, ["id", "long\nname", "y"]),
        ('id,name,x\n1,"say \\"hi\\", x",2\n2,"b",3\n', {"escape": "\\"}, ["id", "name", "x"]),
        ("id,name\n1,'a, b'\n2,'c, d'\n3,'e'\n", {"quote": "'"}, ["id", "name"]),
        ('id,text,y\n1,"I went; then, well; I left: ok",1\n2,"no; yes",0\n3,"it\'s",1\n', {}, ["id", "text", "y"]),
        ("a;b;y;;\n1;2;x;;\n3;4;y;;\n", {"delimiter": ";"}, ["a", "b", "y"]),
        ("x\n1.5\n2.5\n", {}, ["x"]),
        (",y\n0,1.5\n1,2.5\n", {}, ["", "y"]),
        ('"","y"\n"Fiat 128",21\n"Lotus",30\n', {}, ["", "y"]),
        (";y\nFiat;ja\nLotus;nein\n", {"delimiter": ";"}, ["", "y"]),
        (",y\nc1,\nc2,0\nc3,\nc4,0\n", {}, ["", "y"]),
        (",y\nc1,NA\nc2,0\nc3,NA\nc4,0\n", {}, ["", "y"]),
        (",x,y\n0,1.5,a\n1,2.5,b\n", {}, ["", "x", "y"]),
        (",Sales\nid,y\n1,2\n2,3\n", {"skip_lines": 1}, ["id", "y"]),
        (",Sales,\nid,x,y\n1,2,3\n2,3,4\n", {"skip_lines": 1}, ["id", "x", "y"]),
        ("Sales,\nid,y\n1,2\n2,3\n", {"skip_lines": 1}, ["id", "y"]),
        ("a|b\n1|$1,234.50\n2|$5.00\n", {"delimiter": "|", "thousands": ","}, ["a", "b"]),
        ("a,b\n1,\u22125.5\n2,+1.5\n", {}, ["a", "b"]),
    ],
)  # fmt: skip
def test_a_file_is_found_to_be_written_as_it_is(tmp_path, text, found, header):
    path = tmp_path / "a.csv"
    path.write_text(text, newline="")
    table = open_files([path])
    assert tomllib.loads("\n".join(table.source + gather(table).source)) == {"kind": "files"} | found
    assert table.columns == header


def test_the_encoding_is_found_and_what_it_reads_is_shown(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("id;größe;x\n1;5 \u20ac;Müller\n2;7 \u20ac;Müller\n".encode("cp1252"))
    assert "größe" in sniff(path).notes["encoding"]
    assert sniff(path).source == Files(delimiter=";", encoding="cp1252")


def test_a_file_of_two_encodings_is_told(tmp_path, caplog):
    path = tmp_path / "a.csv"
    path.write_bytes("id,x\n1,Müller\n2,Mähler\n3,Köhler\n".encode() + "4,Bühler\n".encode("cp1252"))
    sniff(path)
    assert "most are UTF-8 and some are not, such as b'4,B\\xfchler'" in caplog.text
    caplog.clear()
    path.write_bytes("id,x\n1,Müller\n2,Mähler\n".encode("cp1252"))
    sniff(path)
    assert not caplog.text


def test_sheets_with_the_same_header_that_are_not_read_are_told(tmp_path, caplog):
    path = tmp_path / "a.xlsx"
    rows = [["id", "x"], [1, 2.5], [2, 3.5]]
    path.write_bytes(workbook(january=[*rows, [3, 4.5]], february=rows, notes=[["made by", "me"]]))
    assert sniff(path).source == Files(sheet="january")
    assert "only 'january' is read; 'february' (2 rows) have the same header" in caplog.text
    assert "notes" not in caplog.text


def test_a_comma_that_may_be_either_is_said_to_be_one(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id;x\n" + "".join(f"{n};{n},{n}00\n" for n in range(1, 9)))
    assert gather(open_files([path])).source == (
        "decimal = \",\"  # is not certain: the comma in 'x' may as well be of thousands",
    )


def test_a_sheet_is_found_below_its_title(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(notes=[["x"]], rows=[["A title"], [None], ["id", "x"], [1, 2.5], [2, 3.5]]))
    assert sniff(path).source == Files(sheet="rows", skip_lines=2)
    assert open_table(path, "a.xlsx", sniff(path).source).schema.names == ["id", "x"]


def test_a_sheet_may_begin_with_the_names_below_which_its_rows_are_numbered(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(rows=[[None, "y"], [0, 2.5], [1, 3.5]]))
    assert sniff(path).source == Files()
    assert open_table(path, "a.xlsx", Files()).schema.names == ["", "y"]
