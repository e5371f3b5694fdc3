"""The configuration, a part, the secrets and an image are replaced while a run is under way."""

import subprocess
import threading
import time
from contextlib import contextmanager

import pytest
from stack_helpers import (
    CANARY,
    DAYS,
    all_healthy,
    at_length,
    change_seed,
    compose,
    containers,
    explain,
    final_state,
    log_of,
    train_anew,
    versions,
    wait,
)


def run_maintenance(stack):
    """Run the maintenance once; the state of each of its tasks at the end."""
    run = stack.airflow.call("POST", "/api/v2/dags/maintenance/dagRuns", {"logical_date": None})["dag_run_id"]
    final_state(stack, "maintenance", run, 120)
    return {task["task_id"]: task["state"] for task in stack.airflow.tasks("maintenance", run)}


def test_a_pipeline_toml_that_an_editor_replaced_is_told_once_and_a_restart_takes_it_in(trained, timings):
    """Airflow's containers hold on to the file that was mounted; after what the mail says to type they have the new one."""
    config = trained.checkout / "pipeline.toml"
    new = config.with_name("new")
    new.write_text(f"{config.read_text()}\n# {CANARY}\n")
    new.rename(config)
    look = ["exec", "-T", "airflow-scheduler", "grep", "--count", CANARY, "/config/pipeline.toml"]
    count = subprocess.run(
        ["docker", "compose", *look], cwd=trained.checkout, capture_output=True, text=True, check=False
    )
    assert count.stdout.strip() == "0"
    subject = "Airflow still uses the old pipeline.toml"

    def warnings():
        return [mail for mail in trained.mails() if subject in mail["subject"]]

    assert run_maintenance(trained)["look_at_mounts"] == run_maintenance(trained)["look_at_mounts"] == "success"
    [mail] = wait(warnings, 60, "the mail")
    assert "docker compose restart" in mail["text"]
    begin = time.monotonic()
    compose(trained, "restart")
    wait(lambda: all_healthy(trained), 180, "all parts after a restart")
    timings.append(f"docker compose restart: all healthy after {time.monotonic() - begin:.0f} s")
    assert compose(trained, *look).strip() == "1"
    assert run_maintenance(trained)["look_at_mounts"] == "success"
    assert warnings() == []  # MailDev forgot the first one with its restart, and there is no second


