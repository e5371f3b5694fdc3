"""Parts of the stack are killed, stopped and started while runs are under way; then its state is moved, its secrets changed.

A step's container is paused for the time of the trouble, so that it is at work for certain when it comes.
"""

import base64
import json
import os
import re
import ssl
import subprocess
import time
import urllib.request
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from urllib.error import HTTPError, URLError
from urllib.parse import quote

import pytest
import trustme
from stack import ROOT
from talk import days, explain, mails_after

DAYS = days(12)
CANARY = "c4n4ry"
REGISTRY = [f"registry-{step}" for step in ("train", "validate", "predict")]


@pytest.fixture(scope="module")
def up(stack):
    """The stack with synthetic data of its own, up again after the last test of test_stack."""
    text = (ROOT / "pipeline.toml").read_text()
    for shipped, small in {
        'name = "microstep" ': 'name = "trouble" ',
        "rows = 2000": "rows = 400",
        "window_days = 7": "window_days = 2",
        "max_iter = 100,": "max_iter = 10,",
        "minimums = { roc_auc = 0.70 }": "minimums = {}",
        "max_calibration_error = 0.10": "max_calibration_error = 1.0",
        "first_day = 2026-01-01": f"first_day = {DAYS[0]}",
    }.items():
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, small)
    stack.run("sh", "-c", "find data -mindepth 1 -not -name .gitignore -delete")
    (stack.checkout / "pipeline.toml").write_text(text)
    # nothing but the tests' own runs
    stack.run("sh", "-c", "echo MICROSTEP_SCHEDULE=false >> .env")
    stack.run("make", "--no-print-directory", "up")
    stack.run("docker", "compose", "exec", "-T", "airflow-dag-processor", "airflow", "dags", "reserialize")
    return stack


@pytest.fixture(scope="module")
def trained(up):
    """Two days, a champion and predictions."""
    assert set(up.airflow.run_days("generate", DAYS[:2]).values()) == {"success"}, explain(up, "generate")
    assert up.airflow.run_days("train", [DAYS[1]]) == {DAYS[1]: "success"}, explain(up, "train")
    assert up.airflow.run_days("predict", [DAYS[1]]) == {DAYS[1]: "success"}, explain(up, "predict")
    return up


def wait(look, seconds, what):
    """What `look` gives once it gives something; parts that are down are waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(HTTPError, URLError, ConnectionError, TimeoutError):
            if found := look():
                return found
        time.sleep(0.3)
    pytest.fail(f"did not come in {seconds} s: {what}")


def compose(stack, *words):
    return stack.run("docker", "compose", *words).stdout


def containers(stack):
    """The names of the steps' containers, ended ones too."""
    return stack.run("docker", "ps", "--all", "--filter=label=microstep.step", "--format={{.Names}}").stdout.split()


def paused(stack, dag, step, day):
    """Starts a run and pauses the container of its step; gives the run and the container's id."""
    run = stack.airflow.start(dag, day)
    name = f"microstep-{step}-{day}"

    def pause():
        done = subprocess.run(["docker", "pause", name], capture_output=True, check=False)
        return done.returncode == 0

    wait(pause, 90, f"container {name}")
    return run, stack.run("docker", "inspect", "--format={{.Id}}", name).stdout.strip()


def over(stack, dag, run, seconds):
    """How a run ended."""
    wait(lambda: stack.airflow.state(dag, run) in ("success", "failed"), seconds, f"end of {dag} {run}")
    return stack.airflow.state(dag, run)


def log_of(stack, dag, run, task, number):
    path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{number}"
    return json.dumps(stack.airflow.call("GET", path)["content"])


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
    owner = trained.data.stat()
    for path in (broken.parent, broken, broken / "manifest.json"):
        os.chown(path, owner.st_uid, owner.st_gid)
    assert trained.airflow.run_days("predict", [DAYS[9]]) == {DAYS[9]: "failed"}
    spool = ["airflow-dag-processor", "sh", "-c", "ls /opt/airflow/mails/new | wc -l"]
    wait(lambda: int(compose(trained, "exec", "-T", *spool)) >= 1, 60, "a mail that waits")
    compose(trained, "up", "--detach", "--wait", "maildev")
    trained.airflow.call("POST", "/api/v2/dags/chores/dagRuns", {"logical_date": None})
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
    assert over(trained, "generate", run, 60) == "success", explain(trained, "generate")
    assert over(trained, "train", training, 240) == "success", explain(trained, "train")
    wait(lambda: containers(trained) == [], 30, "no container left")
    timings.append(f"scheduler killed, MLflow and mail stopped: all well after {time.monotonic() - begin:.0f} s")


