import os
import threading

import pytest
from sklearn.utils._openmp_helpers import _openmp_effective_n_threads
from threadpoolctl import threadpool_info

from train.comparison import side_by_side as module
from train.comparison.side_by_side import FREE_CELLS, how_many, side_by_side


@pytest.fixture(autouse=True)
def processors(monkeypatch):
    monkeypatch.setattr(module, "_processors", lambda: 4)


def test_the_results_come_in_the_order_of_the_parts():
    first_waits = threading.Event()

    def work(part):
        if part == 0:
            assert first_waits.wait(20)
        first_waits.set()
        return part * 2

    assert list(side_by_side(work, [0, 1, 2], 2)) == [0, 2, 4]


def test_so_many_are_at_work_at_a_time_each_with_its_share_of_the_processors():
    together = threading.Barrier(2)

    def work(_):
        together.wait(20)
        return _openmp_effective_n_threads()

    before = [library["num_threads"] for library in threadpool_info()]
    assert set(side_by_side(work, range(4), 2)) == {min(2, os.cpu_count())}
    assert [library["num_threads"] for library in threadpool_info()] == before


def test_what_goes_wrong_in_a_part_is_raised():
    def work(part):
        raise ValueError(f"part {part}")

    for at_once in (1, 2):
        with pytest.raises(ValueError, match="part 0"):
            list(side_by_side(work, range(3), at_once))


def test_no_more_go_at_a_time_than_there_are_parts_processors_or_room():
    assert how_many(3, 1, 10) == 3
    assert how_many(9, 1, 10) == 4
    big = FREE_CELLS * 100
    # two halves are what the last fit holds anyway; two of five parts that each leave a fifth out are not
    assert how_many(2, big // 2, big) == 2
    assert how_many(5, big * 4 // 5, big) == 1
    assert how_many(5, big * 2, big) == 1
    assert how_many(5, 0, 0) == 4
