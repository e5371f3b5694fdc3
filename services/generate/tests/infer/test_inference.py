import csv
import importlib
import sys
import tomllib
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.config.parse import load


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out" / "pipeline.toml"


@pytest.fixture
def churn(tmp_path):
    """A hundred customers."""
    path = tmp_path / "churn.csv"
    lines = [f"c{number},{number % 7},{number % 2},{'Yes' if number % 3 == 0 else 'No'}" for number in range(100)]
    path.write_text("\n".join(["customerID,tenure,Senior,Churn", *lines]))
    return path


@pytest.fixture
def infer(call, output):
    """Runs `generate infer` with `--output`; gives exit code and standard error."""
    return lambda file, *options: call.shell("infer", str(file), "--output", str(output), *options)


def test_a_csv_file_becomes_a_configuration_that_loads(infer, churn, output):
    code, error = infer(churn, "--target", "Churn")
    assert (code, "binary, 2 features, key customerID, from 100 rows" in error) == (0, True)
    config = load(output)
    assert config.features == ("tenure", "Senior")
    assert (config.table.key, config.table.target, config.table.positive) == ("customerID", "Churn", "Yes")
    assert (config.columns["Senior"].max, config.columns["tenure"].min) == (None, 0)


def test_the_configuration_runs_on_the_file_without_an_edit(infer, churn, output, inbox, root, call, rows):
    infer(churn, "--target", "Churn")
    (inbox / "a.csv").write_bytes(churn.read_bytes())
    code, _ = call.shell("--day", inbox.name, "--data-root", str(root), "--config", str(output))
    assert (code, rows("data").num_rows, rows("target").num_rows) == (0, 100, 100)


def test_a_parquet_file_gives_the_same_as_the_csv_file(infer, churn, tmp_path, output):
    infer(churn, "--target", "Churn")
    first = tomllib.loads(output.read_text())
    lines = list(csv.DictReader(churn.open()))
    typed = {"customerID": str, "tenure": int, "Senior": int, "Churn": str}
    columns = {name: [kind(line[name]) for line in lines] for name, kind in typed.items()}
    pq.write_table(pa.table(columns), tmp_path / "churn.parquet")
    assert infer(tmp_path / "churn.parquet", "--target", "Churn", "--force")[0] == 0
    assert tomllib.loads(output.read_text()) == first


