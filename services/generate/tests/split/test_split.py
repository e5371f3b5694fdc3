import json
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contract.datasets.dataset import Dataset
from generate.split import deliver

HEADER = "id,seen,age,plan,left"


@pytest.fixture
def config(table, tmp_path, call):
    """Writes pipeline.toml, with changes."""

    def write(**changes):
        columns = table["columns"] | {"seen": {"type": "datetime"}}
        path = tmp_path / "pipeline.toml"
        path.write_text(call.toml(table | {"columns": columns} | changes))
        return path

    write()
    return write


@pytest.fixture
def split(call, root, config, tmp_path):
    def run(*arguments):
        options = ("--data-root", str(root), "--config", str(tmp_path / "pipeline.toml"))
        return call.shell("split", *map(str, arguments), *options)

    return run


@pytest.fixture
def shop(tmp_path):
    """Thirty rows of three days, not in their order."""
    path = tmp_path / "shop.csv"
    rows = [f"k{n},2026-11-{n % 3 + 10:02} 10:00,{n},a,{'yes' if n % 2 else 'no'}" for n in range(30)]
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def inbox(root):
    return sorted(path.relative_to(root / "inbox").as_posix() for path in (root / "inbox").rglob("*"))


def test_each_row_goes_to_its_day_as_it_came_and_each_day_has_its_marker(split, shop, root):
    code, error = split(shop, "--by", "seen")
    assert (code, "30 rows on 3 days, 2026-11-10 to 2026-11-12" in error) == (0, True)
    days = ["2026-11-10", "2026-11-11", "2026-11-12"]
    assert inbox(root) == [*(f"{day}{name}" for day in days for name in ("", "/_SUCCESS", "/shop.parquet"))]
    assert pq.read_table(root / "inbox" / days[1] / "shop.parquet")["id"].to_pylist() == [
        f"k{n}" for n in range(1, 30, 3)
    ]


def test_generate_takes_the_days_as_they_are(split, shop, root, call, tmp_path):
    split(shop, "--by", "seen")
    code, _ = call.shell("--day", "2026-11-11", "--data-root", str(root), "--config", str(tmp_path / "pipeline.toml"))
    raw = Dataset.open(root / "raw" / "2026-11-11" / "data")
    assert (code, raw.rows()) == (0, 10)


def test_a_second_time_nothing_is_written_and_a_killed_split_is_completed(split, shop, root):
    split(shop, "--by", "seen")
    (root / "inbox" / "2026-11-11" / "_SUCCESS").unlink()
    (root / "inbox" / "2026-11-12" / "shop.parquet").unlink()
    code, error = split(shop, "--by", "seen")
    assert (code, "1 of them were there already" in error) == (0, True)
    assert "2026-11-11/_SUCCESS" in inbox(root)
    assert "2026-11-12/shop.parquet" in inbox(root)


@pytest.mark.parametrize("other", ["shop.parquet", "b.csv", "part/b.csv"])
def test_a_day_that_has_other_content_stops_all_of_them(split, shop, root, other):
    path = root / "inbox" / "2026-11-12" / other
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    code, error = split(shop, "--by", "seen")
    assert (code, f"must not be there with other content, got 2026-11-12/{other}" in error) == (64, True)
    assert "2026-11-10" not in inbox(root)
    assert path.read_text() == "mine"


def test_labels_that_came_for_a_day_are_no_other_content(split, shop, root):
    split(shop, "--by", "seen")
    (root / "inbox" / "2026-11-12" / f"{deliver.LABELS}may.parquet").write_text("labels")
    assert split(shop, "--by", "seen")[0] == 0


def test_rows_without_a_day_are_told_and_listed(split, shop, root, config, table):
    config(table=table["table"] | {"max_rejected_fraction": 0.1})
    shop.write_text(shop.read_text().replace("2026-11-10 10:00,6", "soon,6") + "x,1,2\n")
    code, error = split(shop, "--by", "seen")
    assert (code, "2 of 31 rows go to no day" in error) == (0, True)
    listed = [json.loads(line) for line in (root / "inbox" / "left-out-shop.jsonl").read_text().splitlines()]
    assert [line["row"] for line in listed] == [31, 7]
    assert listed[1]["value"] == ["k6", "soon", "6", "a", "no"]


def test_a_date_that_is_years_away_from_all_others_makes_no_day(split, tmp_path, root):
    path = tmp_path / "shop.csv"
    lines = [f"k{n},2026-11-{n % 3 + 10},{n},a,no" for n in range(300)]
    path.write_text("\n".join([HEADER, *lines, "m1,9999-12-31,1,a,no", "m2,1900-01-01,1,a,no"]))
    code, error = split(path, "--by", "seen")
    assert (code, "300 rows on 3 days" in error, "2 of 302 rows go to no day" in error) == (0, True, True)
    assert split(path, "--by", "seen", "--undated", "2026-12-01")[0] == 0
    assert pq.read_metadata(root / "inbox" / "2026-12-01" / "shop.parquet").num_rows == 2


