"""dev/affected.py, on git repositories made for the test."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from checkout.steps import FIVE, added, library_of, steps

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "dev/affected.py"
STEPS = {*steps()}
ADDED = {step for step in added() if library_of(step) == "analysis"}
# whose tests look into the services, or run them
USERS = {"contract", "airflow", "docs"}
WHOLE = {
    *("demo", "faults", "oracle", "compatibility", "browser", "notebooks", "conformance", "end-to-end", "machines"),
    *("growth", "site"),
}
ALL = (
    STEPS
    | {"contract", "analysis", "airflow", "mlflow", "socket-proxy", "scaling", "escape", "gateways", "dev", "docs"}
    | WHOLE
)


class Repository:
    """A git repository with one commit on `main`."""

    def __init__(self, path):
        self.path = path
        self.git("init", "--quiet", "--initial-branch=main")
        self.base = self.commit("services/train/train/fit.py", "airflow/dags/train.py")

    def git(self, *args):
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
        done = subprocess.run(["git", *identity, *args], cwd=self.path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, *paths):
        for path in paths:
            file = self.path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{path} {len(file.read_text()) if file.exists() else 0}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "change")
        return self.git("rev-parse", "HEAD")

    def ask(self, *args):
        command = [sys.executable, SCRIPT, *args]
        return subprocess.run(command, cwd=self.path, check=True, capture_output=True, text=True)

    def affected(self, *paths):
        self.commit(*paths)
        return set(self.ask("--base", self.base).stdout.split())


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


def test_a_service_affects_itself_and_what_runs_it_and_no_other_service(repository):
    assert repository.affected("services/train/train/fit.py") == {"train"} | USERS | WHOLE


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("services/generate/requirements.txt", {"generate"} | USERS | WHOLE),
        ("airflow/dags/train.py", {"contract", "airflow", "demo", "end-to-end", "machines", "growth", "docs"}),
        (
            "libs/analysis/analysis/drift/findings.py",
            {"analysis", "train", "validate", "predict"} | ADDED | USERS | WHOLE,
        ),
        ("libs/analysis/analysis/pages/page.py", {*FIVE} - {"preprocess"} | {"analysis"} | ADDED | USERS | WHOLE),
        (
            "infra/mlflow/Dockerfile",
            {"mlflow", "train", "validate", "demo", "compatibility", "end-to-end", "machines", "docs"},
        ),
        (
            "infra/socket-proxy/socket_proxy/rules.py",
            {"socket-proxy", "escape", "airflow", "end-to-end", "machines", "growth", "docs"},
        ),
        ("docker-compose.yml", {"dev", "end-to-end", "gateways", "machines", "growth", "docs"}),
        ("ops/doctor.py", {"dev", "site", "demo", "end-to-end", "gateways", "machines", "docs"}),
        ("bench/scaling/work.py", {"dev", "scaling", "docs"}),
        ("tests/conformance/test_image.py", {"conformance", "growth", "docs"}),
    ],
)
def test_a_part_affects_itself_and_the_whole_stack(repository, path, parts):
    assert repository.affected(path) == parts


def test_the_contract_affects_all_that_use_it(repository):
    parts = repository.affected("libs/contract/contract/layout.py")
    assert parts == STEPS | {"analysis"} | USERS | WHOLE


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/ci.yml",
        ".ci/run",
        "dev/requirements.txt",
        "infra/images/uv.txt",
        "pyproject.toml",
        "Makefile",
    ],
)
def test_what_builds_and_tests_the_parts_affects_all(repository, path):
    assert repository.affected(path) == ALL


@pytest.mark.parametrize(
    "path", ["README.md", "docs/operations.md", "services/train/README.md", "libs/contract/README.md"]
)
def test_a_page_affects_the_docs_and_the_site_alone(repository, path):
    assert repository.affected(path) == {"docs", "site"}


def test_a_file_that_no_rule_knows_affects_all(repository):
    assert repository.affected("something-new.cfg") == ALL


def test_a_folder_is_not_taken_for_one_whose_name_it_begins_with(repository):
    assert repository.affected("services/training/x.py") == USERS | WHOLE


def test_a_renamed_file_affects_the_part_that_it_left(repository):
    (repository.path / "services/predict").mkdir()
    repository.git("mv", "services/train/train/fit.py", "services/predict/fit.py")
    assert repository.affected() >= {"train", "predict"}


def test_a_removed_file_affects_its_part(repository):
    repository.git("rm", "--quiet", "airflow/dags/train.py")
    assert repository.affected() == {"contract", "airflow", "demo", "end-to-end", "machines", "growth", "docs"}


def test_a_name_with_spaces_and_accents_is_read_whole(repository):
    assert repository.affected("services/train/a  naïve\nname.py") == {"train"} | USERS | WHOLE


def test_what_others_changed_on_the_base_meanwhile_does_not_count(repository):
    repository.git("switch", "--quiet", "--create", "feature")
    repository.commit("services/train/new.py")
    repository.git("switch", "--quiet", "main")
    repository.commit("infra/socket-proxy/new.py")
    parts = repository.ask("--base", "main", "--head", "feature").stdout.split()
    assert "train" in parts
    assert "socket-proxy" not in parts


def test_no_change_affects_nothing(repository):
    assert repository.ask("--base", repository.base, "--format", "json").stdout == "[]\n"


@pytest.mark.parametrize("base", ["0" * 40, "no-such-branch", "", "--output=x"])
def test_a_base_that_git_does_not_know_means_all_and_says_so(repository, base):
    answer = repository.ask(f"--base={base}")
    assert set(answer.stdout.split()) == ALL
    assert "all parts" in answer.stderr
    assert not (repository.path / "x...HEAD").exists()


def test_json_is_one_list_on_one_line_for_a_job_matrix(repository):
    repository.commit("services/train/new.py")
    out = repository.ask("--base", repository.base, "--format", "json").stdout
    assert out.count("\n") == 1
    assert json.loads(out) == [
        *("contract", "train", "airflow", "site", "demo", "faults", "oracle", "compatibility", "browser", "notebooks"),
        *("conformance", "end-to-end", "machines", "growth", "docs"),
    ]


def test_every_file_of_this_repository_has_a_rule():
    spec = importlib.util.spec_from_file_location("changed", SCRIPT)
    changed = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(changed)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = listed.split("\0")[:-1]
    assert "pipeline.toml" in files
    assert [
        path for path in files if set(changed.affected([path])) == ALL and not path.startswith(changed.FOR_ALL)
    ] == []


def test_every_suite_of_the_tests_is_a_part_so_that_ci_leaves_none_out():
    """`images` builds what the others need; a part builds its own."""
    usage = subprocess.run([ROOT / "dev/test", "--help"], check=True, capture_output=True, text=True).stdout
    usage = " ".join(usage.split()).replace("- ", "-")  # a line may end at a hyphen
    suites = set(usage.partition("all by default: ")[2].partition(" options:")[0].split(", "))
    assert suites - {"images"} == ALL
