import numpy as np
import pytest

from validate.measures.clusters import Clusters, degrees_of_freedom

GROUPS = np.array([7, 9, 7, 7, 8])


def test_a_row_weighs_as_often_as_its_group_was_drawn():
    clusters = Clusters.of(GROUPS, 5)
    assert (clusters.rows, clusters.count) == (5, 3)
    assert clusters.weights(np.array([[0, 0, 1], [2, 2, 2]])).tolist() == [[2, 0, 2, 2, 1], [0, 3, 0, 0, 0]]


def test_rows_of_different_groups_need_no_numbers():
    assert Clusters.of(np.array([5, 3, 4], np.uint64), 3) == Clusters(3, 3, None) == Clusters.of(None, 3)


def test_some_of_the_rows_have_groups_of_their_own():
    inside = Clusters.of(GROUPS, 5).inside(np.array([True, True, True, False, False]))
    assert (inside.rows, inside.count, inside.of_row.tolist()) == (3, 2, [0, 1, 0])
    assert Clusters(5, 5).inside(np.array([0, 3])) == Clusters(2, 2)


def test_groups_of_unequal_size_tell_as_much_as_fewer_equal_ones():
    assert Clusters.of(np.repeat(np.arange(4), 25), 100).effective() == 4
    assert Clusters.of(np.r_[np.zeros(97, int), [1, 2, 3]], 100).effective() == pytest.approx(1.06, abs=0.01)


def test_degrees_of_freedom_are_those_of_the_groups():
    assert degrees_of_freedom(Clusters(30, 30)) == 29
    assert degrees_of_freedom(Clusters(0, 0)) == 0
    assert degrees_of_freedom(Clusters.of(np.zeros(9), 9)) == 0


def test_where_classes_count_alike_the_rarest_one_decides():
    """Satterthwaite for 1 of 10 positives: nearly the degrees of freedom of the positives alone."""
    classes = np.arange(1000) % 10 == 0
    assert degrees_of_freedom(Clusters(1000, 1000), classes) == pytest.approx(122, abs=1)
    assert degrees_of_freedom(Clusters(100, 100), np.arange(100) % 2) == pytest.approx(98)