def test_too_many_rows_without_a_day_are_refused_with_a_way_out(split, shop, root):
    shop.write_text(shop.read_text().replace("2026-11-10", "soon"))
    code, error = split(shop, "--by", "seen")
    assert (code, "10 of 30 rows cannot be read or have no date in 'seen' (33.3%)" in error) == (65, True)
    assert "--undated" in error
    assert not (root / "inbox").exists()
    assert split(shop, "--by", "seen", "--undated", "2026-11-20")[0] == 0
    assert pq.read_metadata(root / "inbox" / "2026-11-20" / "shop.parquet").num_rows == 10


def test_rows_before_the_first_day_are_told(split, shop, root, config):
    config(schedule={"first_day": date(2026, 11, 11)})
    code, error = split(shop, "--by", "seen")
    assert (code, "10 rows are of days before schedule.first_day 2026-11-11" in error) == (0, True)
    assert "2026-11-10" not in inbox(root)
    config(schedule={"first_day": date(2026, 12, 11)})
    assert split(shop, "--by", "seen")[0] == 65


def test_a_day_begins_at_midnight_of_the_schedules_time_zone(split, shop, root, config):
    config(schedule={"first_day": date(2026, 11, 1), "timezone": "Asia/Tokyo"})
    shop.write_text(f"{HEADER}\nk1,2026-11-10T16:00:00Z,1,a,yes\n")
    assert split(shop, "--by", "seen")[0] == 0
    assert "2026-11-11/shop.parquet" in inbox(root)


def test_gaps_between_the_days_are_told(split, shop, root):
    shop.write_text(shop.read_text().replace("2026-11-12", "2026-11-15"))
    _, error = split(shop, "--by", "seen")
    assert (
        "3 of the 6 days from the first to the last on which data is expected have no row, the first of them "
        "2026-11-12; they are marked as days without rows (_EMPTY)"
    ) in error
    assert [day for day in inbox(root) if day.endswith("_EMPTY")] == [f"2026-11-{day}/_EMPTY" for day in (12, 13, 14)]
    assert split(shop, "--by", "seen")[0] == 0, "the same again changes nothing"


def test_a_day_that_a_table_left_empty_takes_the_rows_of_another_one(split, shop, root, tmp_path, call):
    shop.write_text(shop.read_text().replace("2026-11-12", "2026-11-14"))
    split(shop, "--by", "seen")
    other = tmp_path / "other.csv"
    other.write_text(f"{HEADER}\nx1,2026-11-12 10:00,1,a,yes\n")
    assert split(other, "--by", "seen")[0] == 0
    assert [name for name in inbox(root) if name.startswith("2026-11-12/")] == [
        *("2026-11-12/_SUCCESS", "2026-11-12/other.parquet")
    ]
    (root / "inbox" / "2026-11-13" / "_EMPTY").write_text("")
    other.write_text(f"{HEADER}\nx1,2026-11-13 10:00,1,a,yes\n")
    split(other, "--by", "seen")
    code, log = call.shell(
        *("--day", "2026-11-13", "--data-root", str(root), "--config", str(tmp_path / "pipeline.toml"))
    )
    assert (code, "must have no rows, by its _EMPTY" in log) == (65, True), "the word of a person stays"


def test_days_that_nobody_expects_are_not_marked_and_their_rows_are_told(split, shop, root, config):
    config(schedule={"first_day": date(2026, 11, 1), "expected": "weekdays", "holidays": [date(2026, 11, 16)]})
    # from Friday to Tuesday, with ten rows of a Saturday
    text = shop.read_text().replace("2026-11-11", "2026-11-14").replace("2026-11-10", "2026-11-13")
    shop.write_text(text.replace("2026-11-12", "2026-11-17"))
    _, error = split(shop, "--by", "seen")
    assert "10 rows are of days on which schedule.expected and schedule.holidays expect none" in error
    assert "2026-11-14: they can be predicted, and no training uses them" in error
    assert not [day for day in inbox(root) if day.endswith("_EMPTY")]


