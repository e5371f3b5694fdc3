import pyarrow as pa
import pytest

from generate.infer.column_stats import ColumnStats
from generate.infer.types.kinds import Kind, comes_back, identifies, kind_of, numbers_rows


def stats_of(values, name="x", *, floating=False):
    stats = ColumnStats(name, floating=floating)
    stats.add(pa.array(values))
    return stats


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", " 2 ", "-3"], "number"),
        (["1", "2.5", "1e5", ".5", "-1."], "number"),
        (["01", "02", "10"], "text"),
        (["1,5", "2,5"], "text"),
        (["0.5", "0"], "number"),
        (["+1", "2"], "number"),
        (["+491701234567", "+491701234568"], "text"),
        (["99999999999999999999", "99999999999999999998"], "text"),
        (["12345678901234567890.0", "1.0"], "text"),
        (["2026-01-01", "2026-01-02 10:00", "2026-01-02T10:00:00.5Z"], "datetime"),
        (["yes", "no"], "text"),
        (["", "NA", None], "text"),
        ([1, 2], "number"),
        ([1.5, None], "number"),
        ([True, False], "text"),
        (["\N{MINUS SIGN}1", "2"], "number"),
        (["$5.00", "$1"], "number"),
        (["45%", "3 %"], "number"),
        (["4.5 kg", "3 kg"], "number"),
        (["t1", "t2"], "text"),
        (["1c", "2c"], "text"),
    ],
)
def test_the_kind_is_what_all_given_values_are(values, kind):
    assert kind_of(stats_of(values)).type == kind


def test_counts_are_whole_numbers_where_their_name_says_so():
    assert kind_of(stats_of(["0", "3", "1"], "num_children")).type == "integer"
    assert kind_of(stats_of(["0", "3", "1"], "visitsCount")).type == "integer"
    for values, floating in ((["0", "3", "-1"], False), (["0.0", "3.0", ""], False), ([1.0, 2.0], True)):
        assert kind_of(stats_of(values, "num_children", floating=floating)).type == "number"
    assert kind_of(stats_of(["20", "21", "22"], "degrees")).type == "number"


def test_a_little_dirt_does_not_change_the_kind_and_is_shown():
    stats = stats_of([str(number) for number in range(99)] + ["oops"])
    assert (kind_of(stats).type, stats.given - stats.numbers, stats.odd) == ("number", 1, "oops")
    assert kind_of(stats_of([str(number) for number in range(90)] + ["oops"] * 10)).type == "text"


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("created_at", ["1764230400", "1764316800"], Kind("datetime", "epoch_s")),
        ("ts", ["1764230400000", "1764316800000"], Kind("datetime", "epoch_ms")),
        ("eventTime", [1764230400, 1764316800], Kind("datetime", "epoch_s")),
        ("ts", ["1764230400.25", "1764316800.5"], Kind("datetime", "epoch_s")),
        ("phone", ["1764230400", "1764316800"], Kind("number")),
        ("ts", ["12", "17"], Kind("number")),
        ("day", ["20261122", "20261123"], Kind("datetime", "%Y%m%d")),
        ("x", ["20261122", "20261123", "20261201"], Kind("datetime", "%Y%m%d")),
        ("x", [20261122, 20261123, 20261201], Kind("datetime", "%Y%m%d")),
        ("x", ["20261122", "20261123", "20261345"], Kind("number")),
        ("x", ["20261122", "20261123093000", "20261201"], Kind("datetime", "%Y%m%d | %Y%m%d%H%M%S")),
        ("x", ["20000000", "10000000", "10500000"], Kind("number")),
        ("month", ["202611", "202612", "202701"], Kind("datetime", "%Y%m")),
        ("x", ["202611", "202612", "202701"], Kind("number")),
        ("x", ["11.2026", "12.2025"], Kind("number")),
        ("month", ["02.2026", "12.2025"], Kind("datetime", "%m.%Y")),
    ],
)
def test_digits_are_a_time_where_they_can_hardly_be_anything_else(name, values, kind):
    assert kind_of(stats_of(values, name)) == kind


