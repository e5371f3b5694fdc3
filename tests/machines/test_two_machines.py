"""Two machines, an engine on each, one directory: the steps, as they are started by hand."""

import time

import pytest
from faults.state import champion, datasets, ledger, staging
from faults.steps import DAY, DAYS, config
from harness.machine import until

CHAIN = [(step, day) for day in DAYS for step in ("generate", "preprocess")]
CHAIN += [(step, DAY) for step in ("train", "validate", "predict")]
GIVEN_UP_WITHIN = 300
"""Seconds; MooseFS's master drops the session of a client after SESSION_SUSTAIN_TIME, of which it looks once a minute."""


@pytest.fixture(scope="module")
def churn(stage):
    """A pipeline in which each step ran on another machine than the one before; what is in its data root."""
    root = stage.pipeline("churn", config(7, 0.01))
    for number, (step, day) in enumerate(CHAIN):
        done = stage.step(step, day, pipeline="churn", machine="ab"[number % 2])
        assert done.returncode == 0, f"{step} {day} on {'ab'[number % 2]}: {done.stdout}{done.stderr}"
    return root


@pytest.fixture(scope="module")
def busy(stage):
    """A pipeline whose steps have seconds of work, and its first day."""
    root = stage.pipeline("busy", config(7, 0.01).replace("rows = 300", "rows = 400000"))
    done = stage.step("generate", DAY, pipeline="busy", machine="a")
    assert done.returncode == 0, done.stderr
    return root


def test_steps_on_machines_in_turn_make_the_same_bytes_as_on_one(stage, churn):
    alone = stage.world.machines["a"].state / "alone"
    alone.mkdir()
    alone.chmod(0o777)
    for step, day in CHAIN:
        done = stage.step(step, day, pipeline="churn", machine="a", data=alone)
        assert done.returncode == 0, f"{step} {day}: {done.stdout}{done.stderr}"
    shared = stage.seen(churn, "b")
    assert datasets(shared) == datasets(alone)
    assert len(datasets(shared)) == 10
    assert champion(shared) == champion(alone) is not None
    assert ledger(shared) == ledger(alone)
    assert staging(shared) == []


def test_what_one_machine_made_is_up_to_date_on_the_other(stage, churn):
    before = datasets(stage.seen(churn))
    for machine in "ab":
        for step, day in CHAIN[:5]:
            done = stage.step(step, day, pipeline="churn", machine=machine)
            assert (done.returncode, "up to date" in done.stdout + done.stderr) == (0, True), done.stderr
    assert datasets(stage.seen(churn)) == before


def test_of_two_machines_at_one_step_and_day_one_is_told_to_come_again(stage, busy):
    first = stage.begin("preprocess", DAY, "--force", pipeline="busy", machine="a")
    until(lambda: staging(stage.seen(busy, "b")), 60, "the first one's staging directory, seen from b")
    second = stage.step("preprocess", DAY, "--force", pipeline="busy", machine="b")
    assert second.returncode == 75, second.stderr
    assert "another run is at work on this step and day" in second.stderr
    assert first.wait(300) == 0
    assert staging(stage.seen(busy)) == []
    assert stage.step("preprocess", DAY, "--force", pipeline="busy", machine="b").returncode == 0


def test_a_writer_on_one_machine_is_not_swept_by_another(stage, busy):
    """generate of another day looks at no lock of this one, and predict may sweep what validate writes."""
    writer = stage.begin("preprocess", DAY, "--force", pipeline="busy", machine="a")
    until(lambda: staging(stage.seen(busy, "b")), 60, "the writer's staging directory, seen from b")
    sweep = "from contract.datasets.staging import *; from pathlib import Path; import sys; d = Path(sys.argv[1]); print(at_work(d), sweep(d))"
    image = stage.words("preprocess", DAY, pipeline="busy", machine="b")
    words = [*image[:-3], "--entrypoint=python", image[-3], "-c", sweep, f"/data/processed/{DAY}"]
    assert stage.world.machines["b"].run(*words, check=True).stdout == "True []\n"
    assert writer.wait(300) == 0


def test_the_lock_of_a_machine_that_died_is_given_up(stage, busy):
    """Its power is cut in mid-step: the other one comes again until the master has dropped its session."""
    whole = datasets(stage.seen(busy))
    stage.begin("preprocess", DAY, "--force", pipeline="busy", machine="b")
    until(lambda: staging(stage.seen(busy)), 60, "the staging directory, seen from a")
    stage.world.machines["b"].power_off()
    died, codes = time.monotonic(), []
    try:
        while (code := stage.step("preprocess", DAY, "--force", pipeline="busy", machine="a").returncode) == 75:
            codes.append(code)
            assert time.monotonic() - died < GIVEN_UP_WITHIN, f"still held after {GIVEN_UP_WITHIN} s"
            time.sleep(2)
        took = time.monotonic() - died
        assert code == 0
        assert codes, "it was held for a while, or nothing died in mid-step"
        assert datasets(stage.seen(busy)) == whole
        assert staging(stage.seen(busy)) == [], "what the dead one began is swept"
        print(f"the lock of the dead machine was free, and the step done, after {took:.0f} s")
    finally:
        stage.world.power_on("b")
