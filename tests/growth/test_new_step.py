"""`make step`: what it makes passes every check at once, and what it cannot make it refuses whole."""

import subprocess
import sys

import pytest
from conftest import NAME, ROOT

FILES = [
    "README.md",
    "airflow/microstep_airflow/steps.py",
    "docker-compose.yml",
    "infra/socket-proxy/socket_proxy/rules.py",
    f"services/{NAME}/",
]


def test_it_makes_a_folder_and_four_entries_and_names_them(grown):
    paths = grown.changed()
    assert sorted({*paths} - {"airflow/dags/predict.py"}) == FILES
    assert [path for path in FILES if path not in grown.said] == []
    added = grown.git("diff", "--numstat", "--", *FILES[:-1]).splitlines()
    assert [line.split("\t")[:2] for line in added] == [["1", "0"], ["1", "0"], ["6", "0"], ["1", "0"]]
    assert not (grown.root / ".step").exists()


def test_the_new_part_passes_its_checks(grown):
    said = grown.type("dev/test", NAME)
    assert "16 passed" in said
    assert "suites: 1 passed, 0 failed, 0 skipped" in said


def test_all_else_that_looks_at_steps_finds_it_and_nothing_wrong(grown):
    ruff = ("-m", "ruff")
    grown.python("dev", *ruff, "check", "--no-cache", ".")
    grown.python("dev", *ruff, "format", "--check", "--no-cache", ".")
    grown.git("add", "--all")  # some checks ask git which files there are
    tests = ("dev/tests/test_structure.py", "dev/tests/test_affected.py", "dev/tests/test_suites.py")
    tests += ("dev/tests/test_lock.py", "dev/tests/test_sbom.py", "ops/tests/test_compose.py", "tests/test_docs.py")
    grown.python("dev", "-m", "pytest", "-q", "-k", "not decision", *tests)  # no step has one
    listed = grown.python("dev", "-m", "pytest", "-q", "--collect-only", "tests/conformance")
    assert listed.count(f"[{NAME}") >= 30
    grown.git("reset", "--quiet")


def test_ci_gives_it_a_job(grown):
    asked = "import affected; print(*affected.affected([f'services/{name}/x.py' for name in ('enrich',)]))"
    assert NAME in grown.python("dev", "-c", asked, PYTHONPATH="dev").split()


def test_its_image_may_be_started(grown):
    asked = f"""
from socket_proxy.rules import Request, judge
from socket_proxy.settings import Settings
for name in ("{NAME}", "{NAME}ed"):
    print(judge(Request("GET", f"/v1.45/images/microstep-{{name}}/json"), Settings("/srv", 1, 1.0)))
"""
    allowed, other = grown.python("socket-proxy", "-c", asked, PYTHONPATH="infra/socket-proxy").splitlines()
    assert allowed.startswith("Request(")
    assert other.startswith("Refusal(")


def test_its_lock_is_what_the_lock_command_writes(grown):
    folder = grown.root / "services" / NAME
    pins = [line for line in (folder / "requirements.txt").read_text().splitlines() if not line.startswith("    #")]
    contract = (ROOT / "libs/contract/requirements.txt").read_text().splitlines()
    assert pins == [line for line in contract if not line.startswith("    #")]
    assert "-r ../../libs/contract/requirements.in" in (folder / "requirements.txt").read_text()


PARSE = """
import sys
from airflow.dag_processing.dagbag import DagBag
bag = DagBag("airflow/dags")
assert not bag.import_errors, bag.import_errors
task = bag.dags["predict"].get_task(sys.argv[1])
print(task.operator_class.__name__, *task.upstream_task_ids)
"""


def test_the_line_that_it_ends_with_gives_it_a_place_in_a_dag(in_a_dag, tmp_path):
    variables = {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "MICROSTEP_RUNNER": "docker",
        "MICROSTEP_HOST_ROOT": "/srv/microstep",
        "MICROSTEP_CONFIG": str(in_a_dag.root / "pipeline.toml"),
    }
    said = in_a_dag.python("airflow", "-c", PARSE, NAME, PYTHONPATH="libs/contract:airflow", **variables)
    assert said.splitlines()[-1] == "DockerStepOperator predict"


def test_with_that_line_the_checks_of_the_dags_and_of_the_pages_pass(in_a_dag):
    path = "libs/contract:airflow:infra/socket-proxy"
    tests = ("airflow/tests/test_dags.py", "airflow/tests/operators/test_docker_step.py")
    in_a_dag.python("airflow", "-m", "pytest", "-q", *tests, PYTHONPATH=path)
    in_a_dag.python("dev", "-m", "pytest", "-q", "tests/test_docs.py", "-k", "data_flow")


