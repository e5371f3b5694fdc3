"""docs/tutorial.md, walked from top to bottom in a copy of the checkout.

Its commands are run as they stand, in one shell a block. Of the part with Docker, `make` is left to tests/end_to_end, and a
step's container is the step in its own environment, with the mounted paths put back; tests/conformance runs the images.
"""

import os
import re
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STACK = ("make build", "make up", "make backfill")
CHECKOUT = (
    "Makefile",
    "dev",
    "demo",
    "ops",
    "services",
    "libs",
    "infra",
    "pipeline.toml",
    "pipelines",
    "pyproject.toml",
)


def blocks():
    """The blocks of the page that a shell runs."""
    text = (ROOT / "docs" / "tutorial.md").read_text()
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [re.sub(r"\\\n\s*", "", block) for language, block in found if not language]


def here(line):
    """`docker run … microstep-STEP ARGUMENTS` as a command of this machine."""
    words, _, output = line.partition(" > ")
    words = words.split()
    mounts = dict(word.split(":")[:2][::-1] for before, word in pairwise(words) if before == "-v")
    image = next(index for index, word in enumerate(words) if word.startswith("microstep-"))
    step = words[image].removeprefix("microstep-")
    arguments = [mounts.get(word, word) for word in words[image + 1 :]]
    config = "" if "infer" in arguments else " --data-root data --config pipeline.toml"
    path = ":".join(f"{ROOT}/{part}" for part in ("libs/contract", "libs/analysis", f"services/{step}"))
    command = f"PYTHONPATH={path} {ROOT}/.venvs/{step}/bin/python -m {step} {' '.join(arguments)}{config}"
    return f"{command} > {output}" if output else command


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The copy after all commands, and what each block printed."""
    home = tmp_path_factory.mktemp("tutorial")
    for name in CHECKOUT:
        source = ROOT / name
        ignored = shutil.ignore_patterns("__pycache__", ".mypy_cache")
        shutil.copytree(source, home / name, ignore=ignored) if source.is_dir() else shutil.copy(source, home / name)
    (home / ".venvs").symlink_to(ROOT / ".venvs")
    (home / "data").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "MICROSTEP", "PYTHON"))}
    printed = []
    for block in blocks():
        lines = [here(line) if line.startswith("docker run") else line for line in block.splitlines()]
        script = "\n".join(line for line in lines if not line.startswith(STACK))
        done = subprocess.run(
            ["bash", "-e", "-c", script], cwd=home, env=kept, capture_output=True, text=True, check=False
        )
        printed.append(done.stdout + done.stderr)
        assert done.returncode == 0, f"{block}\n{printed[-1]}"
    return home, printed


def test_the_page_has_commands():
    typed = "\n".join(blocks())
    assert all(
        command in typed for command in ("make try FILE=orders.csv TARGET=returned", "make up", "infer", "split")
    )


def test_the_first_run_ends_with_a_model_in_use_and_predictions(walked):
    home, printed = walked
    first = next(text for text in printed if "make try took" in text)
    assert "verdict    promoted (in use): it passes every rule of the gate" in first
    assert list(home.glob(".try/orders-*/data/predictions/*/manifest.json"))


def test_the_page_shows_the_lines_that_are_printed(walked):
    """In the same words; another processor may differ in a score's last digits."""
    _, printed = walked
    shown = re.sub(r"\d", "0", (ROOT / "docs" / "tutorial.md").read_text())
    first = next(text for text in printed if "make try took" in text)
    for title in ("trained", "metric", "judged", "verdict", "predicted", "live", "report"):
        (line,) = re.findall(rf"^{title} +.*$", first, re.MULTILINE)
        assert re.sub(r"\d", "0", line) in shown


def test_another_candidate_is_trained_a_higher_minimum_refuses_and_a_wrong_key_is_named(walked):
    home, printed = walked
    tried = [text for text in printed if "make try took" in text]
    assert "neighbours" in next(home.glob(".try/orders-*/pipeline.toml")).read_text()
    assert re.search(r"verdict    refused \(not in use\): roc_auc 0\.\d+ misses gate.minimums.roc_auc 0.999", tried[-1])
    assert "did you mean 'window_days'?" in "".join(printed)


def test_the_days_for_the_stack_are_in_the_inbox(walked):
    home, _ = walked
    assert 'target = "returned"' in (home / "pipeline.toml").read_text()
    days = sorted(path.parent.name for path in home.glob("data/inbox/*/_SUCCESS"))
    assert (days[0], days[-1], len(days)) == ("2026-03-02", "2026-03-27", 20)
