"""A year of days, a leap year: the same bytes whatever the order, however often, and whoever works beside."""

import os
import random
import threading
from datetime import date, timedelta

import pytest
from state import datasets, staging
from steps import Runner, config

EVERY = int(os.environ.get("MICROSTEP_FAULTS_EVERY", "10"))
YEAR = [(date(2028, 1, 1) + timedelta(days=number)).isoformat() for number in range(366)]
# the leap day, the days on which clocks change in Europe and in the United States, and the turn of the year are always in
SPECIAL = {
    "2028-02-28",
    "2028-02-29",
    "2028-03-01",
    "2028-03-12",
    "2028-03-26",
    "2028-10-29",
    "2028-11-05",
    "2028-12-31",
}
DAYS = [day for number, day in enumerate(YEAR) if number % EVERY == 0 or day in SPECIAL]


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "pipeline.toml"
    path.write_text(config(7, 0.5).replace("rows = 300", "rows = 40").replace("2026-01-01", "2028-01-01"))
    return path


def work(runners, root, configuration, days):
    for day in days:
        for step in ("generate", "preprocess"):
            ended = runners[step].run(root, configuration, day=day)
            assert ended.code == 0, ended.output


def test_a_year_in_any_order_and_twice_gives_the_same_bytes(runners, small, tmp_path, counts):
    assert "2028-02-29" in DAYS
    in_order, mixed = tmp_path / "in-order", tmp_path / "mixed"
    in_order.mkdir()
    mixed.mkdir()
    work(runners, in_order, small, DAYS)
    days = [*DAYS, *random.Random(1).sample(DAYS, len(DAYS) // 4)]
    random.Random(2).shuffle(days)
    work(runners, mixed, small, days)
    assert datasets(mixed) == datasets(in_order)
    assert len(datasets(in_order)) == 3 * len(DAYS)
    counts("days in another order", "generate, preprocess", len(DAYS), "of 366")


def test_two_at_once_on_the_same_days_give_the_same_bytes(runners, library, small, tmp_path, counts):
    """A backfill beside the daily run: whoever comes second is told (75), and finds it done when it comes again."""
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    alone.mkdir()
    shared.mkdir()
    days = DAYS[:30]
    work(runners, alone, small, days)
    codes = []

    def backfill(order):
        mine = [Runner(step, library) for step in ("generate", "preprocess")]
        for day in order:
            for runner in mine:
                while (ended := runner.run(shared, small, day=day)).code == 75:
                    codes.append(75)
                codes.append(ended.code)
        for runner in mine:
            runner.close()

    both = [threading.Thread(target=backfill, args=(order,)) for order in (days, days)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert set(codes) <= {0, 75}
    assert codes.count(0) == 4 * len(days)
    assert datasets(shared) == datasets(alone)
    assert staging(shared) == []
    counts("days by two at once", "generate, preprocess", len(days), f"{codes.count(75)} times told to wait")