@pytest.mark.parametrize(
    ("name", "values", "answer"),
    [
        ("customerID", ["a", "b", "c"], True),
        ("order_no", ["1", "2", "3"], True),
        ("sku", ["A1", "B2", "C3"], True),
        ("id", ["12345678901234567890", "12345678901234567891"], True),
        ("id", ["1000.0", "1001.0"], True),
        ("", ["0", "1", "2"], False),
        (" ", ["a", "b", "c"], False),
        ("Unnamed: 0", ["0", "1", "2"], False),
        ("Unnamed: 0", ["7", "1", "5"], False),
        ("Unnamed: 0.1", ["0", "1", "2"], False),
        ("__index_level_0__", ["0", "1", "2"], False),
        ("RowNumber", [str(number) for number in range(1, 31)], False),
        ("name", ["Ann Lee", "Bob Ray", "Cy Day"], False),
        ("paid", ["10", "20", "30"], False),
        ("betrag", ["12,50", "13,90", "1.200,00"], False),
        ("id", ["1", "1", "2"], False),
        ("id", ["1", None, "2"], False),
        ("id", ["1.5", "2.5"], False),
        ("sku", ["A1", "A1", "B2"], False),
        ("when", ["2026-01-01", "2026-01-02"], False),
        ("x", ["13:01:04.088125", "07:49:27.762111", "07-11-2026"], False),
        ("x", ["1. Mai 2026", "2. Mai 2026", "3. Mai 2026"], False),
        ("Belegdatum", ["0101", "0201", "0301"], False),
        ("Billing Zip", ["01067", "01099", "04109"], False),
        ("zip4", ["10115-1234", "10117-4321"], False),
        ("city_id", ["1", "2", "3"], True),
        ("region_id", ["DE-BE", "DE-BY", "DE-HH"], True),
        ("id_country", ["1", "2", "3"], True),
        ("Ort-Nr.", ["17", "18", "20"], True),
        ("cityId", ["1", "2", "3"], True),
        ("Hausnr", ["17", "18", "20"], False),
        ("street_no", ["17", "18", "20"], False),
        ("plz_nr", ["10115", "10117", "10119"], False),
        ("Name", ["#1001", "#1002", "#1003"], True),
        ("when", ["22.11.2026", "23.11.2026"], False),
    ],
)
def test_a_key_tells_rows_apart_and_looks_made_for_it(name, values, answer):
    assert identifies(stats_of(values, name)) is answer


def test_a_line_of_totals_without_an_id_costs_no_table_its_key():
    orders = [f"B{number}" for number in range(2000)]
    assert identifies(stats_of([*orders, None], "Bestell-Nr."))
    assert not identifies(stats_of([*orders, None, None, None], "Bestell-Nr."))
    assert not identifies(stats_of([*orders, None], "name"))


def test_a_named_key_may_repeat_now_and_then():
    assert identifies(stats_of([str(number) for number in range(100)] + ["7"], "customerID"))


@pytest.mark.parametrize(
    ("name", "first", "answer"),
    [
        ("RowNumber", 1, True),
        ("index", 0, True),
        ("rownames", 1, True),
        ("V1", 1, True),
        ("V1", 5, False),
        ("order_id", 1, False),
        ("year", 1, False),
    ],
)
def test_numbers_in_a_row_number_the_rows_unless_their_name_says_what_they_are(name, first, answer):
    assert numbers_rows(stats_of([str(number) for number in range(first, first + 30)], name)) is answer
    assert numbers_rows(stats_of(list(range(first, first + 30)), name)) is answer
    assert not numbers_rows(stats_of([str(number) for number in range(30, 0, -1)], name))


def test_numbers_in_a_row_are_followed_from_batch_to_batch():
    stats = ColumnStats("V1", floating=False)
    for start in (0, 10, 20):
        stats.add(pa.array(range(start, start + 10)))
    assert numbers_rows(stats)
    stats.add(pa.array([31]))
    assert not numbers_rows(stats)


def test_ids_that_became_floats_name_things_all_the_same():
    stats = stats_of([float(1000 + number % 60) for number in range(299)] + [None], "customer_id", floating=True)
    assert comes_back(stats)
    assert not comes_back(stats_of([number % 60 + 0.5 for number in range(300)], "customer_id", floating=True))


def test_of_three_numbers_with_two_digits_the_one_that_changes_least_is_the_year():
    days = [f"{number % 28 + 1:02d}" for number in range(300)]
    assert kind_of(stats_of([f"{day}.{int(day) % 12 + 1:02d}.24" for day in days])) == Kind("datetime", "%d.%m.%y")
    assert kind_of(stats_of([f"24.{int(day) % 12 + 1:02d}.{day}" for day in days])) == Kind("datetime", "%y.%m.%d")
    assert kind_of(stats_of([f"{day}/11/24 10:30" for day in days])) == Kind("datetime", "%d/%m/%y %H:%M")
    assert kind_of(stats_of([f"{day}.11.{day}" for day in days])).alternative == "%y.%m.%d"
