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


@pytest.mark.parametrize("count", [0, 1, 100])
def test_all_items_come_in_their_order(count):
    with ahead(iter(Items(count))) as found:
        assert list(found) == list(range(count))


def test_the_next_item_is_made_while_the_one_before_is_used_and_no_further_one():
    items = Items(5)
    with ahead(iter(items)) as found:
        for number in found:
            end = time.monotonic() + 10
            while items.made < min(number + 2, 5):
                assert time.monotonic() < end
            time.sleep(0.01)
            assert items.made == min(number + 2, 5)


def test_an_error_comes_after_the_items_before_it():
    with ahead(iter(Items(2, fails=True))) as found:
        assert [next(found), next(found)] == [0, 1]
        with pytest.raises(ValueError, match="broken"):
            next(found)


def test_a_consumer_that_stops_early_closes_it():
    items = Items(100)
    with ahead(iter(items)) as found:
        for number in found:
            if number == 3:
                break
    assert items.closed
    assert items.made <= 5


def test_a_consumer_that_fails_closes_it_though_its_traceback_lives_on():
    items = Items(100)
    with pytest.raises(ZeroDivisionError) as error, ahead(iter(items)) as found:
        next(found) / 0
    assert items.closed
    assert error.tb is not None


def test_everything_from_the_first_item_to_the_closing_is_in_one_thread_that_ends():
    items = Items(100)
    before = threading.active_count()
    with ahead(iter(items)) as found:
        next(found)
    assert items.closed
    assert len(items.threads) == 1
    assert threading.current_thread() not in items.threads
    assert threading.active_count() == before


def test_one_may_be_ahead_of_another_and_both_end_when_either_fails():
    items = Items(100)

    def doubled(*, until):
        with ahead(iter(items)) as numbers:
            for number in numbers:
                if number == until:
                    raise ValueError("broken")
                yield 2 * number

    before = threading.active_count()
    with pytest.raises(ValueError, match="broken"), ahead(doubled(until=3)) as found:
        assert [next(found) for _ in range(3)] == [0, 2, 4]
        next(found)
    with pytest.raises(ZeroDivisionError), ahead(doubled(until=50)) as found:
        next(found) / 0
    assert items.closed
    assert threading.active_count() == before
