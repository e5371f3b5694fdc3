import pytest

from contract.texts.numbers import NumberForm
from generate.files.csv_file import CsvFile
from generate.infer import gather as gathering
from generate.infer.gather import gather
from generate.infer.inputs import open_files


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Gathers from a CSV file in blocks of about 100 bytes; gives what was seen, and how often the file was read."""
    monkeypatch.setattr("generate.files.csv_file.BLOCK_BYTES", 100)
    monkeypatch.setattr("generate.files.csv_file.BATCH_BYTES", 100)

    def look(text):
        times = []
        whole = CsvFile.read
        monkeypatch.setattr(CsvFile, "read", lambda *args: times.append(1) or whole(*args))
        (tmp_path / "a.csv").write_text(text)
        seen = gather(open_files([tmp_path / "a.csv"]))
        monkeypatch.setattr(CsvFile, "read", whole)
        return seen, len(times)

    return look


@pytest.mark.parametrize(
    ("amount", "form"),
    [("{}.5", NumberForm()), ("{},5", NumberForm(",")), ("1.{:03},50", NumberForm(",", "."))],
)
def test_a_file_that_is_written_alike_is_read_once(read, amount, form):
    seen, times = read("id;amount\n" + "".join(f"{n};{amount.format(n)}\n" for n in range(100)))
    assert (seen.form, times) == (form, 1)
    assert seen.columns[1].numbers == len(seen.sample) == 100


def test_what_all_rows_say_holds_where_the_first_ones_said_something_else(read):
    whole = "".join(f"{n};{n}\n" for n in range(100))
    seen, times = read("id;amount\n" + whole + "".join(f"{n};{n},5\n" for n in range(100, 300)))
    assert (seen.form, times) == (NumberForm(","), 2)
    assert seen.source == ('decimal = ","',)
    assert (seen.columns[1].numbers, seen.columns[1].high, len(seen.sample)) == (300, 299.5, 300)


def test_where_points_and_commas_may_be_the_other_way_round_the_delimiter_tells_and_it_is_said(read):
    seen, _ = read("id,part\n" + "".join(f'"1,{n:03}",0.{n:03}\n' for n in range(100, 200)))
    assert seen.form == NumberForm(".", ",")
    assert [column.numbers for column in seen.columns] == [100, 100]
    assert "points and commas may as well be the other way round" in seen.source[0]


def test_rows_that_cannot_be_read_are_told_once(read, caplog):
    rows = "".join(f"{n};{n}\n" for n in range(100)) + "1;2;3\n" + "".join(f"{n};{n},5\n" for n in range(300))
    read("id;amount\n" + rows)
    told = [record.message for record in caplog.records if record.name == gathering.log.name]
    assert told == [
        "a.csv: 1 rows cannot be read, the first: row 101: must have 2 fields like the header, got 3, got '1;2;3'"
    ]


def test_of_a_wide_table_fewer_distinct_values_are_counted(tmp_path, monkeypatch):
    (tmp_path / "a.csv").write_text("x,y\n1,b\n")
    monkeypatch.setattr(gathering, "MOST_IN_ALL", 7)
    columns = gathering.columns_of(open_files([tmp_path / "a.csv"]), NumberForm())
    assert [column.most_distinct for column in columns] == [4, 4]