def test_a_second_time_it_refuses_and_changes_nothing(grown):
    before = grown.contents()
    assert "services/enrich is there" in grown.step(NAME, code=2)
    assert grown.contents() == before


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("", "must be given"),
        ("Enrich", "must be of a-z"),
        ("9lives", "begin with a letter"),
        ("a__b", "single _"),
        ("a_", "single _"),
        ("a-b", "must be of a-z"),
        ("../x", "must be of a-z"),
        ("$(touch x)", "must be of a-z"),
        ("a" * 31, "at most 30"),
        ("class", "a keyword of Python's"),
        ("json", "hide a module of Python's"),
        ("train", "services/train is there"),
        ("test_it", "begin as tests do"),
        ("mlflow", "the folder infra/mlflow"),
        ("maildev", "a service"),
        ("faults", "a suite of dev/test"),
        ("maintenance", "a DAG"),
        ("first_training", "a task of Airflow's"),
        ("each_day", "a task of Airflow's"),
        ("predictions", "a place in the data root"),
        ("pyarrow", "a package of"),
        ("analysis", "the folder"),
    ],
)
def test_a_name_that_means_something_else_is_refused(bare, name, says):
    assert says in bare.step(name, code=2)
    assert bare.changed() == []


@pytest.mark.parametrize("name", ["a", "acme", "contract_more", "zeta2", "abcdefghijklmnopqrstuvwxyz1234"])
def test_its_code_is_in_order_whatever_the_name(bare, name):
    bare.step(name)
    try:
        bare.python("dev", "-m", "ruff", "check", "--no-cache", f"services/{name}")
        bare.python("dev", "-m", "ruff", "format", "--check", "--no-cache", f"services/{name}")
    finally:
        bare.anew()


def test_two_steps_stand_beside_each_other(bare):
    try:
        bare.step("enrich")
        bare.step("distil")
        bare.python(
            "dev",
            "-m",
            "pytest",
            "-q",
            "dev/tests/test_structure.py",
            "tests/test_docs.py",
            "-k",
            "steps or step or flow or package",
        )
    finally:
        bare.anew()


@pytest.mark.parametrize(
    ("path", "old"),
    [
        ("docker-compose.yml", "\nnetworks:\n"),
        ("airflow/microstep_airflow/steps.py", "STEPS = {"),
        ("infra/socket-proxy/socket_proxy/rules.py", "STEPS = ("),
        ("README.md", "| step | reads"),
        ("airflow/dags/predict.py", "steps=["),
    ],
)
def test_a_file_without_a_place_for_it_is_named_and_nothing_is_written(bare, path, old):
    file = bare.root / path
    try:
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, "\n", 1))
        said = bare.step(NAME, code=2)
        assert path in said
        assert "nothing was written" in said
        assert bare.changed() == [path]
    finally:
        bare.anew()


KILLED = """
import os, sys
from pathlib import Path
sys.argv = ["step", "--name", sys.argv[1], ]
left = int(os.environ["AFTER"])
def counted(function):
    def call(*arguments, **options):
        global left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), 9)
        return function(*arguments, **options)
    return call
Path.write_text, Path.rename, Path.mkdir, os.replace = map(counted, (Path.write_text, Path.rename, Path.mkdir, os.replace))
from new_step.command import main
sys.exit(main())
"""


def test_what_is_killed_at_any_moment_is_gone_on_with_by_the_same_command(bare):
    bare.step(NAME)
    whole, moments = bare.contents(), 0
    try:
        while True:
            bare.anew()
            command = [sys.executable, "-c", KILLED, NAME]
            variables = {"AFTER": str(moments), "PYTHONPATH": "ops:dev", "PATH": "/usr/bin:/bin"}
            ended = subprocess.run(command, cwd=bare.root, env=variables, capture_output=True, check=False)
            if ended.returncode == 0:
                break
            assert ended.returncode == -9, ended.stderr
            assert not (bare.root / "services" / NAME).exists(), "the folder comes last, whole"
            if (bare.root / ".step" / NAME).exists():
                assert f"make step NAME={NAME} was begun and did not end" in bare.step("other", code=2)
            bare.step(NAME)
            assert bare.contents() == whole, f"killed at {moments}"
            assert not (bare.root / ".step").exists()
            moments += 1
    finally:
        bare.anew()
    assert moments > 20
