"""A disk fills, a file still grows, the engine is killed, old datasets are removed: what is on disk stays whole."""

import os
import re
import subprocess
import time
from contextlib import contextmanager

import pytest
from stack_helpers import (
    DAYS,
    all_healthy,
    at_length,
    compose,
    containers,
    explain,
    final_state,
    log_of,
    parse_anew,
    paused,
    train_anew,
    versions,
    wait,
    waits_for_a_retry,
)


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
        wait(lambda: waits_for_a_retry(trained, "generate", run, "generate"), 120, "generate to be tried again")
        log = log_of(trained, "generate", run, "generate", 1)
        assert "exit 73" in log
        assert "No space left" in log
        assert not (day / "data" / "manifest.json").exists(), "the day counts as made"
        assert not list(day.rglob(".*")), "a staging directory or half a manifest is left"
    finally:
        subprocess.run(["umount", "--lazy", day], check=True)
    assert final_state(trained, "generate", run, 300) == "success", explain(trained, "generate")


@contextmanager
def on_a_small_disk(stack, disk):
    """data/ is a file system of its own, with little room; what is in it then comes back to where it was."""
    airflow = ("airflow-apiserver", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
    owner, used = stack.data.stat(), stack.run("du", "--summarize", "--bytes", str(stack.data)).stdout.split()[0]
    options = f"size={int(used) + 2**25},uid={owner.st_uid},gid={owner.st_gid}"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("only root may mount a small disk")
    try:
        stack.run("cp", "--archive", f"{stack.data}/.", str(disk))
        stack.run("mount", "--bind", str(disk), str(stack.data))
        try:
            compose(stack, "restart", *airflow)  # they hold on to the folder that was mounted
            wait(lambda: all_healthy(stack), 180, "all parts after a restart")
            yield
        finally:
            stack.run("umount", "--lazy", str(stack.data))
            stack.run("find", str(stack.data), "-mindepth", "1", "-delete")
            stack.run("cp", "--archive", f"{disk}/.", str(stack.data))
            compose(stack, "restart", *airflow)
            wait(lambda: all_healthy(stack), 180, "all parts after a restart")
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)


def test_a_data_root_that_fills_in_a_training_costs_nothing_once_there_is_room(trained, tmp_path):
    at_length()
    before = versions(trained)
    with on_a_small_disk(trained, tmp_path):
        run, container = train_anew(trained)
        filler = trained.data / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(bytes(4096))
        trained.run("docker", "unpause", container)
        wait(lambda: waits_for_a_retry(trained, "train", run, "train"), 120, "train to be tried again")
        log = log_of(trained, "train", run, "train", 1)
        assert "exit 73" in log
        assert "No space left" in log
        assert not list(trained.data.rglob(".staging-*")), "half a model is left"
        filler.unlink()
        assert final_state(trained, "train", run, 300) == "success", explain(trained, "train")
    assert len(versions(trained)) == len(before) + 1
    assert trained.airflow.run_days("predict", [DAYS[1]]) == {DAYS[1]: "success"}, explain(trained, "predict")


def test_a_file_that_still_grows_in_the_inbox_is_not_taken(trained):
    """The marker alone says that a day is complete; what is half copied waits, whatever its name."""
    text = (trained.checkout / "pipeline.toml").read_text()
    inbox = trained.data / "inbox" / DAYS[7]
    inbox.mkdir(parents=True)
    (inbox / "half.csv").write_text("customer_id,ten")
    (trained.checkout / "pipeline.toml").write_text(
        re.sub(r'(?s)kind = "synthetic".*?\n\n', 'kind = "files"\n\n', text, count=1)
    )
    try:
        parse_anew(trained, "generate")
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
        parse_anew(trained, "generate")


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
    assert trained.airflow.run_days("generate", [DAYS[2]]) == {DAYS[2]: "success"}, explain(trained, "generate")
    shown = trained.run("make", "--no-print-directory", "prune", "KEEP_DAYS=1", "YES=1").stdout
    assert f"raw/{DAYS[2]}/data" in shown
    assert not (trained.data / "raw" / DAYS[2]).exists()
    assert (trained.data / "raw" / DAYS[1] / "data" / "manifest.json").exists()
    assert trained.airflow.run_days("predict", [DAYS[1]]) == {DAYS[1]: "success"}, explain(trained, "predict")
