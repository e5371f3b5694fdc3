"""Parts of the stack are killed, stopped and started while runs are under way, and the runs recover.

A step's container is paused for the time of the trouble, so that it is at work for certain when it comes.
"""

import re
import time

from stack_helpers import DAYS, compose, containers, explain, final_state, log_of, paused, wait


def test_a_scheduler_killed_over_a_running_step_finds_the_container_again(trained, timings):
    """`kill -9`: the next try adopts the very container; meanwhile MLflow and the mail server go and come back."""
    begin = time.monotonic()
    run, container = paused(trained, "generate", "generate", DAYS[2])
    trained.run("docker", "kill", "--signal=KILL", "microstep-airflow-scheduler-1")
    compose(trained, "up", "--detach", "--wait", "airflow-scheduler")

    # MLflow is down when train begins
    compose(trained, "stop", "mlflow")
    config = trained.checkout / "pipeline.toml"
    other = re.sub(r"(?m)^seed = 0$", "seed = 1", config.read_text())
    assert other != config.read_text()
    config.write_text(other)
    training = trained.airflow.start("train", DAYS[1])
    retried = wait(
        lambda: [
            task
            for task in trained.airflow.tasks("train", training)
            if task["task_id"] == "train" and task["state"] == "up_for_retry"
        ],
        120,
        "train to be tried again",
    )
    assert "exit 69" in log_of(trained, "train", training, "train", retried[0]["try_number"])
    compose(trained, "up", "--detach", "--wait", "mlflow")

    # the mail server is down when a run fails
    compose(trained, "stop", "maildev")
    broken = trained.data / "raw" / DAYS[9] / "data"
    broken.mkdir(parents=True)
    (broken / "manifest.json").write_text('{"step": "gene')
    trained.give_to_steps(broken.parent)
    assert trained.airflow.run_days("predict", [DAYS[9]]) == {DAYS[9]: "failed"}
    waiting = ["airflow-dag-processor", "sh", "-c", "ls /opt/airflow/mails/new | wc -l"]
    wait(lambda: int(compose(trained, "exec", "-T", *waiting)) >= 1, 60, "a mail that waits")
    compose(trained, "up", "--detach", "--wait", "maildev")
    trained.airflow.call("POST", "/api/v2/dags/maintenance/dagRuns", {"logical_date": None})
    late = wait(
        lambda: [mail for mail in trained.mails() if f"predict {DAYS[9]} failed" in mail["subject"]], 90, "mail"
    )
    assert len(late) == 1
    assert "not a manifest" in late[0]["text"]
    assert f"docker compose run --rm preprocess --day {DAYS[9]}" in late[0]["text"]

    # the container of the killed scheduler
    wait(
        lambda: [
            task
            for task in trained.airflow.tasks("generate", run)
            if task["state"] == "running"
            and "adopted from try" in log_of(trained, "generate", run, "generate", task["try_number"])
        ],
        240,
        "adoption",
    )
    assert (
        trained.run("docker", "inspect", "--format={{.Id}}", f"microstep-generate-{DAYS[2]}").stdout.strip()
        == container
    )
    trained.run("docker", "unpause", container)
    assert final_state(trained, "generate", run, 60) == "success", explain(trained, "generate")
    assert final_state(trained, "train", training, 240) == "success", explain(trained, "train")
    wait(lambda: containers(trained) == [], 30, "no container left")
    timings.append(f"scheduler killed, MLflow and mail stopped: all well after {time.monotonic() - begin:.0f} s")


def test_a_task_that_is_marked_failed_or_cleared_leaves_no_container(trained):
    marked, first = paused(trained, "generate", "generate", DAYS[3])
    trained.airflow.call(
        "PATCH", f"/api/v2/dags/generate/dagRuns/{marked}/taskInstances/generate/0", {"new_state": "failed"}
    )
    wait(lambda: first[:12] not in trained.run("docker", "ps", "--all", "--quiet").stdout, 60, "the container to go")
    cleared, second = paused(trained, "generate", "generate", DAYS[4])
    trained.airflow.call(
        "POST",
        "/api/v2/dags/generate/clearTaskInstances",
        {"dry_run": False, "dag_run_id": cleared, "task_ids": ["generate"], "only_failed": False},
    )
    wait(lambda: second[:12] not in trained.run("docker", "ps", "--all", "--quiet").stdout, 60, "the container to go")
    assert final_state(trained, "generate", cleared, 120) == "success", explain(trained, "generate")
    assert containers(trained) == []


def test_two_runs_of_one_day_work_one_after_the_other(trained):
    """A backfill beside the daily run: the second waits for the first, and finds all done."""
    run, container = paused(trained, "generate", "generate", DAYS[5])
    second = trained.airflow.start("generate", DAYS[5])
    wait(
        lambda: "waiting for the one of" in log_of(trained, "generate", second, "generate", 1), 60, "the second to wait"
    )
    assert containers(trained) == [f"microstep-generate-{DAYS[5]}"]
    trained.run("docker", "unpause", container)
    assert final_state(trained, "generate", run, 60) == "success"
    assert final_state(trained, "generate", second, 60) == "success"
    assert "up to date" in log_of(trained, "generate", second, "generate", 1)


def test_a_database_that_goes_and_comes_back_in_mid_run_costs_nothing(trained, timings):
    run, container = paused(trained, "generate", "generate", DAYS[6])
    begin = time.monotonic()
    compose(trained, "stop", "postgres")
    time.sleep(5)
    compose(trained, "up", "--detach", "--wait", "postgres")
    trained.run("docker", "unpause", container)
    assert final_state(trained, "generate", run, 300) == "success", explain(trained, "generate")
    assert containers(trained) == []
    timings.append(
        f"PostgreSQL stopped and started in mid-run: the run was done {time.monotonic() - begin:.0f} s after"
    )
