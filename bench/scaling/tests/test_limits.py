"""The arithmetic of what breaks first."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest
from costs import read
from limits import IMPORT_LIMIT, STEP_LIMIT, limits, processor_seconds, tasks_of_a_pipeline, tasks_per_second
from simulation import Simulation, background
from work import Plan

COSTS = read()
PAGE = Path(__file__).parents[3] / "docs" / "scaling.md"


def at(costs, thing, **more):
    (limit,) = [limit for limit in limits(costs, **more) if limit.thing.startswith(thing)]
    return limit.at


def test_a_pipelines_tasks_are_counted():
    assert tasks_of_a_pipeline(Plan(1, 0, trains=False)) == 3 + 5
    assert tasks_of_a_pipeline(Plan(1, 0, window_days=7)) == 3 + 5 + (2 + 2 * 7 + 1 + 7 + 1 + 1)


@pytest.mark.parametrize("trains", [False, True])
def test_what_arithmetic_says_of_many_pipelines_the_simulation_says_too(trains):
    """Where processors are what all wait for: within a tenth."""
    plan = Plan(150, 0, processors=2, slots=8, parallelism=32, trains=trains)
    costs = replace(COSTS, parsing=COSTS.parsing | {"per_pipeline": 0.0, "fixed": 0.0})
    seconds = Simulation(plan, costs).night().seconds
    expected = plan.pipelines * processor_seconds(plan, costs) / (plan.processors - background(plan, costs))
    assert seconds == pytest.approx(expected, rel=0.1)


def test_a_reading_that_is_twice_as_long_halves_the_pipelines():
    twice = replace(COSTS, parsing=COSTS.parsing | {"slowest_per_pipeline": 2 * COSTS.parsing["slowest_per_pipeline"]})
    assert at(twice, "one file of DAGs") == pytest.approx(at(COSTS, "one file of DAGs") / 2)


def test_the_scheduler_hands_out_no_more_than_a_loop_allows():
    scheduler = COSTS.scheduler
    assert 0 < tasks_per_second(COSTS) < 1 / scheduler.per_task
    slow = replace(COSTS, scheduler=replace(scheduler, per_run=10 * scheduler.per_run))
    assert tasks_per_second(slow) < tasks_per_second(COSTS)


def test_more_memory_holds_more_rows_and_more_processors_do_more():
    assert at(COSTS, "one step's memory", memory=4e9) > 2 * at(COSTS, "one step's memory", memory=2e9)
    assert at(COSTS, "processors, rows alone: every", processors=16) > 8 * at(COSTS, "processors, rows alone: every")


def test_the_night_of_the_trainings_has_room_for_fewer_rows_since_it_goes_through_the_window_too():
    for thing in ("processors, rows alone", "the line to the shared data root"):
        assert at(COSTS, f"{thing}: the night") < at(COSTS, f"{thing}: every night") / 2
    assert at(COSTS, "one writer of a day: validate") < at(COSTS, "one writer of a day: predict")


def test_every_limit_is_a_number_above_one_and_names_what_to_set():
    found = list(limits(COSTS))
    assert len(found) >= 12
    assert all(limit.at > 1 and limit.setting for limit in found)


def test_the_page_shows_the_limits_as_they_come_out():
    page = PAGE.read_text()
    missing = [limit.thing for limit in limits(COSTS) if f"| {limit.thing} | {limit.at:,.3g} |" not in page]
    assert missing == []


def test_what_airflow_ends_is_what_the_arithmetic_takes():
    """It is not imported there: the bench has an environment of its own, without Airflow."""
    root = PAGE.parents[1]
    code = ast.parse((root / "airflow/microstep_airflow/dag_factory.py").read_text())
    (span,) = (
        node.value
        for node in code.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "STEP_LIMIT"
    )
    assert isinstance(span, ast.Call)
    units = {"hours": 3600, "minutes": 60, "seconds": 1}
    assert sum(units[part.arg] * ast.literal_eval(part.value) for part in span.keywords) == STEP_LIMIT
    (limit,) = re.findall(r"AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT: \"(\d+)\"", (root / "docker-compose.yml").read_text())
    assert float(limit) == IMPORT_LIMIT
