"""A disk fills, a file still grows, the engine is killed, old datasets are removed: what is on disk stays whole."""

import os
import re
import subprocess
import time

import pytest
from stack_helpers import DAYS, at_length, compose, containers, explain, final_state, log_of, paused, wait


def test_a_disk_that_fills_in_a_run_is_told_and_the_run_goes_on_when_there_is_room(trained):
    """A day's folder is a file system of its own without room."""
    at_length()
    day = trained.data / "raw" / DAYS[11]
    day.mkdir(parents=True)
    owner = trained.data.stat()
    os.chown(day, owner.st_uid, owner.st_gid)
    options = f"size=16k,uid={owner.st_uid},gid={owner.st_gid}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", day], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        run = trained.airflow.start("generate", DAYS[11])

        def retried():
            tasks = trained.airflow.tasks("generate", run)
            return [task for task in tasks if task["task_id"] == "generate" and task["state"] == "up_for_retry"]

        wait(retried, 120, "generate to be tried again")
        log = log_of(trained, "generate", run, "generate", 1)
        assert "exit 73" in log
        assert "No space left" in log
        assert not list(day.rglob("*")), "half a day is left"
    finally:
        subprocess.run(["umount", "--lazy", day], check=True)
    assert final_state(trained, "generate", run, 300) == "success", explain(trained, "generate")


def test_a_file_that_still_grows_in_the_inbox_is_not_taken(trained):
    """The marker alone says that a day is complete; what is half copied waits, whatever its name."""
    text = (trained.checkout / "pipeline.toml").read_text()
    inbox = trained.data / "inbox" / DAYS[7]
    inbox.mkdir(parents=True)
    (inbox / "half.csv").write_text("customer_id,ten")
    (trained.checkout / "pipeline.toml").write_text(
        re.sub(r'(?s)kind = "synthetic".*?\n\n', 'kind = "files"\n\n', text, count=1)
    )
    reserialize = ["airflow-dag-processor", "airflow", "dags", "reserialize"]
    try:
        compose(trained, "exec", "-T", *reserialize)
        run = trained.airflow.start("generate", DAYS[7])
        wait(
            lambda: (
                [task["task_id"] for task in trained.airflow.tasks("generate", run) if task["state"] == "deferred"]
                == ["wait_for_inbox"]
            ),
            90,
            "the wait",
        )
        time.sleep(10)
        states = {task["task_id"]: task["state"] for task in trained.airflow.tasks("generate", run)}
        assert states["generate"] in (None, "no_status"), states
        trained.airflow.call("PATCH", f"/api/v2/dags/generate/dagRuns/{run}", {"state": "failed"})
    finally:
        (trained.checkout / "pipeline.toml").write_text(text)
        compose(trained, "exec", "-T", *reserialize)


def test_a_killed_engine_leaves_nothing_behind_that_a_new_one_does_not_mend(trained, timings):
    """The engine itself, with `kill -9`, over a running step."""
    if os.environ.get("MICROSTEP_FAULTS_ENGINE") != "1":
        pytest.skip("kills this machine's container engine: make test-faults does, with MICROSTEP_FAULTS_ENGINE=1")
    run, _ = paused(trained, "generate", "generate", DAYS[8])
    begin = time.monotonic()
    subprocess.run(["pkill", "-9", "-x", "dockerd"], check=True)
    subprocess.run(["pkill", "-9", "-x", "containerd"], check=False)
    time.sleep(3)
    subprocess.run(["make", "docker"], cwd=trained.checkout, check=True, capture_output=True, timeout=300)
    trained.run("make", "--no-print-directory", "up")
    assert final_state(trained, "generate", run, 400) == "success", explain(trained, "generate")
    wait(lambda: containers(trained) == [], 60, "no container left")
    timings.append(f"engine killed over a running step: the run was done {time.monotonic() - begin:.0f} s after")


def test_old_datasets_go_and_what_the_champion_needs_stays(trained):
    shown = trained.run("make", "--no-print-directory", "prune", "KEEP_DAYS=1", "YES=1").stdout
    assert f"raw/{DAYS[2]}/data" in shown
    assert not (trained.data / "raw" / DAYS[2]).exists()
    assert (trained.data / "raw" / DAYS[1] / "data" / "manifest.json").exists()
    assert trained.airflow.run_days("predict", [DAYS[1]]) == {DAYS[1]: "success"}, explain(trained, "predict")