PARTS = [
    *("postgres", "mlflow", "socket-proxy", "maildev"),
    *("airflow-apiserver", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"),
]


def ends_well_and_once(stack, run, container, before):
    """The training goes on and succeeds, with one version more and no container left."""
    stack.run("docker", "unpause", container)
    assert final_state(stack, "train", run, 600) == "success", explain(stack, "train")
    assert len(versions(stack)) == len(before) + 1
    wait(lambda: containers(stack) == [], 60, "no container left")


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_restarted_in_mid_run_costs_nothing(trained, timings, part):
    """`docker compose restart`, by a person or an update, while train is at work."""
    at_length()
    before, mails = versions(trained), [mail["subject"] for mail in trained.mails()]
    run, container = train_anew(trained)
    begin = time.monotonic()
    compose(trained, "restart", part)
    ends_well_and_once(trained, run, container, before)
    new = [] if part == "maildev" else [mail["subject"] for mail in trained.mails()][len(mails) :]
    assert not any("failed" in subject for subject in new), new
    timings.append(f"{part} restarted in mid-run: the run was done {time.monotonic() - begin:.0f} s after")


def test_secrets_that_are_replaced_in_mid_run_cost_nothing(trained):
    at_length()
    before = versions(trained)
    run, container = train_anew(trained)
    trained.run("make", "--no-print-directory", "rotate", timeout=600)
    ends_well_and_once(trained, run, container, before)


def code_of(stack):
    """The version of the code that made the day's model, and of the one that judged it."""
    return [stack.manifest(*path)["code"] for path in (("models", DAYS[1]), ("reports", "train", DAYS[1]))]


def test_an_image_that_is_built_in_mid_run_is_used_by_the_next_step(trained):
    """train goes on in the image that it began in, validate begins in the new one; so does the next training."""
    at_length()
    before, (training, judging) = versions(trained), code_of(trained)
    run, container = train_anew(trained)
    for step in ("train", "validate"):
        with (trained.checkout / "services" / step / step / "__main__.py").open("a") as code:
            code.write(f"# {CANARY}\n")
        compose(trained, "build", step)
    ends_well_and_once(trained, run, container, before)
    trained_by, judged_by = code_of(trained)
    assert trained_by == training
    assert judged_by != judging
    assert trained.airflow.run_days("train", [DAYS[1]]) == {DAYS[1]: "success"}, explain(trained, "train")
    assert code_of(trained)[0] != training
    assert len(versions(trained)) == len(before) + 2


@contextmanager
def slow(part):
    """A part that stands still for a second, again and again; gives how often it has."""
    stopped, times = threading.Event(), []

    def hold_up():
        while not stopped.is_set():
            subprocess.run(["docker", "pause", f"microstep-{part}-1"], check=False, capture_output=True)
            stopped.wait(1)
            subprocess.run(["docker", "unpause", f"microstep-{part}-1"], check=True, capture_output=True)
            times.append(time.monotonic())
            stopped.wait(0.5)

    thread = threading.Thread(target=hold_up)
    thread.start()
    try:
        yield times
    finally:
        stopped.set()
        thread.join()


def test_a_database_that_is_slow_costs_a_run_nothing_but_time(trained, timings):
    """Airflow and MLflow wait for PostgreSQL, which is there for a third of the time."""
    at_length()
    before, begin = versions(trained), time.monotonic()
    change_seed(trained)
    with slow("postgres") as times:
        run = trained.airflow.start("train", DAYS[1])
        state = final_state(trained, "train", run, 600)
    assert state == "success", explain(trained, "train")
    assert len(times) > 5
    assert len(versions(trained)) == len(before) + 1
    wait(lambda: containers(trained) == [], 60, "no container left")
    timings.append(f"PostgreSQL slow for a whole training: done after {time.monotonic() - begin:.0f} s")


def test_a_day_is_predicted_while_mlflow_is_down_for_the_whole_run(trained):
    at_length()
    assert trained.airflow.run_days("generate", [DAYS[12]]) == {DAYS[12]: "success"}, explain(trained, "generate")
    compose(trained, "stop", "mlflow")
    try:
        run = trained.airflow.start("predict", DAYS[12])
        assert final_state(trained, "predict", run, 180) == "success", explain(trained, "predict")
    finally:
        compose(trained, "up", "--detach", "--wait", "mlflow")
    assert "the ledger decides which model is champion" in log_of(trained, "predict", run, "predict", 1)


def test_a_triggerer_that_is_killed_takes_up_the_waits_again(trained, timings):
    """predict waits for a day's rows, which come while the process that looks for them is not there."""
    at_length()
    run = trained.airflow.start("predict", DAYS[13])

    def waits():
        tasks = trained.airflow.tasks("predict", run)
        return any(task["task_id"] == "wait_for_raw_data" and task["state"] == "deferred" for task in tasks)

    wait(waits, 90, "the wait")
    trained.run("docker", "kill", "--signal=KILL", "microstep-airflow-triggerer-1")
    assert trained.airflow.run_days("generate", [DAYS[13]]) == {DAYS[13]: "success"}, explain(trained, "generate")
    assert waits(), "somebody else has looked"
    begin = time.monotonic()
    compose(trained, "up", "--detach", "--wait", "airflow-triggerer")
    assert final_state(trained, "predict", run, 240) == "success", explain(trained, "predict")
    timings.append(f"triggerer killed over a wait: the run was done {time.monotonic() - begin:.0f} s after its start")
