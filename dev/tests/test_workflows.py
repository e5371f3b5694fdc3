"""The rules for everything in .github/workflows/."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from test_affected import ALL, Repository

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".venvs" / "workflows" / "bin"
"""dev/env workflows"""
LOAD = "import json, sys; from ruamel.yaml import YAML; print(json.dumps(YAML(typ='safe', pure=True).load(sys.stdin)))"
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


def loaded(text):
    """A workflow as GitHub reads it."""
    done = subprocess.run([TOOLS / "python", "-c", LOAD], input=text, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def expressions(node):
    """Every text in which GitHub looks for expressions."""
    match node:
        case dict():
            for key, value in node.items():
                yield from [value] if key == "if" and isinstance(value, str) else expressions(value)
        case list():
            for value in node:
                yield from expressions(value)
        case str():
            yield from re.findall(r"\$\{\{(.*?)\}\}", node)


def unknown_names(workflow):
    """What its expressions name and nothing in it declares: GitHub takes that for an empty text and says nothing."""
    unknown = []
    inputs = workflow.get("on", {}).get("workflow_call", {}) if isinstance(workflow.get("on"), dict) else {}
    for job in workflow["jobs"].values():
        needs = job.get("needs", [])
        needs = [needs] if isinstance(needs, str) else needs
        known = {
            "matrix": job.get("strategy", {}).get("matrix", {}).keys(),
            "inputs": inputs.get("inputs", {}).keys(),
            "needs": needs,
            "steps": {step["id"] for step in job.get("steps", []) if "id" in step},
        }
        unknown += [name for name in needs if name not in workflow["jobs"]]
        for text in expressions(job):
            unknown += [
                f"{context}.{name}"
                for context, name in re.findall(r"\b(matrix|inputs|needs|steps)\.([\w-]+)", text)
                if name not in known[context]
            ]
            unknown += [
                f"needs.{name}.outputs.{output}"
                for name, output in re.findall(r"\bneeds\.([\w-]+)\.outputs\.([\w-]+)", text)
                if name in workflow["jobs"] and output not in workflow["jobs"][name].get("outputs", {})
            ]
    return unknown


def complaints(folder):
    """What is wrong with the workflows of a folder `.github`: their form, what could harm, names that nothing declares."""
    files = sorted((folder / "workflows").glob("*.yml"))
    form = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files]
    harm = [TOOLS / "zizmor", "--offline", "--no-progress", "--quiet", "--color=never", folder / "workflows"]
    found = []
    for command in (form, harm):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found += [done.stdout + done.stderr] if done.returncode else []
    return found + [name for file in files for name in unknown_names(loaded(file.read_text()))]


def test_form_names_and_what_could_harm_are_as_they_should_be():
    assert complaints(ROOT / ".github") == []


@pytest.mark.parametrize(
    ("file", "right", "wrong", "word"),
    [
        ("ci.yml", "runs-on: ubuntu-24.04", "run-on: ubuntu-24.04", "run-on"),
        ("ci.yml", "timeout-minutes: 5", "timeout-minutes: soon", "soon"),
        ("service.yml", "description: a name", "describe: a name", "describe"),
        ("ci.yml", "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7", "unpinned-uses"),
        ("ci.yml", 'run: echo "parts=', 'run: echo "${{ github.head_ref }} parts=', "template-injection"),
        ("ci.yml", "needs.changes.outputs.parts != ", "needs.change.outputs.parts != ", "needs.change"),
        ("ci.yml", "needs.changes.outputs.parts != ", "needs.changes.outputs.part != ", "needs.changes.outputs.part"),
        ("ci.yml", "steps.parts.outputs.parts", "steps.part.outputs.parts", "steps.part"),
        ("ci.yml", "needs: [changes, part]", "needs: [changes]", "needs.part"),
        ("service.yml", "PART: ${{ inputs.part }}", "PART: ${{ inputs.parts }}", "inputs.parts"),
    ],
)
def test_a_mistake_in_a_workflow_is_found(tmp_path, file, right, wrong, word):
    shutil.copytree(ROOT / ".github", tmp_path / ".github")
    path = tmp_path / ".github" / "workflows" / file
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong))
    assert word in "\n".join(complaints(tmp_path / ".github"))


def step_of(file, job, *, having):
    """The one step of a job whose script has those words."""
    steps = loaded((ROOT / ".github/workflows" / file).read_text())["jobs"][job]["steps"]
    (step,) = [step for step in steps if having in step.get("run", "")]
    return step


@pytest.mark.parametrize("path", ["services/train/train/fit.py", "docs/gate.md", "Makefile", "airflow/dags/train.py"])
def test_the_jobs_are_the_parts_that_the_command_tells(tmp_path, path):
    """Its own script, on a change; a job for each part that comes out."""
    repository = Repository(tmp_path)
    (tmp_path / "dev").mkdir()
    shutil.copy(ROOT / "dev" / "affected.py", tmp_path / "dev" / "affected.py")
    shutil.copytree(ROOT / "ops" / "checkout", tmp_path / "ops" / "checkout")  # which knows the steps
    repository.base = repository.commit("unrelated.md")
    wanted = repository.affected(path)
    output = tmp_path / "output"
    variables = {"BASE": repository.base, "GITHUB_OUTPUT": str(output), "PATH": os.environ["PATH"]}
    script = step_of("ci.yml", "changes", having="dev/affected.py")["run"]
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=variables, check=True, capture_output=True)
    name, _, parts = output.read_text().strip().partition("=")
    assert (name, set(json.loads(parts))) == ("parts", wanted)
    assert loaded((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]["part"]["strategy"]["matrix"] == {
        "part": "${{ fromJSON(needs.changes.outputs.parts) }}"
    }


@pytest.mark.parametrize("part", sorted(ALL))
def test_the_job_of_a_part_ends_with_its_suite_after_the_images_that_it_needs(tmp_path, part):
    """The script with commands that only write down how they were called: which, and in which order, is the script's."""
    log = tmp_path / "log"
    for name in ("dev/test", "bin/make", "bin/apt-get", "bin/sudo"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        then = 'while [[ "$1" == -* ]]; do shift; done; exec "$@"' if name == "bin/sudo" else ""
        written = "" if name == "bin/sudo" else f'echo "{Path(name).name} $*" >> {log}'
        (tmp_path / name).write_text(f"#!/bin/bash\n{written}\n{then}\n")
        (tmp_path / name).chmod(0o755)
    variables = {"PART": part, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "MICROSTEP_TEST_ALL": "1"}
    script = step_of("service.yml", "check", having="dev/test")["run"]
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=variables, check=True)
    suites = [word for line in log.read_text().splitlines() if line.startswith("test ") for word in line.split()[1:]]
    assert suites[-1] == part
    assert suites[:-1] == (["images"] if part in {"escape", "conformance", "end-to-end", "growth", "machines"} else [])
    # without the broker's image their tests would be left out without a word
    assert ("make bases" in log.read_text()) == (part in {"gateways", "machines"})
