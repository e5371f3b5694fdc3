import pyarrow as pa

from generate.infer import column_stats
from generate.infer.column_stats import ColumnStats


def stats_of(*batches, name="x", floating=False):
    stats = ColumnStats(name, floating=floating)
    for batch in batches:
        stats.add(pa.array(batch))
    return stats


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