def test_a_task_that_is_marked_failed_or_cleared_leaves_no_container(trained):
    marked, first = paused(trained, "generate", "generate", DAYS[3])
    trained.airflow.call(
        "PATCH", f"/api/v2/dags/generate/dagRuns/{marked}/taskInstances/generate", {"new_state": "failed"}
    )
    wait(lambda: first[:12] not in trained.run("docker", "ps", "--all", "--quiet").stdout, 60, "the container to go")
    cleared, second = paused(trained, "generate", "generate", DAYS[4])
    trained.airflow.call(
        "POST",
        "/api/v2/dags/generate/clearTaskInstances",
        {"dry_run": False, "dag_run_id": cleared, "task_ids": ["generate"], "only_failed": False},
    )
    wait(lambda: second[:12] not in trained.run("docker", "ps", "--all", "--quiet").stdout, 60, "the container to go")
    assert over(trained, "generate", cleared, 120) == "success", explain(trained, "generate")
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
    assert over(trained, "generate", run, 60) == "success"
    assert over(trained, "generate", second, 60) == "success"
    assert "up to date" in log_of(trained, "generate", second, "generate", 1)


def test_a_database_that_goes_and_comes_back_in_mid_run_costs_nothing(trained, timings):
    run, container = paused(trained, "generate", "generate", DAYS[6])
    begin = time.monotonic()
    compose(trained, "stop", "postgres")
    time.sleep(5)
    compose(trained, "up", "--detach", "--wait", "postgres")
    trained.run("docker", "unpause", container)
    assert over(trained, "generate", run, 300) == "success", explain(trained, "generate")
    assert containers(trained) == []
    timings.append(
        f"PostgreSQL stopped and started in mid-run: the run was done {time.monotonic() - begin:.0f} s after"
    )


def chores(stack):
    """Have the chores done once; how each ended."""
    run = stack.airflow.call("POST", "/api/v2/dags/chores/dagRuns", {"logical_date": None})["dag_run_id"]
    over(stack, "chores", run, 120)
    return {task["task_id"]: task["state"] for task in stack.airflow.tasks("chores", run)}


def all_healthy(stack):
    return {part["status"] for part in stack.airflow.health().values() if part["status"]} == {"healthy"}


def test_a_pipeline_toml_that_an_editor_replaced_is_told_once_and_a_restart_takes_it_in(trained, timings):
    """Airflow's containers hold on to the file that was mounted; after what the mail says to type they have the new one."""
    config = trained.checkout / "pipeline.toml"
    new = config.with_name("new")
    new.write_text(f"{config.read_text()}\n# {CANARY}\n")
    new.rename(config)
    look = ["exec", "-T", "airflow-scheduler", "grep", "--count", CANARY, "/config/pipeline.toml"]
    seen = subprocess.run(
        ["docker", "compose", *look], cwd=trained.checkout, capture_output=True, text=True, check=False
    )
    assert seen.stdout.strip() == "0"
    subject = "Airflow still works by the old pipeline.toml"

    def told():
        return [mail for mail in trained.mails() if subject in mail["subject"]]

    assert chores(trained)["look_at_mounts"] == chores(trained)["look_at_mounts"] == "success"
    [mail] = wait(told, 60, "the mail")
    assert "docker compose restart" in mail["text"]
    begin = time.monotonic()
    compose(trained, "restart")
    wait(lambda: all_healthy(trained), 180, "all parts after a restart")
    timings.append(f"docker compose restart: all healthy after {time.monotonic() - begin:.0f} s")
    assert compose(trained, *look).strip() == "1"
    assert chores(trained)["look_at_mounts"] == "success"
    assert told() == []  # MailDev forgot the first one with its restart, and there is no second


