import pyarrow as pa
import pytest

from generate.infer import column_stats
from generate.infer.column_stats import ColumnStats


def stats_of(*batches, name="x", floating=False):
    stats = ColumnStats(name, floating=floating)
    for batch in batches:
        stats.add(pa.array(batch))
    return stats


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", " 2 ", "-3"], "integer"),
        (["1", "2.5", "1e5", ".5", "-1."], "number"),
        (["01", "02", "10"], "text"),
        (["1,5", "2,5"], "text"),
        (["0.5", "0"], "number"),
        (["+1", "\u22122"], "integer"),
        (["99999999999999999999", "1"], "number"),
        (["2026-01-01", "2026-01-02 10:00", "2026-01-02T10:00:00.5Z"], "datetime"),
        (["yes", "no"], "text"),
        (["", "NA", None], "text"),
        ([1, 2], "integer"),
        ([1.5, None], "number"),
        ([True, False], "text"),
    ],
)
def test_the_kind_is_what_all_given_values_are(values, kind):
    assert stats_of(values).kind == kind


def test_floating_point_numbers_of_a_typed_file_stay_numbers():
    assert stats_of([1.0, 2.0], floating=True).kind == "number"


def test_a_little_dirt_does_not_change_the_kind_and_is_shown():
    stats = stats_of([str(number) for number in range(99)] + ["oops"])
    assert (stats.kind, stats.strays, stats.odd) == ("integer", 1, "oops")
    assert stats_of([str(number) for number in range(90)] + ["oops"] * 10).kind == "text"


def test_missing_values_are_blanks_and_the_words_for_them():
    stats = stats_of(["1", " ", "NA", None, "2"])
    assert (stats.rows, stats.missing, stats.distinct) == (5, 3, 2)


def test_batches_add_up():
    stats = stats_of(["1", "2", "2"], [], ["x y", "-5"])
    assert (stats.rows, stats.distinct, stats.levels["2"], stats.low, stats.high) == (5, 4, 2, -5, 2)
    assert stats.spaced


def test_long_texts_are_not_kept():
    stats = stats_of(["a", "b" * 201])
    assert (stats.free, stats.distinct) == (True, 0)


def test_distinct_values_are_counted_up_to_a_limit(monkeypatch):
    monkeypatch.setattr(column_stats, "MOST_DISTINCT", 3)
    stats = stats_of(["a", "b"], ["c", "d"], ["e", "f"])
    assert (stats.distinct, stats.counted, stats.given) == (4, 4, 6)
    assert stats.identifies


@pytest.mark.parametrize(
    ("name", "values", "identifies"),
    [
        ("customerID", ["a", "b", "c"], True),
        ("order_no", ["1", "2", "3"], True),
        ("", ["0", "1", "2"], True),
        ("Unnamed: 0", ["0", "1", "2"], True),
        ("sku", ["A1", "B2", "C3"], True),
        ("name", ["Ann Lee", "Bob Ray", "Cy Day"], False),
        ("paid", ["10", "20", "30"], False),
        ("id", ["1", "1", "2"], False),
        ("id", ["1", None, "2"], False),
        ("id", ["1.5", "2.5"], False),
        ("sku", ["A1", "A1", "B2"], False),
        ("when", ["2026-01-01", "2026-01-02"], False),
    ],
)
def test_a_key_tells_rows_apart_and_looks_made_for_it(name, values, identifies):
    assert stats_of(values, name=name).identifies is identifies


def test_a_named_key_may_repeat_now_and_then():
    assert stats_of([str(number) for number in range(100)] + ["7"], name="customerID").identifies
