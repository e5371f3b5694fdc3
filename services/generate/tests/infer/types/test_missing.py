import pyarrow as pa
import pytest

from generate.infer.column_stats import MISSING, ColumnStats
from generate.infer.types.missing import settle


def settled(columns, target="y"):
    stats = []
    for name, values in columns.items():
        column = ColumnStats(name, floating=False)
        column.add(pa.array(values))
        stats.append(column)
    return settle(stats, target), {column.name: column for column in stats}


NUMBERS = [str(number) for number in range(98)]
LABELS = {"y": ["no", "yes"] * 50}


@pytest.mark.parametrize("word", ["?", "n/a", "-", "tbd", ".", "unknown", "k.A.", "#N/A", "#DIV/0!", "zzz"])
def test_a_word_among_numbers_stands_for_a_missing_value(word):
    missing, stats = settled({"x": [*NUMBERS, word, word]} | LABELS)
    assert missing.values == (*MISSING, word)
    assert missing.notes == (f"{word!r} in 2 rows of 'x', where all others are numbers",)
    assert (stats["x"].missing, stats["x"].given, stats["x"].distinct) == (2, 98, 98)


def test_two_words_in_many_rows_are_missing_too():
    missing, stats = settled({"x": [*NUMBERS[:60], *["?"] * 30, *["tbd"] * 10]} | LABELS)
    assert missing.values[len(MISSING) :] == ("?", "tbd")
    assert stats["x"].given == 60


def test_a_word_among_times_is_missing_too():
    missing, _ = settled({"x": [f"{number % 28 + 1}.11.2026" for number in range(98)] + ["-"] * 2} | LABELS)
    assert missing.values[-1] == "-"
    assert "where all others are times" in missing.notes[0]


@pytest.mark.parametrize(
    "values",
    [
        [*NUMBERS, "oops", "5x"],
        [*NUMBERS[:50], *["low"] * 25, *["high"] * 25],
        ["1", "2", "3", "male"] * 25,
        [f"word {number}" for number in range(100)],
    ],
)
def test_a_single_error_and_words_that_say_something_are_not(values):
    assert settled({"x": values} | LABELS)[0].values == MISSING


def test_a_word_that_another_column_has_as_a_value_is_told_and_stays_a_value():
    missing, stats = settled({"x": [*NUMBERS, "male", "male"], "sex": ["male", "female"] * 50} | LABELS)
    assert missing.values == MISSING
    assert missing.notes == ("'male' in column 'x' is no number, but a value of 'sex': its rows are rejected",)
    assert stats["x"].given == 100


def test_a_mark_is_missing_in_every_column():
    missing, stats = settled({"x": [*NUMBERS, "-", "-"], "z": ["a", "-"] * 50} | LABELS)
    assert missing.values == (*MISSING, "-")
    assert stats["z"].levels == {"a": 50}


def test_a_mark_that_is_a_class_stays_one_and_is_told():
    missing, stats = settled({"x": [*NUMBERS, "-", "-"], "y": ["+", "-"] * 50})
    assert missing.values == MISSING
    assert missing.notes == ("'-' in column 'x' is no number, but a value of 'y': its rows are rejected",)
    assert stats["y"].levels == {"+": 50, "-": 50}


def test_na_among_codes_of_two_letters_is_namibia():
    countries = ["DE", "FR", "NA", "US", "ZA", "ES", "IT", "PL", "NL", "BE"] * 10
    missing, stats = settled({"country": countries} | LABELS)
    assert missing.values == tuple(word for word in MISSING if word != "NA")
    assert "'NA' in 10 rows of 'country' is a code of two letters like the others" in missing.notes
    assert (stats["country"].levels["NA"], stats["country"].missing) == (10, 0)


def test_none_in_a_category_where_it_is_frequent_is_a_value():
    missing, stats = settled({"masonry": ["None", "Brick", "Stone", "None"] * 25} | LABELS)
    assert "None" not in missing.values
    assert stats["masonry"].levels == {"None": 50, "Brick": 25, "Stone": 25}
    assert settled({"masonry": ["Brick", "Stone"] * 48 + ["None"] * 4} | LABELS)[0].values == MISSING


def test_none_as_a_class_is_not_lost():
    missing, stats = settled({"x": [*NUMBERS, "1", "2"], "y": ["None", "mild", "severe", "mild"] * 25})
    assert "None" not in missing.values
    assert stats["y"].levels["None"] == 25


def test_what_is_missing_among_numbers_is_missing_everywhere():
    columns = {"masonry": ["None", "Brick"] * 50, "x": [*NUMBERS, "None", "None"]} | LABELS
    assert settled(columns)[0].values == MISSING


@pytest.mark.parametrize("word", ["?", "n/a", "#N/A", "tbd", "k.A."])
def test_a_mark_beside_two_classes_is_a_label_that_is_missing(word):
    missing, stats = settled({"x": NUMBERS[:90], "y": [*["no", "yes"] * 35, *[word] * 20]})
    assert missing.values == (*MISSING, word)
    assert missing.notes == (f"{word!r} in 20 rows of 'y' is taken for a label that is missing, not for a class",)
    assert (stats["y"].given, stats["y"].distinct) == (70, 2)


@pytest.mark.parametrize("words", [("+", "-"), ("?", "yes"), ("no", "unknown", "yes"), ("A", "B", "None")])
def test_a_word_that_a_class_may_be_called_is_one(words):
    _, stats = settled({"x": NUMBERS[:90], "y": [words[number % len(words)] for number in range(90)]})
    assert stats["y"].distinct == len(words)


def test_a_word_that_seldom_stands_among_few_numbers_is_missing():
    few = [str(1000 + number % 14) for number in range(96)]
    assert settled({"x": [*few, *["Err"] * 4]} | LABELS)[0].values[-1] == "Err"
    assert settled({"x": [*few[:80], *["attic"] * 20]} | LABELS)[0].values == MISSING
