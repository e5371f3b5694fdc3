import numpy as np
import pytest
from scipy import stats

from analysis.drift.day_marks import (
    DayMarks,
    Watch,
    marks_of,
    never_constant,
    never_missing_all_day,
    p_beyond,
    p_constant,
    p_missing,
    p_of_one_more,
)
from analysis.rows import Categorical


def test_each_day_has_its_most_frequent_value_its_missing_ones_and_its_mean():
    values = np.array([1.0, 1.0, 3.0, np.nan, 5.0, np.nan])
    marks = marks_of(values, np.array([0, 0, 0, 0, 1, 1]))
    assert marks == DayMarks(rows=[4, 2], missing=[1, 1], modal=[2, 1], means=[pytest.approx(5 / 3), 5.0])


def test_words_have_no_mean():
    words = Categorical(np.array([0, 1, 1, -1], np.int32), ["a", "b"])
    assert marks_of(words, np.array([0, 0, 0, 1])) == DayMarks(rows=[3, 1], missing=[0, 1], modal=[2, 0], means=[])


def test_of_a_large_day_a_bounded_number_of_rows_is_looked_at():
    marks = marks_of(np.tile([1.0, 2.0], 5000), np.zeros(10_000, int))
    assert marks.rows == [1000]
    assert 300 < marks.modal[0] < 700


def test_a_day_is_watched_batch_by_batch():
    watch = Watch()
    watch.add(np.array([21.5, np.nan]))
    watch.add(np.array([np.nan]))
    watch.add(np.array([21.5]))
    assert (watch.constant, watch.mean, watch.known, watch.rows) == (21.5, 21.5, 2, 4)
    watch.add(np.array([22.0]))
    assert watch.constant is None


def test_a_word_is_constant_whatever_its_code_in_a_batch():
    watch = Watch()
    watch.add(Categorical(np.array([1, 1, -1], np.int32), ["a", "b"]))
    watch.add(Categorical(np.array([0], np.int32), ["b"]))
    assert watch.constant == "b"
    watch.add(Categorical(np.array([0], np.int32), ["a"]))
    assert watch.constant is None


def test_one_more_number_is_held_against_students_prediction_interval():
    days = np.array([10.0, 12.0, 9.0, 11.0, 13.0])
    t = (15 - days.mean()) / (days.std(ddof=1) * np.sqrt(1 + 1 / 5))
    assert p_of_one_more(days, 15) == pytest.approx(2 * stats.t.sf(t, 4))
    assert p_of_one_more(np.full(5, 3.0), 3.0) == 1
    assert p_of_one_more(np.full(5, 3.0), 3.1) == 0


def test_days_of_any_kind_are_told_from_a_constant_one():
    assert never_constant(DayMarks(rows=[9] * 5, missing=[0] * 5, modal=[5] * 5))
    assert not never_constant(DayMarks(rows=[9] * 5, missing=[0, 0, 2, 0, 0], modal=[5, 5, 7, 5, 5]))
    assert not never_constant(DayMarks(rows=[9] * 4, missing=[0] * 4, modal=[5] * 4))
    assert never_missing_all_day(DayMarks(rows=[9] * 5, missing=[8] * 5, modal=[1] * 5))
    assert not never_missing_all_day(DayMarks(rows=[9] * 5, missing=[9] * 5, modal=[0] * 5))


def test_a_few_rows_that_are_alike_are_chance_and_many_are_not():
    days = DayMarks(rows=[300] * 7, missing=[0] * 7, modal=[140, 150, 160, 150, 155, 145, 150])
    assert p_constant(days, 1) == 1
    assert p_constant(days, 4) > 0.1
    assert p_constant(days, 300) < 1e-5


def test_where_days_differ_from_none_to_nearly_all_a_constant_one_may_come_too():
    days = DayMarks(rows=[300] * 7, missing=[0] * 7, modal=[160, 299, 200, 297, 180, 290, 230])
    assert p_constant(days, 300) > 0.01


def test_a_day_without_any_value_is_none_where_few_were_missing():
    days = DayMarks(rows=[300] * 7, missing=[9, 10, 8, 9, 11, 7, 9], modal=[1] * 7)
    assert p_missing(days, 300) < 1e-6


def test_beyond_needs_a_day_that_is_further_off_than_days_are_from_each_other():
    near = DayMarks(rows=[300] * 7, missing=[0] * 7, modal=[1] * 7, means=[0.1, -0.1, 0.2, 0.0, -0.2, 0.1, 0.0])
    apart = DayMarks(rows=[300] * 7, missing=[0] * 7, modal=[1] * 7, means=[1.0, -3.0, 2.0, 0.0, -2.0, 4.0, 0.0])
    assert p_beyond(near, 5.0, 0.016, 300, 300) < 1e-6
    assert p_beyond(apart, 5.0, 0.016, 300, 300) > 0.05
    assert p_beyond(near, 5.0, 0.016, 1, 1) == pytest.approx(0.016)
