"""A simulated night: nothing is lost, nothing is done twice, and more machines never make it longer."""

from dataclasses import replace
from itertools import pairwise

import pytest
from costs import read
from simulation import Simulation, background
from work import Plan, runs

COSTS = read()


def night(**plan):
    return Simulation(Plan(**plan), COSTS).night()


@pytest.mark.parametrize("pipelines", [1, 7, 40])
@pytest.mark.parametrize("trains", [False, True])
def test_every_run_ends_and_each_step_runs_once(pipelines, trains):
    seen = night(pipelines=pipelines, rows=1e4 * pipelines, trains=trains)
    assert seen.runs == pipelines * (3 if trains else 2)
    assert seen.containers == pipelines * (5 if trains else 3)


def test_no_task_is_lost_or_done_twice():
    plan = Plan(pipelines=6, rows=6e4, window_days=3)
    declared = sum(len(stage) for run in runs(plan) for stage in run.stages)
    simulation = Simulation(plan, COSTS)
    seen = simulation.night()
    # a wait that was in vain is a task once more when its thing has come
    again = seen.tasks - declared
    assert 0 <= again <= plan.pipelines * (1 + 2)
    assert simulation.running == [0]
    assert simulation.stepping == [0]
    assert simulation.ready == {False: [], True: []}
    assert simulation.comes == {}


def test_the_first_night_waits_for_its_champion():
    seen = night(pipelines=3, rows=1500, window_days=1, first=True)
    assert seen.containers == 3 * 5
    assert seen.runs == 3 * 3


def test_the_processor_seconds_are_those_of_the_work():
    plan = Plan(pipelines=4, rows=4e5, trains=False)
    simulation = Simulation(plan, COSTS)
    seen = simulation.night()
    steps = [COSTS.steps[name] for name in ("generate", "preprocess", "predict")]
    work = plan.pipelines * sum(step.fixed + step.per_row * plan.rows_each + step.registry for step in steps)
    task = COSTS.task
    work += seen.tasks * (task.process + task.api + task.database + COSTS.scheduler.per_task)
    work += seen.containers * COSTS.container["processor"]
    used = simulation.processors[0].used()
    around = seen.tasks * task.around
    loops = used - work - around
    assert 0 < loops < 0.5 * used  # the scheduler's looks, and what nobody waited for at the end
    assert seen.busy["processors"] <= 1


@pytest.mark.parametrize("rows", [1e5, 1e8])
def test_more_machines_never_make_it_longer(rows):
    # with equal parts one more machine may order a few tasks differently: a tenth of a percent
    seconds = [night(pipelines=20, rows=rows, machines=count, trains=False).seconds for count in (1, 2, 3, 6, 10)]
    assert all(more <= 1.001 * fewer for fewer, more in pairwise(seconds))
    assert seconds[-1] < 0.7 * seconds[0]


def test_more_rows_make_it_longer():
    seconds = [night(pipelines=5, rows=rows).seconds for rows in (1e4, 1e6, 1e7, 1e8)]
    assert seconds == sorted(seconds)
    assert seconds[-1] > 5 * seconds[0]


def test_one_pipeline_alone_takes_the_sum_of_its_steps_and_starts():
    plan = Plan(pipelines=1, rows=1e6, trains=False, processors=8)
    seen = Simulation(plan, COSTS).night()
    steps = [COSTS.steps[name] for name in ("generate", "preprocess", "predict")]
    alone = sum(step.fixed + step.per_row * plan.rows for step in steps)
    assert alone < seen.seconds < alone + 8 * (COSTS.task.process + 2)


def test_one_place_in_the_pool_makes_steps_wait_for_each_other():
    one, four = (night(pipelines=8, rows=8e5, processors=8, slots=slots).seconds for slots in (1, 4))
    assert one > 2 * four


def test_one_large_table_gains_nothing_from_machines():
    """Each step of a day has one writer."""
    one, ten = (night(pipelines=1, rows=1e8, machines=machines) for machines in (1, 10))
    assert ten.seconds > 0.9 * one.seconds
    assert ten.longest_chain > 0.9 * ten.seconds


def test_the_reading_of_dag_files_takes_its_part_of_the_head():
    few, many = (background(Plan(pipelines=count, rows=1), COSTS) for count in (1, 200))
    expected = 199 * COSTS.parsing["per_pipeline"] / COSTS.parsing["interval"]
    assert many - few == pytest.approx(expected)


def test_without_rows_only_starts_cost():
    costs = replace(COSTS, steps={name: replace(step, fixed=0.0, registry=0.0) for name, step in COSTS.steps.items()})
    seen = Simulation(Plan(pipelines=10, rows=0), costs).night()
    assert seen.containers == 50
    assert seen.busy["storage"] == 0