@pytest.mark.parametrize("how", [["--days", "6"], ["--by", "id", "--days", "6"]])
def test_rows_without_days_of_their_own_are_put_on_days_that_are_expected(split, tmp_path, root, config, how):
    config(schedule={"first_day": date(2026, 11, 12), "expected": "weekdays", "holidays": [date(2026, 11, 16)]})
    start = date(2026, 1, 1)
    rows = [f"{start + timedelta(days=n)},,{n},a,no" for n in range(90)]
    (tmp_path / "days.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    assert split(tmp_path / "days.csv", *how)[0] == 0
    days = [f"2026-11-{day}" for day in (12, 13, 17, 18, 19, 20)]
    assert sorted(path.parent.name for path in (root / "inbox").glob("*/_SUCCESS")) == days


def test_with_a_number_of_days_rows_keep_the_order_of_their_dates(split, tmp_path, root, config, table):
    start = date(2001, 1, 31)
    lines = [f"k{n},{start + timedelta(days=30 * n)},{n},a,no" for n in range(40)]
    path = tmp_path / "monthly.csv"
    path.write_text("\n".join([HEADER, *lines[::-1]]))
    code, error = split(path, "--by", "seen", "--days", "4")
    assert (code, "40 rows on 4 days, 2026-11-01 to 2026-11-04" in error) == (0, True)
    first = pq.read_table(root / "inbox" / "2026-11-01" / "monthly.parquet")
    assert sorted(first["age"].to_pylist(), key=int) == [str(n) for n in range(10)]


def test_with_neither_a_column_nor_a_number_the_table_says_what_suits_it(split, shop, root, config, table):
    code, error = split(shop)
    assert (code, "'seen' says when a row came: 3 days with rows of 3: --by seen" in error) == (0, True)
    assert "2026-11-12/shop.parquet" in inbox(root)


def test_at_most_so_many_days_keep_the_order_of_the_dates(split, shop, root):
    code, error = split(shop, "--at-most", "2")
    assert (code, "30 rows on 2 days, 2026-11-01 to 2026-11-02" in error, "--by seen --days 2" in error) == (
        0,
        True,
        True,
    )


def test_a_table_without_dates_has_about_twenty_rows_a_day(split, shop, config, table):
    config(columns=table["columns"] | {"seen": {"type": "text", "role": "ignore"}})
    code, error = split(shop, "--at-most", "29")
    assert (code, "no column says when a row came" in error, "30 rows on 2 days" in error) == (0, True, True)


def test_without_dates_rows_go_by_their_key_and_no_day_is_empty(split, shop, root):
    code, error = split(shop, "--days", "3")
    assert (code, "30 rows on 3 days, 2026-11-01 to 2026-11-03" in error) == (0, True)
    code, error = split(shop, "--days", "300")
    assert (code, "must leave no day without a row" in error, "give fewer days, such as" in error) == (65, True, True)


def test_a_column_that_pipeline_toml_does_not_know_as_dates_is_looked_at(split, shop, root, config, table):
    config(columns=table["columns"] | {"seen": {"type": "text", "role": "ignore"}})
    shop.write_text(shop.read_text().replace("2026-11-1", "1").replace(" 10:00", ".11.2026"))
    assert split(shop, "--by", "seen")[0] == 0
    assert "2026-11-12/shop.parquet" in inbox(root)
    code, error = split(shop, "--by", "plan")
    assert (code, "--by: 'plan' must be a column of dates" in error) == (65, True)


def test_parquet_keeps_its_types(split, tmp_path, root):
    rows = {"id": [1, 2], "seen": [date(2026, 11, 10), date(2026, 11, 11)], "age": [1.5, None], "plan": ["a", "b"]}
    pq.write_table(pa.table(rows | {"left": ["no", "yes"]}), tmp_path / "typed.parquet")
    assert split(tmp_path / "typed.parquet", "--by", "seen")[0] == 0
    schema = pq.read_schema(root / "inbox" / "2026-11-10" / "typed.parquet")
    assert [str(field.type) for field in schema] == ["int64", "date32[day]", "double", "string", "string"]


def test_two_files_of_one_name_are_two_files_of_a_day(split, shop, root, tmp_path):
    other = tmp_path / "more" / "shop.csv"
    other.parent.mkdir()
    other.write_text(shop.read_text().replace("k", "m"))
    assert split(shop, other, "--by", "seen")[0] == 0
    assert {"2026-11-10/shop.parquet", "2026-11-10/shop-2.parquet"} <= set(inbox(root))


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--by", "seen", "--at-most", "3"], 64, "--at-most: must be 1 or more, without --by and --days, got 3 beside"),
        (["--at-most", "0"], 64, "--at-most: must be 1 or more"),
        (["--days", "0"], 64, "--days: must be 1 or more"),
        (["--by", "sen"], 64, "--by: must be a column of shop.csv, got 'sen'; is it seen?"),
        (
            ["--by", "seen", "--days", "20"],
            65,
            "'seen' must have as many different days at least, got 3 different days",
        ),
        (["--by", "seen", "--undated", "soon"], 64, "--undated: must be written YYYY-MM-DD"),
    ],
)
def test_options_that_do_not_fit_are_refused(split, shop, options, code, message):
    got, error = split(shop, *options)
    assert (got, message in error) == (code, True)


def test_no_table_labels_alone_and_another_source_are_refused(split, shop, tmp_path, config):
    assert split(tmp_path / "none.csv", "--days", "2")[0] == 66
    labels = tmp_path / "labels.csv"
    labels.write_text("id,left\nk1,no\n")
    code, error = split(labels, "--days", "2")
    assert (code, "has labels alone" in error) == (64, True)
    config(source={"kind": "sql", "query": "select * from t where day = :day"})
    code, error = split(shop, "--days", "2")
    assert (code, 'source.kind must be "files"' in error) == (64, True)
