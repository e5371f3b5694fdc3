"""Run every fault-injection test, and print what was tried and what went wrong: the table of docs/reliability.md.

In full, which takes an hour; MICROSTEP_FAULTS_EVERY=5 breaks every fifth write only.
Arguments: parts of the paths of tests, to run these alone.
"""

from __future__ import annotations

import ast
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "ops"))

import kept  # noqa: E402

FULL = {
    "MICROSTEP_FAULTS_EVERY": "1",
    "MICROSTEP_FUZZ": "1000",
    "MICROSTEP_HISTORIES": "2000",
    "MICROSTEP_TABLES": "20000",
    "MICROSTEP_FAULTS_ENGINE": "1",
    "MICROSTEP_FAULTS_STACK": "1",
    "MICROSTEP_SEQUENCES": "500",
    "MICROSTEP_ENGINE_SEQUENCES": "3",
    "MICROSTEP_REGISTRIES": "all",
}
AIRFLOW = {
    "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("libs/contract", "airflow", "infra/socket-proxy"))
}
GENERATE = {"PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("libs/contract", "services/generate"))}
VALIDATE = {
    "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("libs/contract", "libs/analysis", "services/validate"))
}


@dataclass
class Line:
    """A line of the table: what was done, by which tests, and what must never happen."""

    done: str
    never: str
    tried: int = 0
    wrong: int = 0
    skipped: int = 0


STACK = (
    "test_recovery",
    "test_mid_run_changes",
    "test_disk_and_engine",
    "test_secrets",
    "test_moved_state",
    "test_late_run",
)
"""The modules of tests/end_to_end that do harm to one running stack."""
OPERATOR = ("test_operator", "test_operator_sequence")
"""Those in which an operator is at work, and nothing of others may change."""

_ON_MACHINES = ("test_two_machines", "test_skip_check", "test_check_shared", "test_week")
"""The modules of tests/machines; where machines of namespaces cannot be made they are skipped."""
MACHINES = (
    Line("steps on two machines, one shared directory: at once, in turn, one dies", "doubled, deleted, other bytes"),
    Line("a week of ten pipelines on three machines: killed, cut off, restarted", "lost, doubled, orphaned"),
)

DIALECTS = "services/generate/tests/files/test_any_dialect.py"
DATES = "services/generate/tests/infer/test_any_dates.py"

# by module of the tests
LINES = {
    "test_writes": Line("a step is killed at a write, or its disk fails there", "lost or mixed"),
    "test_damage": Line("a file is lost, cut off, emptied or changed by one bit; a disk is full", "used"),
    "test_fuzz": Line("a parser of outside bytes gets mutated input", "crashed, or beyond the data root"),
    "test_bad_input": Line("a messy table from real life", "read wrongly, or dropped silently"),
    "test_dates_and_texts": Line(
        "a table of only dates, or of only texts, through all steps", "read wrongly, or dropped silently"
    ),
    "test_order": Line("days of a leap year in any order, twice, or by two processes at once", "other bytes"),
    "test_settings": Line(
        "an edit of pipeline.toml, or a late training, walked to its end", "an answer to another question"
    ),
    "test_histories": Line(
        "a history of arrivals, labels, edits, trainings and people's decisions in any order",
        "another answer than the oracle's",
    ),
    "test_sees": Line("a fault is put into a step, or into what it wrote", "not seen by the oracle"),
    "test_intervals": Line("the gate's interval is held against a loop over entities", "another width"),
    "test_any_dialect": Line("a table in any dialect, encoding, packing and form of numbers", "read as another table"),
    "test_any_dates": Line("a column of dates in any form, also in two of them", "read as other days"),
    "test_labels": Line("labels that come late, alone, twice or for other rows", "on another row"),
    "test_reset": Line("MLflow's registry is reset, older, newer, another one's", "an unjudged model served"),
    **dict.fromkeys(
        ("test_escape", "test_pipelines"), Line("a way around the socket proxy, on the real engine", "escaped")
    ),
    "test_logs": Line(
        "a step's log, read through the socket proxy: fast, long, killed in mid-line", "a line lost or doubled"
    ),
    "test_outbox": Line("a mail while its server is down, refuses, or its sender is killed", "lost"),
    "test_operator_sequences": Line(
        "backup, restore, prune, rotate, down, up, demo in any order, many of them killed",
        "something of somebody else's changed",
    ),
    **dict.fromkeys(
        OPERATOR,
        Line("the same on the real engine; a checkout copied, settings edited", "something of somebody else's changed"),
    ),
    **dict.fromkeys(_ON_MACHINES[:-1], MACHINES[0]),
    "test_week": MACHINES[1],
    **dict.fromkeys(STACK, Line("the running stack: parts killed, stopped, rotated, moved", "lost, doubled, orphaned")),
}
SUITES: tuple[tuple[str, list[str], dict[str, str]], ...] = (
    (".venvs/dev/bin/python", ["--numprocesses=2", "tests/faults"], {}),
    (".venvs/oracle/bin/python", ["--numprocesses=2", "tests/oracle"], {}),
    (".venvs/dev/bin/python", ["tests/escape"], {}),
    (".venvs/airflow/bin/python", ["airflow/tests/alerts/test_outbox.py"], AIRFLOW),
    (".venvs/validate/bin/python", ["services/validate/tests/champion/test_reset.py"], VALIDATE),
    (".venvs/generate/bin/python", [DIALECTS, DATES], GENERATE),
    (".venvs/dev/bin/python", ["--numprocesses=2", "ops/tests/test_operator_sequences.py"], {}),
    (".venvs/dev/bin/python", [f"tests/end_to_end/{module}.py" for module in (*OPERATOR, *STACK)], {}),
    (".venvs/dev/bin/python", [f"tests/machines/{module}.py" for module in _ON_MACHINES], {}),
)


def cases(report: Path) -> Iterator[tuple[str, str, int, str]]:
    """(module, outcome, how many attempts, which) of each test in a JUnit report."""
    for case in ET.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest has just written it
        module = case.get("classname", "").rsplit(".", 1)[-1]
        outcome = next((word for word in ("failure", "error", "skipped") if case.find(word) is not None), "passed")
        notes = [note.get("value", "") for note in case.iter("property") if note.get("name") == "tried"]
        count = sum(ast.literal_eval(note)[2] for note in notes)
        yield module, outcome, count or 1, case.get("name", "")


def unique_lines() -> list[Line]:
    """The lines of the table; several modules may count for one."""
    return list({id(line): line for line in LINES.values()}.values())


def main() -> int:
    """1 when anything went wrong."""
    names = sys.argv[1:]
    failed: dict[str, list[str]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as scratch:
        for number, (python, words, environment) in enumerate(SUITES):
            if names and not any(name in word for name in names for word in words):
                continue
            report = Path(scratch) / f"{number}.xml"
            command = [str(ROOT / python), "-m", "pytest", "-q", f"--junitxml={report}", *words]
            variables = {**FULL, **os.environ, **environment}
            # with their bytecode kept, the thousand steps that the tests start do not compile their imports each time
            variables.pop("PYTHONDONTWRITEBYTECODE", None)
            # asked as Ctrl-C asks: pytest then takes down what its tests have put up
            kept.run(command, cwd=ROOT, env=variables, output=sys.stderr, ask="INT", patience=120)
            if not report.exists():
                failed[words[-1]].append("could not be run")
                continue
            for module, outcome, count, which in cases(report):
                line = LINES[module]
                if outcome == "passed":
                    line.tried += count
                elif outcome == "skipped":
                    line.skipped += 1
                else:
                    line.tried += 1
                    line.wrong += 1
                    failed[module].append(which)
    print("| what is done | times | what must never happen | happened |\n|---|---|---|---|")
    for line in unique_lines():
        if line.tried:
            skipped = f" ({line.skipped} skipped)" if line.skipped else ""
            print(f"| {line.done} | {line.tried:,}{skipped} | {line.never} | {line.wrong} |")
    for module, tests in failed.items():
        print(f"{module}: {', '.join(tests)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
