"""The configuration, a part, the secrets and an image are replaced while a run is under way."""

import re
import subprocess
import time

import pytest
from stack_helpers import CANARY, DAYS, at_length, compose, containers, explain, final_state, paused, wait


def run_maintenance(stack):
    """Run the maintenance once; the state of each of its tasks at the end."""
    run = stack.airflow.call("POST", "/api/v2/dags/maintenance/dagRuns", {"logical_date": None})["dag_run_id"]
    final_state(stack, "maintenance", run, 120)
    return {task["task_id"]: task["state"] for task in stack.airflow.tasks("maintenance", run)}


def all_healthy(stack):
    return {part["status"] for part in stack.airflow.health().values() if part["status"]} == {"healthy"}


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
    subject = "Airflow still works by the old pipeline.toml"

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


def versions(stack):
    """The versions of the registered model."""

    def ask():
        answer = stack.registry("model-versions/search?filter=name%3D%27trouble%27")
        return [version["version"] for version in answer.get("model_versions", [])]

    return wait(ask, 60, "the registry")


def train_anew(stack):
    """Starts a training that has work to do, and pauses train; gives the run and the container's id."""
    config = stack.checkout / "pipeline.toml"
    other = re.sub(r"(?m)^seed = (\d+)$", lambda match: f"seed = {int(match[1]) + 1}", config.read_text())
    assert other != config.read_text()
    config.write_text(other)
    return paused(stack, "train", "train", DAYS[1])


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


def test_an_image_that_is_built_in_mid_run_is_used_by_the_next_step(trained):
    """train goes on in the image that it began in; the next training has other code, and so work to do."""
    at_length()
    before = versions(trained)
    run, container = train_anew(trained)
    for step in ("train", "validate"):
        with (trained.checkout / "services" / step / step / "__main__.py").open("a") as code:
            code.write(f"# {CANARY}\n")
        compose(trained, "build", step)
    ends_well_and_once(trained, run, container, before)
    assert trained.airflow.run_days("train", [DAYS[1]]) == {DAYS[1]: "success"}, explain(trained, "train")
    assert len(versions(trained)) == len(before) + 2
