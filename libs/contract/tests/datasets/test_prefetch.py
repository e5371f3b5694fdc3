import gc
import threading
import time

import pytest

from contract.datasets.prefetch import prefetch


class Items:
    """Numbers one after the other, and what became of the generator that gives them."""

    def __init__(self, count, *, fails=False):
        self.count, self.fails = count, fails
        self.made, self.closed = 0, False

    def __iter__(self):
        try:
            for number in range(self.count):
                self.made = number + 1
                yield number
            if self.fails:
                raise ValueError("broken")
        finally:
            self.closed = True


def soon(true):
    """Whether something comes true: an end is not waited for."""
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.001)
    return true()


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = threading.active_count()
    yield
    assert soon(lambda: threading.active_count() == before)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_all_items_come_in_their_order(count):
    assert list(prefetch(iter(Items(count)))) == list(range(count))


def test_the_next_item_is_made_while_the_one_before_is_used_and_no_further_one():
    items = Items(5)
    for number in prefetch(iter(items)):
        next_one = min(number + 2, 5)
        assert soon(lambda wanted=next_one: items.made == wanted)
        time.sleep(0.01)
        assert items.made == next_one


def test_an_error_comes_after_the_items_before_it():
    items = prefetch(iter(Items(2, fails=True)))
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(ValueError, match="broken"):
        next(items)


def test_a_consumer_that_stops_early_closes_it():
    items = Items(100)
    for number in prefetch(iter(items)):
        if number == 3:
            break
    assert soon(lambda: items.closed)
    assert items.made <= 5


def test_a_consumer_that_fails_closes_it():
    items = Items(100)
    with pytest.raises(ZeroDivisionError):
        for number in prefetch(iter(items)):
            number / 0
    assert soon(lambda: items.closed)


def doubled(items, *, until=None):
    numbers = prefetch(iter(items))
    for number in numbers:
        if number == until:
            raise ValueError("broken")
        yield 2 * number


def test_one_may_be_ahead_of_another():
    assert list(prefetch(doubled(Items(10)))) == list(range(0, 20, 2))
    items = Items(100)
    for number in prefetch(doubled(items)):
        if number == 6:
            break
    assert soon(lambda: items.closed)


def test_what_an_error_leaves_to_the_garbage_collector_ends_without_a_wait():
    items = Items(100)

    class Held:
        """Keeps an error and itself alive, as a log record or a debugger may."""

    held = Held()
    held.itself = held
    try:
        list(prefetch(doubled(items, until=3)))
    except ValueError as error:
        held.error = error
    del held
    gc.collect()
    assert soon(lambda: items.closed)
