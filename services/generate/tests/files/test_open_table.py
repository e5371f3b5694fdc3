import subprocess
import sys

import pytest

from contract.config.source import Files
from generate.files.csv_file import CsvFile
from generate.files.excel.workbook import ExcelFile
from generate.files.json_file import JsonFile
from generate.files.open_table import form_of, is_table, open_table
from generate.files.parquet_file import ParquetFile


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.csv", b"a\n", CsvFile),
        ("a.TXT", b"a\n", CsvFile),
        ("a.csv.gz", b"a\n", CsvFile),
        ("a.gz", b"a\n", CsvFile),
        ("a.csv", b"PAR1", ParquetFile),
        ("a.parquet", b"a\n", ParquetFile),
        ("a.ndjson", b"{}\n", JsonFile),
        ("a.jsonl.zst", b"{}\n", JsonFile),
        ("a.xlsx", b"a\n", ExcelFile),
        ("a.zip", b"PK\x03\x04", CsvFile),
    ],
)
def test_a_file_is_known_by_its_first_bytes_else_by_its_name(tmp_path, name, content, form):
    path = tmp_path / name
    path.write_bytes(content)
    assert (form_of(path), is_table(name)) == (form, True)


@pytest.mark.parametrize("name", ["a.doc", "a", "a.csv.part", "a.xls", "_SUCCESS"])
def test_other_names_are_none_of_a_table(name):
    assert not is_table(name)


def test_fields_of_a_tsv_file_have_tabs_between_them_unless_another_mark_is_declared(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("a\tb|c\n1\t2|3\n")
    assert open_table(path, "a.tsv", Files()).schema.names == ["a", "b|c"]
    assert open_table(path, "a.tsv", Files(delimiter="|")).schema.names == ["a\tb", "c"]


def test_a_plain_file_is_read_without_what_only_others_need(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    code = (
        "import sys; from pathlib import Path; from contract.config.source import Files\n"
        "from generate.files.open_table import open_table\n"
        "print(sum(block.rows.num_rows for block in open_table(Path(sys.argv[1]), 'a.csv', Files()).read(['a'])))\n"
        "print({'chardet', 'clevercsv', 'python_calamine', 'sqlalchemy'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "a.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["1", "set()"]
