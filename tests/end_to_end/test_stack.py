"""The stack itself, other tables, other sources, failures; the real table is in test_models."""

import csv
import json
import re

import pytest
from stack import running_containers
from stack_helpers import days, mails_after, run, run_range


def test_the_stack_is_healthy_in_under_three_minutes(stack, timings):
    timings.append(f"make up   {stack.start_seconds:6.1f} s   (images built)")
    assert stack.start_seconds < 180
    health = stack.airflow.health()
    assert {part["status"] for part in health.values() if part["status"]} == {"healthy"}


def test_every_port_listens_on_the_loopback_alone(stack):
    published = stack.run("docker", "compose", "ps", "--format", "{{.Ports}}").stdout
    addresses = re.findall(r"(\S+):\d+->", published)
    assert set(addresses) == {"127.0.0.1"}


def test_the_engines_socket_is_in_the_proxy_alone(stack):
    ids = stack.run("docker", "compose", "ps", "--quiet").stdout.split()
    form = "{{.Name}} {{range .Mounts}}{{.Source}} {{end}}"
    mounts = stack.run("docker", "inspect", "--format", form, *ids).stdout
    holders = [line.split()[0] for line in mounts.splitlines() if "docker.sock" in line]
    assert [name.removeprefix("/") for name in holders] == ["microstep-socket-proxy-1"]


def test_a_data_root_of_roots_is_handed_over_with_all_that_lies_in_it(owners):
    """Steps never run as root, and could not write there."""
    [owner] = owners
    assert owner != 0


@pytest.mark.parametrize(
    ("name", "target", "task", "scorer", "least"),
    [("diabetes", "target", "regression", "r2", 0.3), ("wine", "target", "multiclass", "accuracy", 0.9)],
)
def test_other_tables_run_as_they_are_inferred(stack, timings, tmp_path, name, target, task, scorer, least):
    """scikit-learn's bundled sets as CSV: no edit between infer and the run."""
    load = f"from sklearn.datasets import load_{name} as load; print(load(as_frame=True).frame.to_csv(index=False))"
    table = stack.run("docker", "run", "--rm", "--network=none", "--entrypoint=python", "microstep-train", "-c", load)
    rows = list(csv.reader(table.stdout.strip().splitlines()))
    # the set is sorted by class: a day must not hold one class alone
    rows[1:] = [row for offset in range(7) for row in rows[1 + offset :: 7]]
    file = tmp_path / f"{name}.csv"
    file.write_text("".join(",".join(row) + "\n" for row in rows))
    arrived = days(3)
    stack.use_table(file, target, arrived)
    assert f'task = "{task}"' in (stack.checkout / "pipeline.toml").read_text()
    run_range(stack, timings, "generate", arrived)
    run(stack, timings, "train", arrived[-1:])
    run(stack, timings, "predict", arrived[-1:])
    verdict = stack.verdict(arrived[-1])
    score = verdict["challenger"]["metrics"][scorer]
    timings.append(f"{name:<9} test {scorer} {score:.4f} on {verdict['rows']} rows, {verdict['decision']}")
    assert score >= least
    assert stack.manifest("predictions", arrived[-1])["counts"]["rows_out"] > 0


def test_what_the_steps_wrote_belongs_to_the_owner_of_the_data_root(stack):
    owner = stack.data.stat()
    assert owner.st_uid != 0
    # the inbox is the tests' own doing
    written = [path for path in stack.data.rglob("*") if path.name != ".gitignore" and "inbox" not in path.parts]
    assert len(written) > 30
    assert {path.stat().st_uid for path in written} == {owner.st_uid}


def test_a_failing_step_is_one_mail_that_says_where_and_why(stack):
    """A day whose file breaks the contract: DAG, task, day, the error line, the link, and no second mail."""
    day = "2026-10-30"
    inbox = stack.data / "inbox" / day
    inbox.mkdir()
    (inbox / "broken.csv").write_text("alpha,target\n1,2\n")
    (inbox / "_SUCCESS").touch()
    before = len(stack.mails())
    assert stack.airflow.run_days("generate", [day]) == {day: "failed"}
    mails = mails_after(stack, before, f"generate {day}")
    assert len(mails) == 1
    text = mails[0]["text"]
    for part in ("generate", day, f"inbox/{day}/broken.csv", "alpha", "http://localhost:8080/dags/generate/runs/"):
        assert part in text
        assert part in mails[0]["html"]


def test_the_registry_knows_the_champion(stack):
    """MLflow's alias and the pointer name the same version."""
    pointer = json.loads((stack.data / "models" / "champion.json").read_text())
    name = re.search(r'(?m)^name = "(.*)"', (stack.checkout / "pipeline.toml").read_text())[1]
    version = stack.registry(f"registered-models/alias?name={name}&alias=champion")["model_version"]
    assert version["version"] == pointer["version"]
    assert {tag["key"]: tag["value"] for tag in version["tags"]}["sha256"] == pointer["sha256"]


def test_a_step_runs_by_hand_through_compose(stack):
    """`docker compose run --rm`: the same container, the same files; the second time nothing to do."""
    done = stack.run("docker", "compose", "run", "--rm", "generate", "--day", days(1)[0])
    assert "up to date" in done.stderr


def test_a_query_against_a_database_brings_the_day_in(stack):
    """`source.kind = "sql"` on the stack's own PostgreSQL, with the URL as a secret file."""
    day = days(1)[0]
    table = f"""
        create table wines as select n as id, n * 0.5 as alpha, (n % 2)::text as target, date '{day}' as day
        from generate_series(1, 300) n;
        create user reader password 'only-read';
        grant select on wines to reader;
        grant connect on database postgres to reader;
    """
    stack.run(
        "docker", "compose", "exec", "-T", "postgres", "psql", "-qU", "postgres", "-v", "ON_ERROR_STOP=1", "-c", table
    )
    (stack.checkout / "secrets" / "sql" / "sql_url").write_text("postgresql://reader:only-read@postgres:5432/postgres")
    (stack.checkout / "pipeline.toml").write_text(SQL_PIPELINE.format(day=day))
    words = ["docker", "compose", "run", "--rm", "generate", "--day", day, "--force"]
    done = stack.run("env", "MICROSTEP_GENERATE_NETWORK=microstep-sql", *words)
    assert stack.manifest("raw", day, "data")["counts"]["rows_out"] == 300
    assert stack.manifest("raw", day, "target")["counts"]["rows_out"] == 300
    assert "only-read" not in done.stdout + done.stderr + str(stack.manifest("raw", day, "data"))


SQL_PIPELINE = """
[source]
kind = "sql"
query = "select id, alpha, target from wines where day = :day order by id"

[table]
key = "id"
target = "target"
task = "binary"
positive = "1"

[columns.alpha]
type = "number"

[columns.target]
type = "category"
values = ["0", "1"]

[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = {day}
"""


def test_down_leaves_no_container_and_keeps_the_data(stack):
    """The last test: what is in volumes and in the data root stays for the next start."""
    before = sorted(path.as_posix() for path in stack.data.rglob("*"))
    stack.run("make", "--no-print-directory", "down")
    assert running_containers() == []
    assert sorted(path.as_posix() for path in stack.data.rglob("*")) == before
    volumes = stack.run("docker", "volume", "ls", "--quiet").stdout.split()
    assert {"microstep_postgres", "microstep_secrets", "microstep_mlflow-artifacts"} <= set(volumes)
