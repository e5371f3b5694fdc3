"""Three machines, ten pipelines, a week, everything through Celery, while machines, cables, broker and head go away."""

import os
import time
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from faults.state import datasets, ledger, staging
from faults.steps import config
from harness.images import built
from harness.machine import until
from harness.world import world
from several import ON_A_WORKER, ON_THE_HEAD, Several
from stage import PREFIX

PIPELINES = int(os.environ.get("MICROSTEP_WEEK_PIPELINES", "10"))
DAYS = [(date(2026, 1, 5) + timedelta(days=number)).isoformat() for number in range(7)]
FIRST, LAST = DAYS[0], DAYS[-1]
NAMES = [f"p{number:02}" for number in range(1, PIPELINES + 1)]
ALONE = [f"q{number:02}" for number in range(1, PIPELINES + 1)]
PER_PIPELINE = 5 * len(DAYS) + 2
"""Manifests of a pipeline's week: each day's raw data, target, rows, predictions, report; a model, a verdict."""
CABLE_SECONDS = 300
WEEK_WITHIN = 5400.0
SWEPT_WITHIN = 600.0
"""Seconds: the DAG `maintenance` runs every ten minutes."""


def text_of(number):
    return (
        config(number, 0.01)
        .replace("rows = 300", "rows = 200")
        .replace("first_day = 2026-01-01", f"first_day = {FIRST}")
    )


def week(several, names):
    """Ask for everything at once: predict waits for data and champion, train for the days of its window."""
    runs = [several.start(f"{name}.generate", FIRST, LAST) for name in names]
    runs += [several.start(f"{name}.train", LAST) for name in names]
    return runs + [several.start(f"{name}.predict", FIRST, LAST) for name in names]


@pytest.fixture(scope="module")
def several(possible):
    if missing := built([*ON_THE_HEAD]):
        typed = "MICROSTEP_CLUSTER_ADDRESS=0.0.0.0 make bases, make build"
        pytest.skip(f"images that are not built: {', '.join(missing)} ({typed})")
    with world(["head"], ON_THE_HEAD) as made:
        made.add("b", "c", has=ON_A_WORKER)
        stack = Several(made)
        for number, name in enumerate((*NAMES, *ALONE)):
            stack.pipeline(name, text_of(number % PIPELINES + 1))
        began = time.monotonic()
        stack.up()
        print(f"the head is healthy after {time.monotonic() - began:.0f} s")
        dags = [f"{name}.{dag}" for name in (*NAMES, *ALONE) for dag in ("generate", "train", "predict")]
        until(lambda: stack.known(dags), 300, "Airflow to read the DAGs")
        yield stack


@pytest.fixture(scope="module")
def alone(several):
    """The same week of the same tables on the head by itself, with nothing going wrong."""
    began = time.monotonic()
    states = several.until_over(week(several, ALONE), WEEK_WITHIN)
    assert states == {"success": 3 * PIPELINES}
    print(f"the week on one machine: {time.monotonic() - began:.0f} s")
    return several


@pytest.fixture(scope="module")
def done(alone):
    """The week on three machines, with all that goes wrong; its runs."""
    several = alone
    for name in ("b", "c"):
        several.join(name)
    began = time.monotonic()
    runs = week(several, NAMES)
    for share, harm in ((0.1, kill_a_worker), (0.25, pull_a_cable), (0.4, restart_the_broker), (0.6, restart_the_head)):
        until(
            lambda share=share: manifests(several) >= share * PER_PIPELINE * PIPELINES,
            WEEK_WITHIN,
            f"{share:.0%} of the week",
        )
        print(f"{time.monotonic() - began:.0f} s: {manifests(several)} datasets; now: {harm.__name__}")
        harm(several)
    states = several.until_over(runs, WEEK_WITHIN)
    print(f"the week on three machines, with all that went wrong: {time.monotonic() - began:.0f} s; {dict(states)}")
    return several, runs


def manifests(several):
    return sum(1 for name in NAMES for _ in (several.seen / "data" / name).rglob("manifest.json"))


def worker_of(several, name):
    (found,) = several.world.engines[name].containers("label=com.docker.compose.service=airflow-worker")
    return found["ID"]


def kill_a_worker(several):
    """SIGKILL to the worker of b over its tasks; its engine and their containers go on. It is back after a minute."""
    engine, container = several.world.engines["b"], worker_of(several, "b")
    engine.docker("kill", "--signal=KILL", container, check=True)
    time.sleep(60)
    engine.docker("start", container, check=True)


def pull_a_cable(several):
    """Five minutes without c: no head, no broker, no shared directory; what it was at work on goes on, or tries to."""
    machine = several.world.machines["c"]
    several.world.switch.cable(machine, plugged=False)
    time.sleep(CABLE_SECONDS)
    several.world.switch.cable(machine, plugged=True)


