from collections import Counter

import pytest

from generate.infer.column_stats import ColumnStats
from generate.infer.types.classes import classes_of


def classes(counts):
    stats = ColumnStats("y", floating=False)
    stats.levels = Counter(counts)
    stats.given = stats.counted = sum(counts.values())
    return classes_of(stats)


def test_all_spellings_of_two_truths_are_two_classes_named_as_most_are():
    found = classes({"t": 10, "f": 20, "true": 5, "FALSE": 5, "yes": 3, "no": 4})
    assert found.counts == {"f": 29, "t": 18}
    assert found.same == {"FALSE": "f", "no": "f", "true": "t", "yes": "t"}
    assert found.positive == "t"


def test_a_letter_among_others_is_no_truth():
    assert list(classes({"A": 20, "B": 20, "F": 20, "T": 20}).counts) == ["A", "B", "F", "T"]
    assert classes({"M": 20, "F": 30}).same == {}


def test_classes_that_differ_in_case_alone_are_one():
    found = classes({"Setosa": 30, "setosa": 20, "virginica": 50})
    assert (found.counts, found.same) == ({"Setosa": 50, "virginica": 50}, {"setosa": "Setosa"})
    assert classes({"no": 300, "NO": 1, "yes": 199}).same == {"NO": "no"}


@pytest.mark.parametrize(
    ("counts", "typos"),
    [
        ({"no": 300, "yes": 199, "yess": 1}, {"yess": "yes"}),
        ({"setosa": 200, "virginica": 200, "virgincia": 2}, {"virgincia": "virginica"}),
        ({"no": 300, "yes": 199, "oops": 1}, {"oops": ""}),
        ({"0": 300, "1": 199, "7": 1}, {"7": ""}),
        ({"no": 200, "yes": 99, "yess": 1}, {"yess": "yes"}),
        ({"no": 300, "yes": 199, "Left?": 1, "label": 1}, {"Left?": "", "label": ""}),
        ({"a": 300, "b": 40, "rare": 1}, {}),
        ({"a": 300, "b": 199, "rare": 2}, {}),
        ({"no": 30, "yes": 19, "yess": 1}, {}),
        ({"low": 300, "lower": 100, "lowest": 90}, {}),
        ({"no": 499, "yes": 1}, {}),
    ],
)
def test_a_word_in_hardly_any_row_is_dirt_and_no_class(counts, typos):
    found = classes(counts)
    assert found.typos == typos
    assert found.rejected == sum(counts[word] for word in typos)
    assert not set(found.counts) & set(typos)


def test_numbers_stand_in_their_order():
    assert list(classes({"10": 5, "9": 5, "2": 5}).counts) == ["2", "9", "10"]


@pytest.mark.parametrize(
    ("counts", "positive", "guessed"),
    [
        ({"no": 10, "yes": 90}, "yes", False),
        ({"stayed": 10, "churned": 90}, "churned", False),
        ({"Existing Customer": 10, "Attrited Customer": 90}, "Attrited Customer", False),
        ({"notckd": 10, "ckd": 90}, "ckd", False),
        ({"ham": 10, "spam": 90}, "spam", False),
        ({"paid": 10, "default": 90}, "default", False),
        ({"no default": 10, "default": 90}, "default", False),
        ({"legit": 10, "fraud": 90}, "fraud", False),
        ({"non-fraud": 10, "fraud": 90}, "fraud", False),
        ({"survived": 10, "died": 90}, "died", False),
        ({"good": 10, "bad": 90}, "bad", False),
        ({"tested_negative": 10, "tested_positive": 90}, "tested_positive", False),
        ({"benign": 10, "malignant": 90}, "malignant", False),
        ({"Fully Paid": 10, "Charged Off": 90}, "Charged Off", False),
        ({"active": 10, "inactive": 90}, "inactive", False),
        ({"nein": 10, "ja": 90}, "ja", False),
        ({"0": 10, "1": 90}, "1", False),
        ({"-1": 10, "1": 90}, "1", False),
        ({"1": 60, "2": 40}, "2", True),
        ({"M": 60, "B": 40}, "B", True),
        ({"<=50K": 60, ">50K": 40}, ">50K", True),
    ],
)
def test_the_positive_class_is_the_one_that_people_ask_for(counts, positive, guessed):
    found = classes(counts)
    assert (found.positive, found.guessed) == (positive, guessed)
