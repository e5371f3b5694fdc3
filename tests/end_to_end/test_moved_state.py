"""A backup of the whole state is restored into an empty stack; after all the trouble nothing is left over."""

import subprocess
import time

import pytest
from stack_helpers import DAYS, compose, containers, explain

REGISTRY = [f"registry-{step}" for step in ("train", "validate", "predict")]


@pytest.fixture(scope="module")
def backup(trained, tmp_path_factory, timings):
    """A backup of the stack."""
    folder = tmp_path_factory.mktemp("state") / "backup"
    begin = time.monotonic()
    trained.run("make", "--no-print-directory", "backup", f"TO={folder}")
    timings.append(f"backup: {time.monotonic() - begin:.0f} s")
    return folder


def test_a_backup_brings_an_empty_stack_to_the_same_predictions(trained, backup, timings):
    before = trained.manifest("predictions", DAYS[1])
    old = trained.password()
    trained.run("make", "--no-print-directory", "down")
    compose(trained, "down", "--volumes")
    trained.run("sh", "-c", "find data -mindepth 1 -not -name .gitignore -delete; rm pipeline.toml .env")
    begin = time.monotonic()
    trained.run("make", "--no-print-directory", "restore", f"FROM={backup}")
    trained.run("make", "--no-print-directory", "up")
    assert trained.password() == old
    trained.run("sh", "-c", f"rm -r data/predictions/{DAYS[1]}")
    assert trained.airflow.run_days("predict", [DAYS[1]]) == {DAYS[1]: "success"}, explain(trained, "predict")
    after = trained.manifest("predictions", DAYS[1])
    assert (after["fingerprint"], after["files"]) == (before["fingerprint"], before["files"])
    timings.append(f"restore and start {time.monotonic() - begin:.0f} s: the same predictions")


def test_a_damaged_backup_and_a_stack_that_is_not_empty_are_refused(trained, backup):
    words = ["python3", "ops/restore.py", str(backup)]
    refused = subprocess.run(words, cwd=trained.checkout, capture_output=True, text=True, check=False)
    assert refused.returncode == 73
    assert "the stack must be empty" in refused.stderr
    content = bytearray((backup / "files.tar").read_bytes())
    content[len(content) // 2] ^= 1
    (backup / "files.tar").write_bytes(content)
    refused = subprocess.run(words, cwd=trained.checkout, capture_output=True, text=True, check=False)
    assert "this backup is damaged" in refused.stderr


def test_nothing_of_all_that_left_a_container_a_volume_or_a_staging_directory(trained):
    assert containers(trained) == []
    assert [path.name for path in trained.data.rglob(".staging-*")] == []
    volumes = trained.run("docker", "volume", "ls", "--quiet", "--filter=name=microstep").stdout.split()
    assert set(volumes) == {
        f"microstep_{name}"
        for name in ("secrets", "postgres", "mlflow-artifacts", "airflow-logs", "airflow-mails", *REGISTRY)
    }