PARTS = [
    *("postgres", "mlflow", "socket-proxy", "maildev"),
    *("airflow-apiserver", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer"),
]


def versions(stack):
    """The versions of the registered model."""

    def ask():
        found = stack.registry("model-versions/search?filter=name%3D%27trouble%27")
        return [version["version"] for version in found.get("model_versions", [])]

    return wait(ask, 60, "the registry")


def train_anew(stack):
    """Starts a training that has work to do, and pauses train; gives the run and the container's id."""
    config = stack.checkout / "pipeline.toml"
    other = re.sub(r"(?m)^seed = (\d+)$", lambda found: f"seed = {int(found[1]) + 1}", config.read_text())
    assert other != config.read_text()
    config.write_text(other)
    return paused(stack, "train", "train", DAYS[1])


def ends_well_and_once(stack, run, container, before):
    """The training goes on and succeeds, with one version more and no container left."""
    stack.run("docker", "unpause", container)
    assert over(stack, "train", run, 600) == "success", explain(stack, "train")
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
        said = log_of(trained, "generate", run, "generate", 1)
        assert "exit 73" in said
        assert "No space left" in said
        assert not list(day.rglob("*")), "half a day is left"
    finally:
        subprocess.run(["umount", "--lazy", day], check=True)
    assert over(trained, "generate", run, 300) == "success", explain(trained, "generate")


def at_length():
    """Leave a test out unless there is time for it."""
    if os.environ.get("MICROSTEP_FAULTS_STACK") != "1":
        pytest.skip("takes minutes: make test-faults does it, with MICROSTEP_FAULTS_STACK=1")


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
    assert over(trained, "generate", run, 400) == "success", explain(trained, "generate")
    wait(lambda: containers(trained) == [], 60, "no container left")
    timings.append(f"engine killed over a running step: the run was done {time.monotonic() - begin:.0f} s after")


def test_old_datasets_go_and_what_the_champion_needs_stays(trained):
    shown = trained.run("make", "--no-print-directory", "prune", "KEEP_DAYS=1", "YES=1").stdout
    assert f"raw/{DAYS[2]}/data" in shown
    assert not (trained.data / "raw" / DAYS[2]).exists()
    assert (trained.data / "raw" / DAYS[1] / "data" / "manifest.json").exists()
    assert trained.airflow.run_days("predict", [DAYS[1]]) == {DAYS[1]: "success"}, explain(trained, "predict")


def test_every_secret_is_replaced_and_nothing_is_lost(trained):
    """A variable that Airflow keeps encrypted can be read with the new key; the old log-in is no more."""
    airflow = ["exec", "-T", "airflow-scheduler", "airflow"]
    compose(trained, *airflow, "variables", "set", "kept", CANARY)
    old, people = trained.password(), trained.mlflow_password()
    trained.run("make", "--no-print-directory", "rotate", timeout=600)
    assert trained.password() != old
    assert trained.mlflow_password() != people
    assert compose(trained, *airflow, "variables", "get", "kept").strip() == CANARY
    key = compose(trained, "exec", "-T", "airflow-scheduler", "cat", "/run/microstep/airflow/fernet_key")
    assert "," not in key
    assert trained.airflow.run_days("predict", [DAYS[1]]) == {DAYS[1]: "success"}, explain(trained, "predict")


def test_no_secret_is_in_a_containers_description_a_log_a_mail_or_an_image(trained):
    """Every secret of the stack is looked for where people and programs look."""
    listing = "for file in $(find /run/microstep -type f); do cat $file; echo; done"
    helper = ["docker", "run", "--rm", "--network=none", "--volume=microstep_secrets:/run/microstep:ro"]
    texts = trained.run(*helper, "python:3.13-slim-trixie", "sh", "-c", listing).stdout
    secrets = {word for word in re.findall(r"[A-Za-z0-9_=-]{14,}", texts) if not word.startswith("postgresql")}
    assert len(secrets) >= 6
    ids = trained.run("docker", "ps", "--all", "--quiet").stdout.split()
    places = {
        "docker inspect": trained.run("docker", "inspect", *ids).stdout,
        "logs": trained.run("sh", "-c", "docker compose logs --no-color 2>&1").stdout,
        "Airflow's logs": compose(
            trained, "exec", "-T", "airflow-scheduler", "sh", "-c", "find /opt/airflow/logs -type f -exec cat {} +"
        ),
        "mails": json.dumps(trained.mails()),
        "images": "".join(
            trained.run("docker", "image", "inspect", image).stdout + trained.run("docker", "history", "--no-trunc", image).stdout
            for image in ("microstep-airflow", "microstep-mlflow", "microstep-train", "microstep-socket-proxy")
        ),
    }  # fmt: skip
    for place, text in places.items():
        assert len(text) > 100, place
        assert [secret[:3] for secret in secrets if secret in text] == [], place


def test_the_pages_are_behind_tls_and_a_log_in_when_asked_for(trained):
    secrets = trained.checkout / "secrets" / "tls"
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(secrets / "key.pem")
    (secrets / "cert.pem").write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    hashed = trained.run("openssl", "passwd", "-apr1", "a pass").stdout.strip()
    (secrets / "users").write_text(f"ada:{hashed}\n")
    owner = trained.data.stat()
    for path in secrets.iterdir():
        os.chown(path, owner.st_uid, owner.st_gid)
    both = ["--file", "docker-compose.yml", "--file", "docker-compose.tls.yml"]
    compose(trained, *both, "up", "--detach", "--build", "--wait", "--no-deps", "tls")
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)

    def status(port, path, user=None, scheme="https", origin=None):
        request = urllib.request.Request(f"{scheme}://localhost:{port}{path}")
        if origin:
            request.add_header("Origin", origin)
        if user:
            request.add_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=10, context=trusted if scheme == "https" else None) as answer:
                return answer.status
        except HTTPError as error:
            return error.code

    try:
        assert status(8443, "/api/v2/version") == 200
        person = f"admin:{trained.mlflow_password()}"
        experiments = "/api/2.0/mlflow/experiments/search?max_results=1"
        for port, path, right in ((8444, experiments, person), (8445, "/api/email", "ada:a pass")):
            assert status(port, path) == 401
            assert status(port, path, "ada:wrong") == 401
            assert status(port, path, right) == 200
            assert status(port, path, right, origin="https://evil.example") == 403
            assert status(port, path, right, origin=f"https://localhost:{port}") == 200
        assert status(8443, "/api/v2/version", origin="https://evil.example") == 403
        assert status(8443, "/", scheme="http") == 400
        with pytest.raises(URLError, match="certificate verify failed"):
            urllib.request.urlopen("https://localhost:8443/", timeout=10)
    finally:
        compose(trained, *both, "rm", "--stop", "--force", "tls")