def test_standard_output_takes_the_configuration_too(call, churn, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    call.shell("infer", str(churn), "--target", "Churn", "--output", "first.toml")
    capfd.readouterr()
    monkeypatch.setattr(sys, "argv", ["generate", "infer", str(churn), "--target", "Churn", "--output", "-"])
    assert importlib.import_module("generate.__main__").main() == 0
    assert capfd.readouterr().out == (tmp_path / "first.toml").read_text()
    assert not (tmp_path / "-").exists()


def test_the_page_stands_beside_the_configuration_or_where_it_is_asked_for(infer, churn, output, tmp_path):
    page = tmp_path / "pages" / "seen.html"
    assert infer(churn, "--target", "Churn")[0] == 0
    assert "Binary: Churn from 2 columns." in output.with_suffix(".html").read_text()
    assert infer(churn, "--target", "Churn", "--force", "--page", str(page))[0] == 0
    assert page.read_text() == output.with_suffix(".html").read_text()
    output.unlink()
    code, error = infer(churn, "--target", "Churn", "--page", str(page))
    assert (code, f"--page: {page} is there already; give --force to replace it, or another --page" in error) == (
        64,
        True,
    )


def test_a_printed_configuration_has_no_page_unless_it_is_asked_for(call, churn, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call.shell("infer", str(churn), "--target", "Churn", "--output", "-")[0] == 0
    assert list(tmp_path.glob("*.html")) == []
    assert call.shell("infer", str(churn), "--target", "Churn", "--output", "-", "--page", "seen.html")[0] == 0
    assert [path.name for path in tmp_path.glob("*.html")] == ["seen.html"]


def test_the_name_is_the_files_or_the_targets_or_as_it_is_given(infer, churn, output):
    infer(churn, "--target", "Churn")
    assert load(output).pipeline.name == "churn"
    nameless = churn.rename(churn.with_name("data.csv"))
    infer(nameless, "--target", "Churn", "--force")
    assert load(output).pipeline.name == "Churn"
    infer(nameless, "--target", "Churn", "--force", "--name", "leavers")
    assert load(output).pipeline.name == "leavers"


def test_a_folder_of_days_becomes_one_configuration(infer, churn, output, tmp_path):
    header, *lines = churn.read_text().splitlines()
    for day in range(4):
        (tmp_path / "inbox" / f"2026-11-0{day + 1}").mkdir(parents=True)
        part = "\n".join([header, *lines[day::4]])
        (tmp_path / "inbox" / f"2026-11-0{day + 1}" / "churn.csv").write_text(part)
    code, error = infer(tmp_path / "inbox", "--target", "Churn")
    assert (code, "binary, 2 features, key customerID, from 100 rows" in error) == (0, True)
    assert load(output).pipeline.name == "churn"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_the_delimiter_is_found(infer, churn, output, delimiter):
    churn.write_text(churn.read_text().replace(",", delimiter).replace("tenure", '"ten,u,r,e"'))
    assert infer(churn, "--target", "Churn")[0] == 0
    assert load(output).source.delimiter == delimiter
    assert "ten,u,r,e" in load(output).columns


def test_key_and_first_day_may_be_given(infer, churn, output):
    assert infer(churn, "--target", "Churn", "--key", "tenure", "--first-day", "2026-03-04")[0] == 0
    config = load(output)
    assert (config.table.key, str(config.schedule.first_day)) == ("tenure", "2026-03-04")
    assert config.features == ("Senior",)


def test_the_group_may_be_given_and_one_that_looks_like_it_is_told(infer, tmp_path, output):
    path = tmp_path / "visits.csv"
    lines = [
        f"v{number},{number % 60},{number % 7},{number / 2},{'Yes' if number % 3 == 0 else 'No'}"
        for number in range(300)
    ]
    path.write_text("\n".join(["visit_id,customer_id,size,x,y", *lines]))
    _, error = infer(path, "--target", "y")
    assert "rows with the same 'customer_id' train or test together (table.group)" in error
    assert (load(output).table.key, load(output).group) == ("visit_id", "customer_id")
    infer(path, "--target", "y", "--group", "size", "--force")
    assert load(output).group == "size"


def test_rows_without_a_key_that_repeat_are_warned_of(infer, tmp_path, output):
    path = tmp_path / "same.csv"
    path.write_text("\n".join(["when,x,y", *[f"2026-01-01,{n // 2},{'ab'[n % 2]}" for n in range(40)]]))
    _, error = infer(path, "--target", "y")
    assert "20 of 40 rows equal an earlier one in all features, and no key tells them apart" in error
    assert "table.group" in error
    assert load(output).group is None


def test_copies_of_rows_are_one_thing_also_where_customers_come_back(infer, tmp_path, output):
    path = tmp_path / "visits.csv"
    rows = [f"c{n * 7 % 60},{n * 31 % 300 / 8},{n * 7 % 60 % 9 + n * 57 % 299 / 32}" for n in range(300)]
    path.write_text("\n".join(["customer_id,x,y", *rows, *rows[:80]]))
    _, error = infer(path, "--target", "y")
    assert "80 of 380 rows equal an earlier one in all features" in error
    assert "customer_id" in load(output).features
    assert load(output).table.group is None


def test_customers_who_come_back_are_found_by_the_dates_of_a_file_that_is_sorted_by_customer(infer, tmp_path, output):
    path = tmp_path / "visits.csv"
    rows = [f"c{n},{1 + day}.3.2026,{n % 9 + (n * 7 + day * 57) % 299 / 32}" for n in range(60) for day in range(20)]
    path.write_text("\n".join(["customer_id,visited,y", *rows]))
    infer(path, "--target", "y")
    assert "customer_id" in load(output).features


def test_copies_of_rows_with_keys_of_their_own_are_told(infer, tmp_path, output):
    path = tmp_path / "answers.csv"
    rows = [f"{n},{n % 7 / 2},{'yn'[n % 3 > 0]}" for n in range(200)]
    path.write_text("\n".join(["id,x,size,y", *(f"a{n},{row}" for n, row in enumerate([*rows, *rows[:30]]))]))
    _, error = infer(path, "--target", "y")
    assert "30 rows equal an earlier one in everything but 'id': where they are copies" in error
    path.write_text("\n".join(["id,x,size,y", *(f"a{n},{row}" for n, row in enumerate(rows))]))
    _, error = infer(path, "--target", "y", "--force")
    assert "rows equal" not in error


def test_the_same_row_with_the_same_key_on_another_day_is_no_copy(infer, tmp_path, output):
    rows = [f"c{n},{n / 8},{n % 7 / 2},{'yn'[n % 3 > 0]}" for n in range(200)]
    for day in ("2026-01-01", "2026-01-02"):
        (tmp_path / "in" / day).mkdir(parents=True)
        (tmp_path / "in" / day / "a.csv").write_text("\n".join(["customer,x,size,y", *rows]))
    _, error = infer(tmp_path / "in", "--target", "y", "--key", "customer")
    assert "in everything but" not in error


def test_an_existing_file_is_replaced_only_if_asked(infer, churn, output, monkeypatch):
    monkeypatch.setenv("MICROSTEP_FORCE", "1")
    output.parent.mkdir()
    output.write_text("mine")
    code, error = infer(churn, "--target", "Churn")
    assert (code, output.read_text()) == (64, "mine")
    assert f"--output: {output} is there already; give --force to replace it, or another --output" in error
    assert infer(churn, "--target", "Churn", "--force")[0] == 0
    assert output.read_text() != "mine"


def test_a_column_is_named_without_the_blanks_around_it(infer, output, tmp_path):
    file = tmp_path / "blanks.csv"
    file.write_text("id, size, left\n" + "".join(f"{n}, {n % 7}, {'yes' if n % 3 else 'no'}\n" for n in range(100)))
    assert infer(file, "--target", "left")[0] == 0
    assert load(output).table.target == " left"
    file.write_text("left , left\nyes,1\n")
    assert infer(file, "--target", "left", "--force")[0] == 64


@pytest.mark.parametrize("form", ["%H:%M", "%Y-%m-%d %H:%M:%S %z", "%Y%m%dT%H%M%S%z", "%Y-%m-%d %H:%M:%S UTC"])
def test_a_column_of_clocks_or_with_offsets_stops_nothing(infer, output, tmp_path, form):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    times = [(start + timedelta(minutes=97 * number)).strftime(form) for number in range(100)]
    file = tmp_path / "times.csv"
    file.write_text("at,left\n" + "".join(f"{time},{'yes' if n % 3 else 'no'}\n" for n, time in enumerate(times)))
    assert infer(file, "--target", "left")[0] == 0
    assert load(output).columns["at"].format == form.replace("UTC", "%Z")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--target", "churn"], 64, "--target: must be a column of churn.csv, got 'churn'; is it Churn?"),
        (["--target", "Churn", "--key", "zzz"], 64, "--key: must be a column of churn.csv, got 'zzz'; is it customerID or tenure or"),
        (["--target", "customerID"], 65, "churn.csv: column 'customerID' must have at most 50 different texts"),
        (["--target", "Churn", "--first-day", "soon"], 64, "--first-day: must be written YYYY-MM-DD, got 'soon'"),
        ([], 64, "the following arguments are required: --target"),
    ],
)  # fmt: skip
def test_wrong_options_end_with_their_code(infer, churn, output, options, code, message):
    exit_code, error = infer(churn, *options)
    assert (exit_code, message in error) == (code, True), error
    assert not output.exists()


