"""What is shared at equal parts behaves as queueing theory says."""

import math
import random

import pytest
import simpy
from shared import Shared


def mean_stay(capacity, arrivals, amount, number=60_000):
    """The mean seconds of users that come at random, so many a second, each for an amount that is drawn."""
    environment = simpy.Environment()
    shared, stays, rng = Shared(environment, capacity, most=1.0), [], random.Random(7)

    def user():
        begin = environment.now
        yield shared.use(amount(rng))
        stays.append(environment.now - begin)

    def source():
        for _ in range(number):
            yield environment.timeout(rng.expovariate(arrivals))
            environment.process(user())

    environment.process(source())
    environment.run()
    assert len(stays) == number
    return sum(stays) / number


def erlang_c(servers, load):
    """The probability that one who comes to M/M/c waits."""
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(terms) + last)


@pytest.mark.parametrize(("servers", "arrivals"), [(1, 0.5), (1, 0.8), (2, 1.6), (4, 3.0), (16, 13.0)])
def test_the_mean_stay_is_that_of_m_m_c(servers, arrivals):
    """With shares instead of a queue as many are there at a time, so each stays as long on the mean."""
    expected = 1 + erlang_c(servers, arrivals) / (servers - arrivals)
    assert mean_stay(servers, arrivals, lambda rng: rng.expovariate(1.0)) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("amount", [lambda _: 1.0, lambda rng: rng.choice([0.1, 1.9])], ids=["all alike", "two kinds"])
def test_with_equal_parts_only_the_mean_amount_matters(amount):
    """M/G/1 with equal parts: 1 / (1 - load), where a queue would depend on how amounts vary."""
    assert mean_stay(1, 0.7, amount) == pytest.approx(1 / 0.3, rel=0.05)


def test_what_was_used_is_what_was_asked_for():
    environment, rng = simpy.Environment(), random.Random(1)
    shared, amounts = Shared(environment, 2.5, most=1.0), [rng.random() for _ in range(500)]

    def user(amount):
        yield environment.timeout(rng.random() * 50)
        yield shared.use(amount)

    for amount in amounts:
        environment.process(user(amount))
    environment.run()
    assert shared.used() == pytest.approx(sum(amounts))


@pytest.mark.parametrize(("users", "seconds"), [(1, 10.0), (2, 10.0), (4, 20.0), (10, 50.0)])
def test_nobody_gets_more_than_one_and_all_get_the_same(users, seconds):
    environment = simpy.Environment()
    shared = Shared(environment, 2.0, most=1.0)
    environment.run(until=environment.all_of([shared.use(10.0) for _ in range(users)]))
    assert environment.now == pytest.approx(seconds)


def test_who_needs_nothing_does_not_wait():
    environment = simpy.Environment()
    assert Shared(environment, 1.0).use(0.0).triggered


def test_nothing_to_share_is_refused():
    with pytest.raises(ValueError, match="capacity must be above 0, got 0"):
        Shared(simpy.Environment(), 0)