def test_a_backup_brings_an_empty_stack_to_the_same_predictions(trained, tmp_path, timings):
    backup = tmp_path / "backup"
    begin = time.monotonic()
    trained.run("make", "--no-print-directory", "backup", f"TO={backup}")
    taken = time.monotonic() - begin
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
    timings.append(f"backup {taken:.0f} s, restore and start {time.monotonic() - begin:.0f} s: the same predictions")


def test_a_damaged_backup_and_a_stack_that_is_not_empty_are_refused(trained, tmp_path):
    backup = tmp_path / "damaged"
    trained.run("make", "--no-print-directory", "backup", f"TO={backup}")
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


def test_who_is_late_is_told_though_nothing_failed(trained):
    """Airflow's deadline alert: a run that waits for its data beyond schedule.deadline_hours."""
    config = trained.checkout / "pipeline.toml"
    config.write_text(
        config.read_text().replace("sensor_timeout_hours = 12", "deadline_hours = 0.002\nsensor_timeout_hours = 12")
    )
    compose(trained, "exec", "-T", "airflow-dag-processor", "airflow", "dags", "reserialize")
    before = len(trained.mails())
    when = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    body = {"logical_date": when, "conf": {"day": DAYS[10]}}
    run = trained.airflow.call("POST", "/api/v2/dags/predict/dagRuns", body)["dag_run_id"]
    [mail] = mails_after(trained, before, "predict is late", seconds=120)
    assert run in mail["subject"]
    assert "/dags/predict/runs/" in mail["text"]
    trained.airflow.call("PATCH", f"/api/v2/dags/predict/dagRuns/{quote(run)}", {"state": "failed"})
