"""The rules for everything in .github/workflows/."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)


def test_there_are_workflows():
    assert [path.name for path in WORKFLOWS] == ["ci.yml", "service.yml"]


@each_workflow
def test_actions_are_pinned_by_commit_with_their_version_beside_it(workflow):
    used = re.findall(r"uses: (.+)", workflow.read_text())
    assert used
    own = r"\./\.github/workflows/[\w-]+\.yml"
    assert [
        action for action in used if not re.fullmatch(rf"{own}|[\w/-]+@[0-9a-f]{{40}} # v\d+\.\d+\.\d+", action)
    ] == []


@each_workflow
def test_nothing_is_permitted_unless_a_job_says_so_and_then_only_reading(workflow):
    text = workflow.read_text()
    assert re.search(r"^permissions: \{\}$", text, re.MULTILINE)
    assert set(re.findall(r"^ +(\w+): (?:read|write)$", text, re.MULTILINE)) <= {"contents"}
    assert "write" not in text
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")


@each_workflow
def test_no_script_has_an_expression_in_it_where_a_name_could_become_code(workflow):
    scripts = re.findall(r"^( +)(?:- )?run: (\|\n(?:\1 {2,}.*\n)+|.*)", workflow.read_text(), re.MULTILINE)
    assert scripts
    assert [script for _, script in scripts if "${{" in script] == []


def test_the_workflow_always_runs_and_its_last_job_always_reports():
    text = (ROOT / ".github/workflows/ci.yml").read_text()
    assert "paths:" not in text
    assert "paths-ignore:" not in text
    required = text.partition("\n  required:")[2]
    assert "if: always()" in required
    assert "needs: [changes, part]" in required


@pytest.mark.parametrize(
    ("changes", "parts", "result", "passes"),
    [
        ("success", '["train"]', "success", True),
        ("success", "[]", "skipped", True),
        ("success", '["train"]', "failure", False),
        ("success", '["train"]', "cancelled", False),
        ("success", '["train"]', "skipped", False),
        ("failure", "", "skipped", False),
    ],
)
def test_the_last_job_passes_only_when_all_did(changes, parts, result, passes):
    text = (ROOT / ".github/workflows/ci.yml").read_text().partition("\n  required:")[2]
    script = text.partition("run: |\n")[2]
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        env={"CHANGES": changes, "PARTS": parts, "RESULT": result, "PATH": "/usr/bin:/bin"},
        check=False,
        capture_output=True,
    )
    assert (done.returncode == 0) == passes
