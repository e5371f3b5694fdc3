import threading
import time

import pytest

from contract.ahead import ahead


class Items:
    """Numbers one after the other, and what became of the generator that gives them."""

    def __init__(self, count, *, fails=False):
        self.count, self.fails = count, fails
        self.made, self.closed, self.threads = 0, False, set()

    def __iter__(self):
        try:
            for number in range(self.count):
                self.threads.add(threading.current_thread())
                self.made = number + 1
                yield number
            if self.fails:
                raise ValueError("broken")
        finally:
            self.threads.add(threading.current_thread())
            self.closed = True


def test_all_items_come_in_their_order():
    assert list(ahead(iter(Items(100)))) == list(range(100))
    assert list(ahead(iter(Items(0)))) == []


def test_the_next_item_is_made_while_the_one_before_is_used_and_no_further_one():
    items = Items(5)
    for number in ahead(iter(items)):
        end = time.monotonic() + 10
        while items.made < min(number + 2, 5):
            assert time.monotonic() < end
        time.sleep(0.01)
        assert items.made == min(number + 2, 5)


def test_an_error_comes_after_the_items_before_it():
    found = ahead(iter(Items(2, fails=True)))
    assert [next(found), next(found)] == [0, 1]
    with pytest.raises(ValueError, match="broken"):
        next(found)


def test_a_consumer_that_stops_early_closes_it():
    items = Items(100)
    for number in ahead(iter(items)):
        if number == 3:
            break
    assert items.closed
    assert items.made <= 5


def test_a_consumer_that_fails_closes_it_before_the_error_gets_out():
    items = Items(100)
    with pytest.raises(ZeroDivisionError):
        try:
            for number in ahead(iter(items)):
                number / 0
        finally:
            assert items.closed


def test_everything_from_the_first_item_to_the_closing_is_in_one_thread_that_ends():
    items = Items(100)
    before = threading.active_count()
    found = ahead(iter(items))
    next(found)
    found.close()
    assert items.closed
    assert len(items.threads) == 1
    assert threading.current_thread() not in items.threads
    assert threading.active_count() == before


def test_one_may_be_ahead_of_another():
    assert list(ahead(2 * number for number in ahead(iter(Items(10))))) == list(range(0, 20, 2))
    items = Items(100)
    found = ahead(number for number in ahead(iter(items)))
    next(found)
    found.close()
    assert items.closed