def restart_the_broker(several):
    several.compose("restart", "broker")


def restart_the_head(several):
    """Its power goes in mid-run and comes back; its engine starts what was running."""
    several.head.power_off()
    time.sleep(20)
    several.world.power_on("head")
    with suppress(OSError):
        several.states([])
    until(lambda: several.states([("", "")])["unknown"] == 1 and answers(several), 600, "the head's Airflow")


def answers(several):
    with suppress(OSError):
        several.call("GET", "/api/v2/version")
        return True
    return False


def test_none_is_lost(done):
    several, runs = done
    states = several.states(runs)
    assert states == {"success": len(runs)}, [run for run in runs if several.states([run])["success"] == 0]
    for name in NAMES:
        lacking = [
            day for day in DAYS if not (several.seen / "data" / name / "predictions" / day / "manifest.json").exists()
        ]
        assert lacking == [], name


def test_none_is_doubled(done):
    several, _ = done
    for name in NAMES:
        assert len(ledger(several.seen / "data" / name)) == 1, f"{name}: one training, one word about it"
        assert several.versions(name) == 1, f"{name}: one training, one version"


def test_none_is_orphaned(done):
    several, _ = done
    # a machine that does not answer yet, the broker being back a moment ago, is asked again at the next look
    until(lambda: left_after_a_look(several) == [], SWEPT_WITHIN, "what is left to be ended")
    for name in NAMES:
        assert staging(several.seen / "data" / name) == [], name


def left_after_a_look(several):
    """Containers of steps that the DAG `maintenance` leaves, on any machine."""
    assert several.until_over([maintenance(several)], 900)["success"] == 1
    return several.steps_left()


def maintenance(several):
    body = {"logical_date": None, "conf": {}}
    return "maintenance", several.call("POST", "/api/v2/dags/maintenance/dagRuns", body)["dag_run_id"]


def test_the_bytes_are_those_of_one_machine(done):
    several, _ = done
    for there, here in zip(NAMES, ALONE, strict=True):
        assert settled(several, there) == settled(several, here), there


def settled(several, name):
    """What a pipeline has, but for how good predictions turned out: which of them were there then is a matter of time."""
    known = datasets(several.seen / "data" / name)
    return {dataset: identity for dataset, identity in known.items() if not dataset.startswith("reports/live")}


def test_every_machine_had_its_share(done):
    several, runs = done
    hosts = {task["hostname"] for run in runs for task in several.tries(*run)}
    assert hosts >= {"head", "b", "c"}, hosts


SLEEPS = 30
"""Seconds of a step that waits instead of computing: as long as a step of a real table, and no processor is needed."""


def test_steps_that_wait_go_as_many_times_as_fast_as_there_are_machines(done):
    """On one, two and three machines, two at a time on each, within a tenth of 1 : 2 : 3."""
    several, _ = done
    sleeping, took = Sleeping(several), {}
    workers = {name: worker_of(several, name) for name in ("b", "c")}
    try:
        for machines in (("head",), ("head", "b"), ("head", "b", "c")):
            for name in ("b", "c"):
                several.world.engines[name].docker("start" if name in machines else "stop", workers[name], check=True)
            time.sleep(20)  # a worker that starts imports Airflow
            took[len(machines)] = sleeping.seconds(12)
    finally:
        sleeping.close()
    print({count: f"{seconds:.0f} s" for count, seconds in took.items()})
    for count in (2, 3):
        assert took[1] / took[count] == pytest.approx(count, rel=0.1), took


class Sleeping:
    """The image of generate, replaced on every engine by one that sleeps."""

    def __init__(self, several):
        self.several, self.image = several, f"{PREFIX}-generate"
        for engine in several.world.engines.values():
            made = engine.docker("create", self.image, check=True).stdout.strip()
            sleep = f'ENTRYPOINT ["python", "-c", "import time; time.sleep({SLEEPS})"]'
            engine.docker("tag", self.image, f"{self.image}:awake", check=True)
            engine.docker("commit", f"--change={sleep}", made, self.image, check=True)
            engine.docker("rm", made, check=True)

    def seconds(self, runs):
        """From the first start of so many steps to the last end, as Airflow saw them."""
        started = [
            self.several.start(f"{NAMES[number % len(NAMES)]}.generate", day)
            for number, day in zip(range(runs), DAYS * 2, strict=False)
        ]
        assert self.several.until_over(started, 900)["success"] == runs
        tasks = [task for run in started for task in self.several.tries(*run) if task["task_id"] == "generate"]
        ends = [datetime.fromisoformat(task["end_date"]) for task in tasks]
        return (max(ends) - min(datetime.fromisoformat(task["start_date"]) for task in tasks)).total_seconds()

    def close(self):
        for engine in self.several.world.engines.values():
            engine.docker("tag", f"{self.image}:awake", self.image)