@pytest.mark.parametrize(
    ("name", "content", "code", "message"),
    [
        ("a.csv", b"", 65, "a.csv: must have a header, got an empty file"),
        ("a.csv", b"x,y\n", 65, "a.csv: column 'y' must have at least two different values to be predicted, got 0"),
        ("a.csv", b"x,y,y\n1,2,3\n", 65, "a.csv: column names must differ, got 'y' 2 times"),
        ("a.csv", b"x,y\n1\n", 65, "a.csv: row 1: must have 2 fields"),
        ("a.csv", b"x,y\n1,\xff\n", 65, "a.csv: column 'y' must have at least two different values"),
        ("a.csv", b"split,y\n" + b"1,a\n2,b\n" * 20, 65, "a.csv: columns must not be named like one that the steps add, got 'split'"),
        ("a.parquet", b"PAR1", 65, "a.parquet: must be a whole Parquet file"),
        ("a.doc", b"x,y\n", 64, "a.doc: must be named *.csv, *.txt, *.tsv"),
        ("", b"", 66, "must be a file or a folder, got none"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_ends_with_its_code(infer, tmp_path, output, name, content, code, message):
    if name:
        (tmp_path / name).write_bytes(content)
    exit_code, error = infer(tmp_path / (name or "gone.csv"), "--target", "y")
    assert (exit_code, message in error) == (code, True), error
    assert not output.exists()


def test_rows_that_cannot_be_read_are_told(infer, churn, output):
    churn.write_text(churn.read_text() + "\n9999,1\n")
    code, error = infer(churn, "--target", "Churn")
    assert code == 0, error
    assert "churn.csv: 1 rows cannot be read, the first: row " in error


def test_nested_columns_of_a_parquet_file_are_left_out_and_the_configuration_runs(
    infer, output, inbox, root, call, rows
):
    columns = {"id": [f"c{n}" for n in range(100)], "x": [n % 7 for n in range(100)], "deep": [[n] for n in range(100)]}
    columns |= {"y": ["no" if n % 3 else "yes" for n in range(100)], "__index_level_0__": list(range(100))}
    pq.write_table(pa.table(columns), inbox / "a.parquet")
    assert infer(inbox / "a.parquet", "--target", "y")[0] == 0
    assert list(load(output).columns) == ["id", "x", "y"]
    assert call.shell("--day", inbox.name, "--data-root", str(root), "--config", str(output))[0] == 0
    assert rows("data").num_rows == 100


def test_an_untidy_file_runs_on_what_was_written_from_it(infer, output, inbox, root, call, rows):
    lines = [f"{n};{n},5;{('ja', 'nein')[n % 3 == 0]};Köln" for n in range(1, 101)]
    text = "\r\n".join(["Umsatz 2026", "", "nr;betrag;gekündigt;stadt", *lines, "Summe;5050,5;;", ";;;", ""])
    (inbox / "a.txt").write_bytes(text.encode("cp1252"))
    assert infer(inbox / "a.txt", "--target", "gekündigt")[0] == 0
    config = load(output)
    assert (config.source.encoding, config.source.decimal, config.source.skip_lines) == ("cp1252", ",", 2)
    assert config.columns["betrag"].type == "number"
    code, error = call.shell("--day", inbox.name, "--data-root", str(root), "--config", str(output))
    assert (code, "row 101: a line of totals at the end" in error) == (0, True)
    assert rows("data")["betrag"].to_pylist() == [f"{n},5" for n in range(1, 101)]


def test_the_dates_of_a_table_say_its_first_day_its_window_and_how_to_split_it(infer, tmp_path, output):
    path = tmp_path / "orders.csv"
    lines = [f"o{n},{1 + n % 28:02}.{1 + n // 28 % 3:02}.2025,{n % 7},{'yn'[n % 3 > 0]}" for n in range(28 * 3 * 10)]
    path.write_text("\n".join(["order_id,ordered,items,returned", *lines]))
    code, error = infer(path, "--target", "returned")
    assert (code, "or one of many days: generate split FILE --by ordered" in error) == (0, True)
    config, text = load(output), output.read_text()
    assert (str(config.schedule.first_day), config.training.window_days) == ("2025-01-01", 87)
    assert "#   generate split FILE --by ordered\n" in text
    assert "# the first day in 'ordered'" in text
    assert "test_days" not in text
    infer(path, "--target", "returned", "--first-day", "2025-02-01", "--force")
    assert str(load(output).schedule.first_day) == "2025-02-01"


@pytest.mark.parametrize(
    ("without", "expected"), [("56", "weekdays"), ("6", ("mon", "tue", "wed", "thu", "fri", "sat")), ("", "every_day")]
)
def test_days_of_the_week_without_a_row_are_not_expected(infer, tmp_path, output, without, expected):
    path = tmp_path / "orders.csv"
    days = [date(2026, 9, 1) + timedelta(days=number) for number in range(40)]
    lines = [
        f"{day}-{n},{day},{n},{'yn'[n % 3 > 0]}" for day in days if str(day.weekday()) not in without for n in range(9)
    ]
    path.write_text("\n".join(["order_id,ordered,items,returned", *lines]))
    infer(path, "--target", "returned")
    assert load(output).schedule.expected == expected


def test_a_table_without_dates_keeps_the_usual_days_and_says_how_to_split_it(infer, churn, output):
    infer(churn, "--target", "Churn")
    config, text = load(output), output.read_text()
    assert (str(config.schedule.first_day), config.training.window_days) == ("2026-01-01", 28)
    assert "#   generate split FILE --days 5\n" in text
    assert "\n# test_days = 0" in text
