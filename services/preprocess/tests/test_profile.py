import numpy as np
import pyarrow as pa

from preprocess import profile as module
from preprocess.profile import Profile


def profile_of(*batches):
    profile = Profile()
    for batch in batches:
        profile.add(pa.record_batch(batch), list(batch))
    return profile.to_builtins()


def test_numbers_have_their_moments_however_they_are_cut():
    values = np.random.default_rng(1).normal(1e6, 1, 1000)
    whole, cut = profile_of({"x": values}), profile_of({"x": values[:10]}, {"x": values[10:]})
    profile = whole["columns"]["x"]
    assert (profile["count"], profile["missing"], profile["min"]) == (1000, 0, float(f"{values.min():.12g}"))
    assert np.isclose(profile["mean"], values.mean(), rtol=1e-11)
    assert np.isclose(profile["std"], values.std(), rtol=1e-6)
    assert np.isclose(cut["columns"]["x"]["std"], profile["std"], rtol=1e-9)


def test_missing_values_are_counted_and_left_out():
    profile = profile_of({"n": pa.array([1, None, 3])}, {"n": pa.array([None], pa.int64())})
    assert profile == {
        "rows": 4,
        "columns": {"n": {"kind": "number", "count": 2, "missing": 2, "min": 1, "max": 3, "mean": 2, "std": 1}},
    }


def test_a_column_without_a_value_has_no_moments():
    profile = profile_of({"x": pa.array([None], pa.float64())})["columns"]["x"]
    assert (profile["count"], profile["mean"], profile["std"]) == (0, None, None)


def test_categories_are_counted_most_first_and_then_by_name():
    profile = profile_of(
        {"c": pa.array(["b", "a", None, "z", "z"]).dictionary_encode()}, {"c": pa.array(["a"]).dictionary_encode()}
    )
    assert profile["columns"]["c"] == {
        "kind": "category",
        "count": 5,
        "missing": 1,
        "different": 3,
        "categories": {"a": 2, "z": 2, "b": 1},
        "other": 0,
    }
    assert list(profile["columns"]["c"]["categories"]) == ["a", "z", "b"]


def test_only_the_top_categories_are_named(monkeypatch):
    monkeypatch.setattr(module, "TOP", 1)
    profile = profile_of({"c": ["a", "b", "b", "c"]})["columns"]["c"]
    assert (profile["categories"], profile["other"], profile["different"]) == ({"b": 2}, 2, 3)


def test_newcomers_beyond_the_limit_are_counted_together(monkeypatch):
    monkeypatch.setattr(module, "TRACKED", 2)
    profile = profile_of({"c": ["a", "b"]}, {"c": ["c", "b"]})["columns"]["c"]
    assert (profile["categories"], profile["other"], profile["count"]) == ({"b": 2, "a": 1}, 1, 4)


def test_an_end_of_time_that_the_clock_puts_beyond_the_years_that_there_are_ends_with_them():
    ends = pa.array([-62_135_614_562_000_000, 0, 253_402_333_199_250_000]).cast(pa.timestamp("us"))
    profile = profile_of({"until": ends})["columns"]["until"]
    assert (profile["earliest"], profile["latest"]) == ("0001-01-01 00:00:00", "9999-12-31 23:59:59.999999")


def test_dates_have_an_earliest_and_a_latest():
    days = [pa.array([f"2026-01-0{day} 09:00:00", None]).cast(pa.timestamp("us")) for day in (5, 3, 4)]
    empty = pa.array([None], pa.timestamp("us"))
    profile = profile_of({"when": empty}, *({"when": column} for column in days))["columns"]["when"]
    assert profile == {
        "kind": "datetime", "count": 3, "missing": 4, "earliest": "2026-01-03 09:00:00", "latest": "2026-01-05 09:00:00",
    }  # fmt: skip
    assert profile_of({"when": empty})["columns"]["when"]["earliest"] is None


def test_texts_are_told_by_their_lengths_and_by_no_word_of_theirs():
    profile = Profile()
    profile.add(pa.record_batch({"note": pa.array(["Zürich", "a", None])}), ["note"], {"note"})
    assert profile.to_builtins()["columns"]["note"] == {
        "kind": "text", "count": 2, "missing": 1, "characters": {"min": 1, "max": 6, "mean": 3.5},
    }  # fmt: skip
    assert profile.missing() == {"note": 1}
