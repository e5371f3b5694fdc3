import numpy as np
import pytest

from analysis.drift.findings import Column
from analysis.drift.measures import MOST_WORDS, measured_as, measures, other_kind
from analysis.drift.reference import build, codes
from analysis.rows import Categorical, Text

DAYS = ["2026-01-05", "2026-01-06"]


def text(*texts):
    known = [word for word in dict.fromkeys(texts) if word is not None]
    return Text(np.array([-1 if word is None else known.index(word) for word in texts], dtype=np.int32), known)


def test_numbers_and_categories_are_measured_as_they_are():
    numbers, words = np.array([1.0]), Categorical(np.zeros(1, np.int32), ["a"])
    for values, kind in ((numbers, "number"), (words, "category")):
        (measure,) = measures("x", values)
        assert (measure.column.name, measure.column.kind, measure.column.measure) == ("x", kind, None)
        assert measured_as(measure.own, values, (), np.zeros(1, int)) is values


def test_a_date_is_measured_from_the_start_of_its_rows_day_so_that_time_may_go_on():
    moments = np.array(["2026-01-05T12:00", "2026-01-06T12:00", "2025-12-27", "NaT"], dtype="datetime64[us]")
    (measure,) = measures("when", moments)
    days = measured_as(measure.own, moments, DAYS, np.array([0, 1, 1, 0]))
    assert days[:3].tolist() == [0.5, 0.5, -10]
    assert np.isnan(days[3])
    later = moments + np.timedelta64(365, "D")
    assert measured_as(measure.column, later, ["2027-01-05", "2027-01-06"], np.array([0, 1, 1, 0]))[1] == 0.5


def test_a_time_of_day_alone_is_measured_from_midnight_whatever_day_its_row_is_of():
    clocks = np.array(["1900-01-01T06:00", "1900-01-01T12:00", "NaT"], dtype="datetime64[us]")
    (measure,) = measures("at", clocks)
    today = measured_as(measure.column, clocks, DAYS, np.array([0, 0, 0]))
    assert today[:2].tolist() == [0.25, 0.5]
    assert np.isnan(today[2])
    np.testing.assert_array_equal(measured_as(measure.column, clocks, DAYS, np.array([1, 1, 1])), today)
    with pytest.raises(TypeError, match="at must have dates as in the training"):
        measured_as(measure.column, np.array([1.0]), DAYS, np.array([0]))


def test_a_text_is_measured_by_its_length_and_by_the_words_that_the_training_knew():
    train = text(*["the red house", "The blue house!"] * 5, "one word more", None)
    length, known = measures("note", train)
    assert (length.column.name, known.column.name) == ("note (length)", "note (known words)")
    assert (length.column.column, known.column.column) == ("note", "note")
    assert known.column.vocabulary == ["blue", "house", "red", "the"]
    new = text("the red house", "ein rotes house", "", "...", None)
    rows = np.zeros(5, int)
    assert measured_as(length.column, new, DAYS, rows)[:4].tolist() == [13, 15, 0, 3]
    shares = measured_as(known.column, new, DAYS, rows)
    assert shares[:4].tolist() == [1, pytest.approx(1 / 3), 0, 0]
    assert np.isnan(shares[4])


def test_a_word_of_the_trainings_own_rows_is_known_by_other_rows():
    # five rows have the word: four others, one too few
    _, known = measures("note", text(*["red old house"] * 6, *["blue old house"] * 5))
    assert known.column.vocabulary == ["blue", "house", "old", "red"]
    assert known.own.vocabulary == ["house", "old", "red"]


def test_names_and_scripts_without_breaks_are_measured_by_pairs_of_characters():
    _, known = measures("said", text(*["很好吃的菜"] * 6))
    assert (known.column.name, known.column.measure) == ("said (known characters)", "pairs")
    assert measured_as(known.column, text("很好吃的菜", "quite another"), DAYS, np.zeros(2, int)).tolist() == [1, 0]


def test_the_vocabulary_is_bounded_by_the_most_frequent_words():
    common = " ".join(f"common{number}" for number in range(10))
    _, known = measures("note", text(*[common] * 9, *[" ".join(f"w{n}" for n in range(MOST_WORDS))] * 6))
    assert set(known.column.vocabulary) == set(common.split())


def test_a_reference_holds_each_measure_with_its_bins():
    moments = np.array(["2026-01-05T06:00", "2026-01-06T18:00"] * 50, dtype="datetime64[us]")
    columns = {"x": np.arange(100.0), "when": moments, "note": text(*["the red house", "a blue boat"] * 50)}
    reference = build(columns, np.arange(100) % 2, 0, day_names=DAYS)
    assert [column.name for column in reference.columns] == ["x", "when", "note (length)", "note (known words)"]
    assert [column.column for column in reference.columns] == ["x", "when", "note", "note"]
    assert reference.sampled().shape == (100, 4)
    when = reference.columns[1]
    assert sum(when.counts) == 100
    assert codes(when, np.array([np.nan, 0.25])).tolist()[0] == 0


@pytest.mark.parametrize(
    ("measure", "kind", "type_", "reason"),
    [
        (None, "number", "double", None),
        (None, "category", "dictionary<values=string, indices=int32, ordered=0>", None),
        (None, "number", "string", "it has words, and had numbers in the training"),
        ("days", "number", "timestamp[us]", None),
        ("days", "number", "string", "it has words, and had dates in the training"),
        ("words", "number", "string", None),
        ("length", "number", "timestamp[us]", "it has dates, and had words in the training"),
        (None, "number", "timestamp[us]", "it has dates, and had numbers in the training"),
    ],
)
def test_another_kind_of_values_is_told(measure, kind, type_, reason):
    assert other_kind(Column(name="c", kind=kind, counts=[], measure=measure), type_) == reason
