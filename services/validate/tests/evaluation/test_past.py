import numpy as np

from validate.evaluation.past import Past


def owners(*numbers):
    return np.array(numbers, np.uint64)


def test_numbers_are_known_by_their_last_one_and_their_mean():
    past = Past(0)
    past.add(owners(7, 3, 7), np.array([1.0, 10.0, 3.0]))
    past.add(owners(9, 7), np.array([5.0, 8.0]))
    last, mean, there = past.of(owners(7, 3, 4, 9))
    assert there.tolist() == [True, True, False, True]
    assert last[there].tolist() == [8.0, 10.0, 5.0]
    assert mean[there].tolist() == [4.0, 10.0, 5.0]


def test_classes_are_known_by_their_shares():
    past = Past(2)
    past.add(owners(1, 1, 1, 2), np.array([0, 1, 1, 0]))
    last, mean, there = past.of(owners(1, 2, 5))
    assert there.tolist() == [True, True, False]
    assert last[:2].tolist() == [[0, 1], [1, 0]]
    np.testing.assert_allclose(mean[:2], [[1 / 3, 2 / 3], [1, 0]])


def test_before_the_first_day_nothing_is_known():
    _, _, there = Past(0).of(owners(1, 2))
    assert not there.any()
